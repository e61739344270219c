/** What is done with the rows of a table: `--apply flag=COLUMN | set-null | move=TABLE | delete | normalise`. */
import { type Cell, type Column, TableError, type TableInfo, type TableName } from "./ports.ts";
import { readTableName, writeTableName } from "./table-name.ts";

export type RejectAction =
  | { readonly kind: "flag"; readonly column: string }
  | { readonly kind: "set-null" }
  | { readonly kind: "move"; readonly table: TableName }
  | { readonly kind: "delete" };

export interface Actions {
  /** For rows whose number is refused; null: they are left as they are. */
  readonly reject: RejectAction | null;
  /** Whether callable numbers are written in E.164. */
  readonly normalise: boolean;
  /** Whether a repeated number counts as refused. */
  readonly duplicates: boolean;
}

/** E.164 with the plus sign. */
const canonicalLength = 16;

/**
 * @param text of `--apply`; several separated by commas
 * @throws {TableError}
 */
export function readActions(text: string, duplicates: boolean): Actions {
  let reject: RejectAction | null = null;
  let normalise = false;
  for (const part of text.split(",").map((one) => one.trim())) {
    if (part === "normalise") {
      normalise = true;
      continue;
    }
    if (reject !== null) throw new TableError(`--apply ${text}: takes only one of flag, set-null, move and delete`);
    reject = readReject(part);
  }
  if (duplicates && reject === null)
    throw new TableError("--duplicates needs flag, set-null, move or delete in --apply");
  return { reject, normalise, duplicates };
}

function readReject(part: string): RejectAction {
  const [kind = "", ...rest] = part.split("=");
  const name = rest.join("=");
  if (part === "set-null" || part === "delete") return { kind: part };
  if (kind === "flag" && name !== "") return { kind, column: name };
  if (kind === "move" && name !== "") return { kind, table: readTableName(name) };
  throw new TableError(
    `--apply ${JSON.stringify(part)}: must be flag=COLUMN, set-null, move=TABLE, delete or normalise`,
  );
}

/** The same as text: an apply that was begun goes on with the same actions alone. */
export function describeActions({ reject, normalise, duplicates }: Actions): string {
  const parts: string[] = [];
  if (reject?.kind === "flag") parts.push(`flag=${reject.column}`);
  else if (reject?.kind === "move") parts.push(`move=${writeTableName(reject.table)}`);
  else if (reject !== null) parts.push(reject.kind);
  if (normalise) parts.push("normalise");
  return `${parts.join(",")}${duplicates ? " --duplicates" : ""}`;
}

/** What is written into a flag: true, 1, or the reason. */
export function flagValue(column: Column, reason: string): Cell {
  if (column.kind === "boolean") return "true";
  return column.kind === "integer" ? "1" : reason;
}

export function columnOf(info: TableInfo, name: string): Column {
  const found = info.columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  const names = info.columns.map((column) => column.name).join(", ");
  throw new TableError(`${info.label} has no column ${JSON.stringify(name)}; it has ${names}`);
}

/**
 * Refuses what cannot work before anything is changed.
 * @param moved the table of `move=`, null where it is not
 * @throws {TableError}
 */
export function checkActions(info: TableInfo, columnName: string, actions: Actions, moved: TableInfo | null): void {
  const column = columnOf(info, columnName);
  const { reject, normalise } = actions;
  if (normalise || reject?.kind === "set-null") {
    const what = normalise ? "normalise" : "set-null";
    if (column.generated)
      throw new TableError(`${what}: ${columnName} is computed by the database; clean what it is made of`);
    if (info.key.includes(columnName)) throw new TableError(`${what}: ${columnName} is part of the primary key`);
  }
  if (normalise && column.kind !== "text") {
    throw new TableError(
      `normalise: ${columnName} is ${column.type}, which cannot hold a plus sign; it needs a text type`,
    );
  }
  if (normalise && column.maxLength !== null && column.maxLength < canonicalLength) {
    throw new TableError(
      `normalise: ${columnName} is ${column.type}; a number in E.164 has up to ${canonicalLength} characters`,
    );
  }
  if (reject?.kind === "set-null" && !column.nullable) {
    throw new TableError(`set-null: ${columnName} is NOT NULL; drop that constraint, or use flag`);
  }
  if (reject?.kind === "flag") checkFlag(info, columnName, columnOf(info, reject.column));
  if (reject?.kind === "delete" || reject?.kind === "move") checkRemoval(info, reject.kind);
  if (moved !== null) checkMove(info, moved);
}

/** The longest reason code. */
const reasonLength = 40;

function checkFlag(info: TableInfo, columnName: string, flag: Column): void {
  const { name, type, kind } = flag;
  if (name === columnName)
    throw new TableError(`flag: ${name} is the judged column; the flag needs a column of its own`);
  if (flag.generated || info.key.includes(name))
    throw new TableError(`flag: ${name} is computed or part of the primary key`);
  if (kind === "other")
    throw new TableError(`flag: ${name} is ${type}; it needs boolean, an integer, or text for the reason`);
  if (kind === "text" && flag.maxLength !== null && flag.maxLength < reasonLength) {
    throw new TableError(`flag: ${name} is ${type}; a reason needs ${reasonLength} characters`);
  }
}

function checkRemoval(info: TableInfo, kind: string): void {
  const spreading = info.references.filter((reference) => reference.spreads);
  if (spreading.length === 0) return;
  const tables = spreading.map(({ table, constraint }) => `${table} (${constraint})`).join(", ");
  throw new TableError(
    `${kind}: foreign keys would change rows of ${tables} with each deletion, and no undo could restore them; use flag or set-null`,
  );
}

function checkMove(info: TableInfo, moved: TableInfo): void {
  if (moved.label === info.label)
    throw new TableError(`move: ${moved.label} is the cleaned table itself; name another one`);
  const names = new Set(moved.columns.filter((column) => !column.generated).map((column) => column.name));
  const missing = writable(info).filter((name) => !names.has(name));
  if (missing.length > 0) throw new TableError(`move: ${moved.label} lacks the columns ${missing.join(", ")}`);
  if (moved.key.join("\n") !== info.key.join("\n")) {
    throw new TableError(`move: ${moved.label} needs the same primary key, ${info.key.join(", ")}`);
  }
}

/** Columns that a copy of a row has to have. */
export function writable(info: TableInfo): readonly string[] {
  return info.columns.filter((column) => !column.generated).map((column) => column.name);
}

/** What an operator should know before: one line each. */
export function notesOn(info: TableInfo): readonly string[] {
  const notes: string[] = [];
  if (info.partitioned) notes.push("the table is partitioned: rows of all partitions are cleaned");
  if (info.triggers.length > 0) {
    notes.push(`triggers run with each change, and undo does not undo what they do: ${info.triggers.join(", ")}`);
  }
  for (const { table, constraint, spreads } of info.references) {
    const what = spreads
      ? "deletions would change its rows: refused"
      : "rows it refers to cannot be deleted, and are reported";
    notes.push(`${table} refers to it (${constraint}): ${what}`);
  }
  return notes;
}
