/** One connection to a customer's MariaDB or MySQL, in which no statement and no lock can last. */
import type { Connection, ConnectionOptions } from "mysql2/promise";
import { DatabaseFailure, type FailureKind, TableError } from "../ports.ts";

export interface MysqlConnection {
  /** Rows as arrays of text; `?` are replaced by escaped strings. */
  rows(sql: string, parameters?: readonly (string | null)[]): Promise<readonly (readonly (string | null)[])[]>;
  close(): Promise<void>;
}

const connectDeadlineMs = 10_000;
const statementSeconds = 20;
/** What both servers take; the least that they take is 1 s. SKIP LOCKED does not wait; triggers and foreign keys may. */
const lockSeconds = 1;

/**
 * READ COMMITTED: no gaps are locked. Strict: nothing is cut off silently. Without NO_ZERO_DATE and with NO_AUTO_VALUE_ON_ZERO:
 * what was in a row can be put back.
 */
const settings = [
  "set session transaction isolation level read committed",
  `set session innodb_lock_wait_timeout = ${lockSeconds}, lock_wait_timeout = ${lockSeconds}, time_zone = '+00:00',
   sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'`,
];
/** The server ends our transaction where we stand still in it; MySQL has no such time. */
const mariadbSettings = `set session max_statement_time = ${statementSeconds}, idle_transaction_timeout = 1`;
const mysqlSettings = `set session max_execution_time = ${statementSeconds * 1000}`;

/** The first with SKIP LOCKED. */
const oldest = { MariaDB: [10, 6], MySQL: [8, 0] } as const;

/** @throws {DatabaseFailure}; {TableError} where the driver is not installed or the server is too old */
export async function connectMysql(url: string): Promise<MysqlConnection> {
  const mysql = await import("mysql2/promise").catch(() => {
    throw new TableError("--mysql needs the package mysql2, which was left out: npm install without --omit=optional");
  });
  const options: ConnectionOptions = {
    uri: url,
    charset: "utf8mb4_general_ci",
    connectTimeout: connectDeadlineMs,
    rowsAsArray: true,
    multipleStatements: false,
    flags: ["-LOCAL_FILES"],
    typeCast: (field) => field.string(),
  };
  const asked = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw failureOf(error);
    }
  };
  const client: Connection = await asked(mysql.createConnection(options));
  // A connection that breaks between statements: the next one fails.
  client.on("error", () => undefined);
  const connection: MysqlConnection = {
    async rows(sql, values = []) {
      const timeout = (statementSeconds + 5) * 1000;
      const [rows] = await asked(client.query({ sql, values: [...values], timeout }));
      return Array.isArray(rows) ? (rows as (string | null)[][]) : [];
    },
    close: async () => {
      const ended = client.end().catch(() => undefined);
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
      client.destroy();
    },
  };
  try {
    for (const setting of settings) await connection.rows(setting);
    await connection.rows((await isMariadb(connection)) ? mariadbSettings : mysqlSettings);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

/** @throws {TableError} where it is too old */
async function isMariadb(connection: MysqlConnection): Promise<boolean> {
  const [[version] = []] = await connection.rows("select version()");
  const name = /mariadb/i.test(version ?? "") ? "MariaDB" : "MySQL";
  const [major = 0, minor = 0] = (version ?? "")
    .replace(/^5\.5\.5-/, "")
    .split(".")
    .map(Number);
  const [needed, neededMinor] = oldest[name];
  if (major < needed || (major === needed && minor < neededMinor)) {
    throw new TableError(`${name} ${needed}.${neededMinor} or newer is needed (SKIP LOCKED); this is ${version}`);
  }
  return name === "MariaDB";
}

/** Error numbers of both servers: lock wait, deadlock, NOWAIT, statement time, interrupted. */
const busy = new Set([1205, 1213, 3572, 1969, 3024, 1317]);
/** Keys, foreign keys, NOT NULL, CHECK, SIGNAL of a trigger, values that do not fit. */
const refused = new Set([
  1022, 1048, 1062, 1216, 1217, 1264, 1265, 1292, 1366, 1406, 1451, 1452, 1557, 1586, 1644, 1761, 1762, 3819, 4025,
]);

function failureOf(error: unknown): DatabaseFailure {
  const failure = error as { errno?: number; code?: string; sqlState?: string; message?: string; fatal?: boolean };
  const { errno = 0, code = "", sqlState, message = String(error), fatal = false } = failure;
  if (sqlState === undefined || fatal) return new DatabaseFailure("broken", code, `MySQL: ${message}`);
  const kind: FailureKind = busy.has(errno) ? "busy" : refused.has(errno) ? "refused" : "broken";
  // The server's message may quote a value of a row where a constraint fails; the number says enough.
  const said = kind === "refused" ? `error ${errno}` : `${message} (error ${errno})`;
  return new DatabaseFailure(kind, String(errno), `MySQL: ${said}`);
}
