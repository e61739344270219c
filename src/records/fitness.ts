/** Whether the records can be worked with: reachable, of a version that is known to work, with this gateway's tables, writable. */
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { RecordsConfig } from "./config.ts";
import { RecordsUnfit } from "./failure.ts";
import { postgresVersion, readSchema, refuseNewer } from "./migrate.ts";
import type { RecordsMigration } from "./migrations/migration.ts";
import { type KnownTarget, migrateAt } from "./open.ts";
import type { Tables } from "./tables.ts";
import type { RecordsBackend } from "./target.ts";

/** PostgreSQL 15: the oldest in Debian 12, supported until November 2027. */
export const oldestPostgres = 150_000;

/**
 * Migrates where it may; ends with a write.
 * @throws {RecordsUnfit} where an operator must do something first
 */
export async function prepare(options: {
  readonly writer: Kysely<Tables>;
  readonly target: KnownTarget;
  readonly config: RecordsConfig;
  readonly migrations?: readonly RecordsMigration[] | undefined;
  readonly logger: Pick<Logger, "info">;
}): Promise<void> {
  const { writer, target, config, migrations, logger } = options;
  const { backend } = target;
  const db = writer as unknown as Kysely<never>;
  if (backend === "postgres") refuseOld(await postgresVersion(db));
  const schema = await readSchema(db, migrations);
  refuseNewer(schema);
  if (schema.missing.length > 0) {
    if (!migratesOnStart(config, backend)) {
      throw new RecordsUnfit(
        `the records lack ${schema.missing.join(", ")}; make a backup, then run \`onering migrate --config FILE\`, or set records.migrate: on_start`,
      );
    }
    const applied = await migrateAt(target, config, migrations);
    if (applied.length > 0) logger.info({ applied }, "records migrated");
  }
  const row = { key: "probed", value: new Date().toISOString() };
  await writer
    .insertInto("meta")
    .values(row)
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value: row.value }))
    .execute();
}

export function migratesOnStart({ migrate }: RecordsConfig, backend: RecordsBackend): boolean {
  return (migrate ?? (backend === "sqlite" ? "on_start" : "by_command")) === "on_start";
}

/** @throws {RecordsUnfit} */
export function refuseOld(version: number): void {
  if (version >= oldestPostgres) return;
  const [given, oldest] = [version, oldestPostgres].map((number) => Math.floor(number / 10_000));
  throw new RecordsUnfit(`PostgreSQL ${given} is too old: ${oldest} or newer is needed`);
}
