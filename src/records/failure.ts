/** Kinds of failure: records that are away (the caller may try again) against a statement that is wrong. */
import { Refusal } from "../shared/refusal.ts";

/** Retry-After for clients: a restarted PostgreSQL is reconnected to within this time. */
const retryAfterMs = 5000;

/** Nothing can be read or written now; the message says why, and holds neither URL nor values. */
export class RecordsAway extends Error {
  override readonly name = "RecordsAway";
}

/** The records are reachable but not of a kind that this gateway can work with; only an operator can change that. */
export class RecordsUnfit extends Error {
  override readonly name = "RecordsUnfit";
}

/** What a request is answered with. Why is in the log: apps need not know the database's address. */
export function recordsUnavailable(detail = "Durable records cannot be reached at the moment."): Refusal {
  return new Refusal("records_unavailable", detail, retryAfterMs);
}

/** Result codes of SQLite after which the same statement may succeed later. */
const sqliteAway =
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|INTERRUPT|NOMEM|CORRUPT|NOTADB|PERM|AUTH)|^E(ACCES|NOENT|ROFS|NOSPC|ISDIR|PERM)$/;

/**
 * Classes of SQLSTATE after which the same statement may succeed later: 08 connection, 28 log-in, 3D no such database,
 * 25006 read-only, 53 resources, 55P03 lock, 57 shutdown and time-out, 58 system, 40 serialization and deadlock.
 */
const postgresAway = /^(08...|28...|3D...|25006|53...|55P03|57...|58...|40...)$/;
/** Errors of the socket, of name resolution and of TLS. */
const networkAway = /^(E(CONN|HOST|NET|TIMEDOUT|PIPE|AI_)|ENOTFOUND|ENOENT|EACCES|CERT_|ERR_TLS|DEPTH_|SELF_|UNABLE_)/;
/** Errors of `pg` without a code. */
const pgMessages =
  /connection (terminated|ended)|timeout exceeded when trying to connect|Query read timeout|not queryable|server does not support SSL|SASL|pool after calling end/i;

/**
 * @param error of a query
 * @returns why records are away, without anything that a value or a URL could be part of; null: the statement is wrong
 */
export function whyAway(error: unknown): string | null {
  if (error instanceof RecordsAway) return error.message;
  if (!(error instanceof Error)) return null;
  const { code } = error as { code?: unknown };
  if (typeof code === "string" && (sqliteAway.test(code) || postgresAway.test(code) || networkAway.test(code))) {
    return `${code} ${plain(error.message)}`;
  }
  return pgMessages.test(error.message) ? plain(error.message) : null;
}

/** One line, with what looks like a URL taken out. */
function plain(message: string): string {
  return message
    .split("\n", 1)
    .join("")
    .replaceAll(/\S+:\/\/\S+/g, "(address)")
    .slice(0, 200);
}
