import { type SqlBool, sql } from "kysely";
import type { Condition } from "./list.ts";

/**
 * Whether a column has this recipient: all spellings of an address are one. The index has the beginning only
 * (migrations/0002-cdrs.ts), so `index` finds the rows and `whole` decides.
 */
export function sameAs(column: string, to: string): { readonly index: Condition; readonly whole: Condition } {
  const name = sql.ref(column);
  return {
    index: sql<SqlBool>`lower(substr(${name}, 1, 200)) = lower(substr(${to}, 1, 200))`,
    whole: sql<SqlBool>`lower(${name}) = lower(${to})`,
  };
}
