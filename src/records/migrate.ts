/**
 * Brings the tables to this gateway's version. All migrations that are missing run in one transaction: a gateway that is killed
 * in the middle leaves the tables as they were. PostgreSQL holds an advisory lock meanwhile, SQLite its write lock, so two
 * gateways that start together apply each migration once.
 */
import { type Kysely, type Migration, type MigrationProvider, Migrator, sql } from "kysely";
import { RecordsUnfit } from "./failure.ts";
import { migrations as allMigrations } from "./migrations/index.ts";
import { columnTypes, type RecordsMigration } from "./migrations/migration.ts";
import type { RecordsBackend } from "./target.ts";

const table = "onering_migrations";

export interface SchemaState {
  readonly applied: readonly string[];
  /** Of this gateway's, those that the records lack. */
  readonly missing: readonly string[];
  /** Applied by a newer gateway. */
  readonly unknown: readonly string[];
}

/** @param own for tests: the migrations that this gateway has */
export async function readSchema(
  db: Kysely<never>,
  own: readonly RecordsMigration[] = allMigrations,
): Promise<SchemaState> {
  const any = db as unknown as Kysely<Record<string, { name: string }>>;
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  const exists = tables.some(({ name }) => name === table);
  const applied = exists
    ? (await any.selectFrom(table).select("name").orderBy("name").execute()).map((row) => row.name)
    : [];
  const names = own.map(({ name }) => name);
  return {
    applied,
    missing: names.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !names.includes(name)),
  };
}

/** @throws {RecordsUnfit} where a newer gateway has changed the tables */
export function refuseNewer({ unknown }: SchemaState): void {
  if (unknown.length === 0) return;
  throw new RecordsUnfit(
    `the records were changed by a newer OneRing (${unknown.join(", ")}); install that release again, or restore the backup that was made before it`,
  );
}

/**
 * @returns the names of the migrations that were applied now
 * @throws {RecordsUnfit} where a newer gateway has changed the tables
 */
export async function migrate(
  db: Kysely<never>,
  backend: RecordsBackend,
  own: readonly RecordsMigration[] = allMigrations,
): Promise<readonly string[]> {
  refuseNewer(await readSchema(db, own));
  const migrator = new Migrator({
    db: db as unknown as Kysely<unknown>,
    provider: providerOf(own, backend),
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error, results = [] } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results.filter(({ status }) => status === "Success").map(({ migrationName }) => migrationName);
}

function providerOf(own: readonly RecordsMigration[], backend: RecordsBackend): MigrationProvider {
  const types = columnTypes(backend);
  const entries = own.map(({ name, up }): [string, Migration] => [name, { up: (db) => up(db, types) }]);
  return { getMigrations: async () => Object.fromEntries(entries) };
}

/** @returns the server's version as PostgreSQL counts it, 150004 for 15.4 */
export async function postgresVersion(db: Kysely<never>): Promise<number> {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db);
  return Number(rows[0]?.server_version_num);
}
