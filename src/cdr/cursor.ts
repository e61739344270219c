/**
 * Cursors of lists: the place of the last entry that was given, so that what is inserted meanwhile neither doubles nor hides
 * an entry. Bound to the query: a cursor of another one would skip entries without a word.
 */
import { hash } from "node:crypto";

/** A place in a list: after the entry with this time and id. */
export interface Place {
  readonly atMs: number;
  readonly id: string;
  /** The delivery's number; 0 in lists of verifications. */
  readonly number: number;
}

const digestLength = 12;

/** Names the query that a cursor is for; reveals nothing of it to those who do not know it. */
function digestOf(query: unknown): string {
  return hash("sha256", JSON.stringify(query), "base64url").slice(0, digestLength);
}

/** @param query the filters, always in the same order of keys */
export function writeCursor({ atMs, id, number }: Place, query: unknown): string {
  return Buffer.from([digestOf(query), atMs, number, id].join(" ")).toString("base64url");
}

/** Null where it is none, or was given for another query. */
export function readCursor(cursor: string, query: unknown): Place | null {
  const text = Buffer.from(cursor, "base64url").toString();
  const [, digest, at, number, id = ""] = /^(\S{12}) (\d{1,16}) (\d{1,4}) (\S{1,64})$/.exec(text) ?? [];
  if (digest !== digestOf(query)) return null;
  return { atMs: Number(at), number: Number(number), id };
}
