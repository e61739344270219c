/** Whether the records can be worked with: reachable, of a version that is known to work, with this gateway's tables, writable. */
import { hostname } from "node:os";
import { resolve } from "node:path";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Random } from "../shared/random.ts";
import type { RecordsConfig } from "./config.ts";
import { RecordsUnfit } from "./failure.ts";
import { postgresVersion, readSchema, refuseNewer } from "./migrate.ts";
import type { RecordsMigration } from "./migrations/migration.ts";
import { migrateAt } from "./open.ts";
import type { Tables } from "./tables.ts";
import { type RecordsBackend, type RecordsTarget, readPostgresAddress } from "./target.ts";

/** PostgreSQL 15: the oldest in Debian 12, supported until November 2027. */
export const oldestPostgres = 150_000;

export interface Preparation {
  /** Null: nothing is recorded. */
  readonly writer: Kysely<Tables> | null;
  readonly target: RecordsTarget;
  readonly config: RecordsConfig;
  readonly random: Random;
  /** Tells this gateway from every other. */
  readonly instance: string;
  /** Takes the lease on the place of the records (home.ts). */
  readonly takeHome: (holder: string) => Promise<void>;
  readonly migrations?: readonly RecordsMigration[] | undefined;
  readonly logger: Pick<Logger, "info">;
}

/**
 * Migrates where it may; ends with a write.
 * @throws {RecordsUnfit} where an operator must do something first
 */
export async function prepare({
  writer,
  target,
  config,
  random,
  instance,
  takeHome,
  migrations,
  logger,
}: Preparation): Promise<void> {
  if (target.backend === "off" || writer === null) return takeHome("nowhere (records.url: off)");
  const { backend } = target;
  const db = writer as unknown as Kysely<never>;
  // Before it touches a file that another gateway works with.
  if (backend === "sqlite") await takeHome(thisGateway(target.file, instance));
  else refuseOld(await postgresVersion(db));
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
  const id = await writeProbe(writer, random);
  if (backend === "postgres")
    await takeHome(`the PostgreSQL database ${readPostgresAddress(target.url)?.database} with id ${id}`);
}

/** Differs between two gateways that have the same file, too: only one of them may use it. */
function thisGateway(file: string, instance: string): string {
  return `the SQLite file ${resolve(file)} (host ${hostname()}, process ${process.pid}, instance ${instance})`;
}

/** @returns what tells this database from every other: a read-only or full one fails here */
async function writeProbe(writer: Kysely<Tables>, random: Random): Promise<string> {
  const probed = { key: "probed", value: new Date().toISOString() };
  const setProbed = { value: probed.value };
  return writer.transaction().execute(async (db) => {
    const meta = () => db.insertInto("meta");
    await meta()
      .values({ key: "id", value: random.bytes(6).toString("hex") })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await meta()
      .values(probed)
      .onConflict((conflict) => conflict.column("key").doUpdateSet(setProbed))
      .execute();
    const { value } = await db.selectFrom("meta").select("value").where("key", "=", "id").executeTakeFirstOrThrow();
    return value;
  });
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
