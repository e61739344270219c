/** Lines of JSON as rows: one object a line, its keys are the columns. */
import { parseExactJson } from "../../../shared/exact-json.ts";
import { textOfNumber } from "../spreadsheet-values.ts";

/** Column of what no other column has, as a JSON object: keys that come after the beginning of the file. */
export const otherColumn = "_other";

/**
 * @param columns the last of which is `otherColumn`
 * @param judged index of the column with phone numbers
 * @returns the cells under these columns; null: the line is no JSON object
 */
export function readObject(line: string, columns: readonly string[], judged: number): string[] | null {
  const object = parseObject(line);
  if (object === null) return null;
  const known = columns.slice(0, -1);
  const cells = known.map((name, at) => (Object.hasOwn(object, name) ? cellText(object[name], at === judged) : ""));
  const others = Object.entries(object).filter(([name]) => !has(columns, name));
  return [...cells, others.length === 0 ? "" : JSON.stringify(Object.fromEntries(others))];
}

/** Of the columns of the latest list: a thread cleans one. */
let names: { readonly of: readonly string[]; readonly set: ReadonlySet<string> } = { of: [], set: new Set() };

function has(columns: readonly string[], name: string): boolean {
  if (names.of !== columns) names = { of: columns, set: new Set(columns.slice(0, -1)) };
  return names.set.has(name);
}

/** Null where the line is no JSON object. Long integers are texts: a customer's id must not become another's. */
export function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value = parseExactJson(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** @param isNumber whether it is of the judged column: a number there that lost digits says so */
export function cellText(value: unknown, isNumber: boolean): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && isNumber) return textOfNumber(value);
  if (value === null || value === undefined) return "";
  return JSON.stringify(value);
}
