/** Opt-outs as they are kept: under a keyed hash of the recipient, which nobody can turn back into a number. */
import { ownEntry } from "../shared/own-entry.ts";

/** How somebody opted out, or back in. */
export const optOutSources = ["link", "text", "call", "operator", "verified"] as const;
export type OptOutSource = (typeof optOutSources)[number];

/** All apps. No app has this name: names are lower case. */
export const allApps = "*";

/** Of one app or of `allApps`: of the two that concern an app the later one holds. */
export interface OptOutEntry {
  /** `in`: lifted for this app, though an earlier opt-out from all is kept. */
  readonly state: "out" | "in";
  readonly atMs: number;
  readonly source: OptOutSource;
}

/** All entries of one recipient. Empty: they were removed. */
export interface OptOutRow {
  /** 22 characters of base64url: 128 bits of an HMAC under the key of opt-outs. */
  readonly callee: string;
  /** By app, or `allApps`. */
  readonly entries: Readonly<Record<string, OptOutEntry>>;
  /** Grows with each change: of two copies the one with the greater revision holds. */
  readonly revision: number;
  /** It was changed while the records could not be asked: their entries are missing. */
  readonly partial?: true;
}

/** Whether an app may not contact this recipient. Where both happened at the same time, it may not. */
export function isOut(row: OptOutRow | null, app: string): boolean {
  const [own, all] = [ownEntry(row?.entries, app), row?.entries[allApps]];
  if (own === undefined || all === undefined) return (own ?? all)?.state === "out";
  if (own.atMs === all.atMs) return own.state === "out" || all.state === "out";
  return (own.atMs > all.atMs ? own : all).state === "out";
}
