/** One connection to a customer's PostgreSQL, in which no statement and no lock can last. */
import type pg from "pg";
import { DatabaseFailure, type FailureKind, TableError } from "../ports.ts";

export interface PostgresConnection {
  /** Rows as arrays of text. */
  rows(sql: string, parameters?: readonly unknown[]): Promise<readonly (readonly (string | null)[])[]>;
  close(): Promise<void>;
}

const connectDeadlineMs = 10_000;
const statementMs = 20_000;
/** A lock on the whole table (ALTER TABLE, VACUUM FULL): no queue forms behind us. */
const lockMs = 100;
/** The server ends our transaction where we stand still in it. */
const idleMs = 1000;

/**
 * Plans that read a whole table for some keys would be slow, and statistics can suggest them. Texts of values must read back
 * as the same values.
 */
const settings = `
  set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off;
  set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set bytea_output = 'hex';
  set extra_float_digits = 1; set xmloption = 'content'; set default_transaction_isolation = 'read committed'`;

/** The first with pg_xact_status and 64-bit transaction ids. */
const oldest = 13;

/** @throws {DatabaseFailure}; {TableError} where the server is too old */
export async function connectPostgres(url: string): Promise<PostgresConnection> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    connectionString: url,
    application_name: "onering scrub",
    connectionTimeoutMillis: connectDeadlineMs,
    keepAlive: true,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleMs,
    query_timeout: statementMs + 5000,
    types: { getTypeParser: () => (value: unknown) => value } as pg.CustomTypesConfig,
  });
  // A connection that breaks between statements: the next one fails.
  client.on("error", () => undefined);
  const asked = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw failureOf(error);
    }
  };
  await asked(client.connect());
  const { rows } = await asked(client.query<{ server_version: string }>("show server_version"));
  const version = rows[0]?.server_version ?? "";
  if (Number.parseInt(version, 10) < oldest) {
    await client.end();
    throw new TableError(`PostgreSQL ${oldest} or newer is needed; this is ${version}`);
  }
  await asked(client.query(settings));
  return {
    async rows(text, values = []) {
      const query: pg.QueryArrayConfig = { text, values: [...values], rowMode: "array" };
      return (await asked(client.query<(string | null)[]>(query))).rows;
    },
    close: () => client.end().catch(() => undefined),
  };
}

/** SQLSTATE classes and codes: PostgreSQL's manual, appendix A. */
const busy = new Set(["55P03", "40P01", "40001", "57014"]);
/** Constraints, data, triggers (RAISE), views with check option; rights are not among them: no row would pass. */
const refused = /^(?:22|23|27|44|P0)/;

function failureOf(error: unknown): DatabaseFailure {
  const {
    code = "",
    message = String(error),
    severity,
  } = error as { code?: string; message?: string; severity?: string };
  if (severity === undefined) return new DatabaseFailure("broken", code, `PostgreSQL: ${message}`);
  const kind: FailureKind = busy.has(code) ? "busy" : refused.test(code) ? "refused" : "broken";
  // The server's message may quote a value of a row where a constraint fails; the code says enough.
  const said = kind === "refused" ? `SQLSTATE ${code}` : `${message} (SQLSTATE ${code})`;
  return new DatabaseFailure(kind, code, `PostgreSQL: ${said}`);
}
