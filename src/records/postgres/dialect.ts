/** PostgreSQL as Kysely takes it: a bounded pool in which every statement has a deadline on both sides. */
import { type Dialect, PostgresDialect, type PostgresPoolClient } from "kysely";
import pg from "pg";
import { withoutNuls } from "../parameters.ts";

export interface PostgresOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly queryTimeoutMs: number;
  readonly connectTimeoutMs: number;
}

/** The server ends a statement; where it does not answer at all, the connection is given up this much later. */
const clientGraceMs = 1000;

const { builtins } = pg.types;
/** Counts and times fit a double; `pg` would give them as text. */
const asNumber: ReadonlySet<number> = new Set([builtins.INT8, builtins.NUMERIC]);
const types = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    return asNumber.has(oid) ? Number : pg.types.getTypeParser(oid, format as "text");
  },
} as pg.CustomTypesConfig;

export function postgresDialect({ url, poolSize, queryTimeoutMs, connectTimeoutMs }: PostgresOptions): Dialect {
  const pool = new pg.Pool({
    connectionString: url,
    types,
    max: poolSize,
    application_name: "onering",
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    allowExitOnIdle: true,
    statement_timeout: queryTimeoutMs,
    lock_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: 2 * queryTimeoutMs,
    query_timeout: queryTimeoutMs + clientGraceMs,
  });
  // A connection that breaks while no query uses it: the next query takes another one.
  pool.on("error", () => undefined);
  return new PostgresDialect({
    pool: { connect: async () => checkedOut(await pool.connect()), end: () => pool.end() },
  });
}

/** A connection whose statement was given up still waits for its result: it must not go back to the pool. */
function checkedOut(client: pg.PoolClient): PostgresPoolClient {
  let broken = false;
  // Without a listener a connection that breaks while it is checked out ends the process.
  const onError = () => {
    broken = true;
  };
  client.on("error", onError);
  const own = {
    async query(sql: unknown, parameters?: readonly unknown[]) {
      try {
        return await client.query(sql as string, parameters && withoutNuls(parameters));
      } catch (error) {
        // Errors of the server itself have an SQLSTATE, and leave the connection as it was.
        if (!/^[0-9A-Z]{5}$/.test(String((error as { code?: unknown }).code))) broken = true;
        throw error;
      }
    },
    release() {
      client.off("error", onError);
      client.release(broken);
    },
  };
  // Kysely's type has cursors too, which it does not use where none is configured.
  return own as unknown as PostgresPoolClient;
}
