/** Reads the name of a table as it is typed: `users`, `crm.users`, `"Odd.Name"."users"`, `` `users` ``. */
import { TableError, type TableName } from "./ports.ts";

const part = /^(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^".`\s]+))(\.|$)/;

/**
 * Names are taken exactly as they are written: no case is folded.
 * @throws {TableError}
 */
export function readTableName(text: string): TableName {
  const names: string[] = [];
  let rest = text;
  while (rest !== "" && names.length < 3) {
    const found = part.exec(rest);
    if (found === null) break;
    const [whole, double, back, bare, dot] = found;
    names.push(double?.replaceAll('""', '"') ?? back?.replaceAll("``", "`") ?? bare ?? "");
    rest = rest.slice(whole.length);
    if (dot === "." && rest === "") break;
    if (dot === "" && names.length <= 2) {
      const [name = "", schema = null] = names.toReversed();
      return { schema, name };
    }
  }
  throw new TableError(`${JSON.stringify(text)} is no table name; write users, schema.users, or "schema"."table name"`);
}

/** As `readTableName` reads it. */
export function writeTableName({ schema, name }: TableName): string {
  const parts = schema === null ? [name] : [schema, name];
  return parts.map((part) => (/^\w+$/.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join(".");
}
