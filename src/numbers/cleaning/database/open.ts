/** Opens a table in either database; each driver is loaded only where it is used. */
import type { Asked } from "./plan.ts";
import type { TableName, TableSession } from "./ports.ts";

/** @throws {TableError}, {DatabaseFailure} */
export async function openTable(database: Asked["database"], url: string, table: TableName): Promise<TableSession> {
  if (database === "mysql") return (await import("./mysql/session.ts")).openMysql(url, table);
  return (await import("./postgres/session.ts")).openPostgres(url, table);
}
