/**
 * What is kept of a number: a set of readings, 21 characters each, that merges in any order and any number of times to the same
 * (lua/health_merge.lua does alike). Of readings with one identity the newest stays, and of each kind the newest few.
 *
 *   kind     by `letterOf`; upper case: of a trunk that had proved itself there (writer.ts)
 *   source   c call · m message · v verification · l live check
 *   via      6 characters: trunk or channel    app    6 characters    at    seconds since 1970, 7 digits of base 36
 */
import type { AnswerKind, HealthSource } from "./ports.ts";

/** The letter of each kind; `text_unread`: a text was there and not needed. */
export const letterOf = {
  alive: "a",
  unallocated: "u",
  switched_off: "o",
  barred: "b",
  answered_early: "e",
  text_unread: "x",
  text_read: "r",
} as const satisfies Readonly<Record<AnswerKind | "text_read" | "text_unread", string>>;

export const readingLength = 21;
const atStart = 14;

/** How many of each kind are kept: enough for every way to confirm one, with some of other apps. */
export const mostOfKind: Readonly<Record<string, number>> = { a: 4, u: 8, o: 4, b: 6, e: 6, x: 6, r: 2 };

export interface Reading {
  /** In lower case. */
  readonly kind: string;
  /** Its trunk had proved itself. */
  readonly proven: boolean;
  readonly source: HealthSource;
  readonly via: string;
  readonly app: string;
  readonly atMs: number;
}

const letters: Readonly<Record<HealthSource, string>> = { call: "c", message: "m", verification: "v", live_check: "l" };
const sources = new Map(Object.entries(letters).map(([source, letter]) => [letter, source as HealthSource]));

export function writeReading({ kind, proven, source, via, app, atMs }: Reading): string {
  const at = Math.max(0, Math.floor(atMs / 1000));
  return `${proven ? kind.toUpperCase() : kind}${letters[source]}${via}${app}${at.toString(36).padStart(7, "0")}`;
}

/** Those that this gateway can read: another version may have written others. */
export function readReadings(text: string): readonly Reading[] {
  return split(text).flatMap((one) => {
    const kind = one.charAt(0).toLowerCase();
    const source = sources.get(one.charAt(1));
    const atMs = Number.parseInt(one.slice(atStart), 36) * 1000;
    if (source === undefined || mostOfKind[kind] === undefined || Number.isNaN(atMs)) return [];
    return [{ kind, proven: one.charAt(0) !== kind, source, via: one.slice(2, 8), app: one.slice(8, 14), atMs }];
  });
}

/** Both sets as one. @param bucketSeconds readings of one trunk and app within so much time are one */
export function mergeReadings(one: string, other: string, bucketSeconds: number): string {
  const newest = new Map<string, string>();
  for (const reading of [...split(one), ...split(other)]) {
    const identity = identityOf(reading, bucketSeconds);
    const known = newest.get(identity);
    if (known === undefined || isNewer(reading, known)) newest.set(identity, reading);
  }
  const left: Record<string, number> = { ...mostOfKind };
  return [...newest.values()]
    .sort((a, b) => (isNewer(a, b) ? -1 : 1))
    .filter((reading) => {
      const kind = reading.charAt(0).toLowerCase();
      const rest = left[kind] ?? 0;
      left[kind] = rest - 1;
      return rest > 0;
    })
    .join("");
}

function split(text: string): readonly string[] {
  return Array.from({ length: Math.floor(text.length / readingLength) }, (_, i) =>
    text.slice(i * readingLength, (i + 1) * readingLength),
  );
}

/** Signs of life say all the same, so of each source and app the newest is enough. */
function identityOf(reading: string, bucketSeconds: number): string {
  const kind = reading.charAt(0).toLowerCase();
  if (kind === "a" || kind === "r") return `${kind}${reading.charAt(1)}${reading.slice(8, atStart)}`;
  const bucket = Math.floor(Number.parseInt(reading.slice(atStart), 36) / bucketSeconds);
  return `${kind}${reading.slice(1, atStart)}${bucket}`;
}

/** A total order: by time, then by text. */
function isNewer(a: string, b: string): boolean {
  const [atA, atB] = [a.slice(atStart), b.slice(atStart)];
  return atA === atB ? a > b : atA > atB;
}
