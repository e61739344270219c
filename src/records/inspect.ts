/** Looks at records without changing anything. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Kysely, sql } from "kysely";
import type { RecordsConfig } from "./config.ts";
import { postgresVersion, readSchema, type SchemaState } from "./migrate.ts";
import { type KnownTarget, openConnections } from "./open.ts";

export interface Inspection {
  readonly schema: SchemaState;
  /** As PostgreSQL counts it; null for SQLite. */
  readonly postgresVersion: number | null;
  /** Why nothing can be written, in words; null where it can. */
  readonly readOnly: string | null;
}

/** @throws the error of the driver, of which `whyAway` knows the kind */
export async function inspect(target: KnownTarget, config: RecordsConfig): Promise<Inspection> {
  const absent = target.backend === "sqlite" && (await isAbsent(target.file));
  const readOnly = target.backend === "sqlite" ? await whyFileIsReadOnly(target.file, absent) : null;
  const db = new Kysely<never>({ dialect: absent ? noFile : openConnections(target, config).read });
  try {
    const schema = await readSchema(db);
    if (target.backend === "sqlite") return { schema, postgresVersion: null, readOnly };
    const version = await postgresVersion(db);
    return { schema, postgresVersion: version, readOnly: await whyReadOnly(db, schema) };
  } finally {
    await db.destroy();
  }
}

/** A file that the gateway will make: as empty as this one, which is never written. */
const noFile = openConnections({ backend: "sqlite", file: ":memory:" }, {
  query_timeout_ms: 5000,
  connect_timeout_ms: 5000,
  pool_size: 2,
} as RecordsConfig).read;

async function isAbsent(file: string): Promise<boolean> {
  return stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return true;
      throw error;
    },
  );
}

/** SQLite makes files beside its own. */
async function whyFileIsReadOnly(file: string, absent: boolean): Promise<string | null> {
  for (const path of absent ? [dirname(file)] : [file, dirname(file)]) {
    const why = await access(path, constants.W_OK).then(
      () => null,
      ({ code }: NodeJS.ErrnoException) =>
        code === "ENOENT" ? `${path} does not exist` : `${path} is not writable (${code})`,
    );
    if (why !== null) return why;
  }
  return null;
}

async function whyReadOnly(db: Kysely<never>, { applied }: SchemaState): Promise<string | null> {
  const { rows } = await sql<{ standby: boolean; may: boolean }>`
    select pg_is_in_recovery() as standby,
      ${applied.length === 0 ? sql`true` : sql`has_table_privilege('events', 'insert, delete')`} as may`.execute(db);
  const [{ standby, may } = { standby: false, may: true }] = rows;
  if (standby) return "it is a standby server, which only reads";
  return may ? null : "the user may not insert into and delete from its tables";
}
