/** The connections to the records: one kind for writes, one for reads, so that a long report delays no event. */
import { type Dialect, Kysely } from "kysely";
import type { RecordsConfig } from "./config.ts";
import { migrate } from "./migrate.ts";
import type { RecordsMigration } from "./migrations/migration.ts";
import { postgresDialect } from "./postgres/dialect.ts";
import { sqliteDialect } from "./sqlite/dialect.ts";
import type { RecordsTarget } from "./target.ts";

export interface Connections {
  readonly write: Dialect;
  readonly read: Dialect;
}

/** An index on a table of many million rows takes minutes. */
const migrationTimeoutMs = 30 * 60_000;

export type KnownTarget = Exclude<RecordsTarget, { backend: "off" }>;

export function openConnections(
  target: Exclude<RecordsTarget, { backend: "off" }>,
  config: RecordsConfig,
): Connections {
  const { query_timeout_ms: queryTimeoutMs, connect_timeout_ms: connectTimeoutMs, pool_size: poolSize } = config;
  if (target.backend === "sqlite") {
    const { file } = target;
    return {
      write: sqliteDialect({ file, queryTimeoutMs, readOnly: false }),
      read: sqliteDialect({ file, queryTimeoutMs, readOnly: true }),
    };
  }
  const { url } = target;
  const writes = Math.max(1, Math.floor(poolSize / 3));
  return {
    write: postgresDialect({ url, queryTimeoutMs, connectTimeoutMs, poolSize: writes }),
    read: postgresDialect({ url, queryTimeoutMs, connectTimeoutMs, poolSize: poolSize - writes }),
  };
}

/**
 * Migrates over a connection of its own, whose statements may take longer than a request's.
 * @returns the names of the migrations that were applied now
 * @throws {RecordsUnfit} where a newer gateway has changed the tables
 */
export async function migrateAt(
  target: KnownTarget,
  config: RecordsConfig,
  own?: readonly RecordsMigration[],
): Promise<readonly string[]> {
  const patient = { ...config, query_timeout_ms: migrationTimeoutMs, pool_size: 2 };
  const db = new Kysely<never>({ dialect: openConnections(target, patient).write });
  try {
    return await migrate(db, target.backend, own);
  } finally {
    await db.destroy();
  }
}
