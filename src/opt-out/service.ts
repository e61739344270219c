/** Opts recipients out and in. Redis decides; the records keep it. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import { ownEntry } from "../shared/own-entry.ts";
import { Refusal } from "../shared/refusal.ts";
import type { OptOutHashes } from "./hashes.ts";
import type { OptOutMirror, OptOutRecords } from "./store-port.ts";
import { allApps, isOut, type OptOutEntry, type OptOutRow, type OptOutSource } from "./types.ts";

/** One entry as operators see it. */
export interface ShownOptOut {
  /** Null: all apps. */
  readonly app: string | null;
  readonly state: OptOutEntry["state"];
  readonly atMs: number;
  readonly source: OptOutSource;
}

/**
 * @throws {Refusal} `store_unavailable`. The records being away stops nothing, but where Redis lost what they have:
 *   `records_unavailable` of `isOut`, `remove` and `find`
 */
export interface OptOuts {
  /** Whether an app may not contact this recipient. @throws {Refusal} where that is not known: nobody is contacted by a guess */
  isOut(app: string, to: string): Promise<boolean>;
  /** Opts a recipient out, for an app or (null) all. @param to its canonical form */
  optOut(to: string, app: string | null, source: OptOutSource): Promise<void>;
  /** The same by the hash in a link. */
  optOutHash(callee: string, app: string | null, source: OptOutSource): Promise<void>;
  /**
   * The recipient came to this app by itself: an opt-out of before does not hold for it any more. One that came later does,
   * however late this is called, and however often. While opt-outs are not known none is lifted: it holds on.
   * @returns whether one did
   */
  lift(to: string, app: string, cameAtMs: number): Promise<boolean>;
  /** Removes the entry of an app, or (null) all. @returns how many there were */
  remove(to: string, app: string | null): Promise<number>;
  find(to: string): Promise<readonly ShownOptOut[]>;
}

export function createOptOuts(parts: {
  readonly mirror: OptOutMirror;
  /** Null: nothing is recorded. */
  readonly records: OptOutRecords | null;
  readonly hashes: OptOutHashes;
  /** Something waits for the records. */
  readonly wake: () => void;
  readonly clock: Pick<Clock, "nowMs">;
  readonly logger: Pick<Logger, "info" | "warn">;
}): OptOuts {
  const { mirror, records, hashes, wake, clock, logger } = parts;

  /**
   * Of all keys. Redis may have lost what the records have: until it is filled again they are asked too.
   * @throws {Refusal} `records_unavailable` where they would have to be, and cannot
   */
  async function rowsOf(callees: readonly string[]): Promise<readonly OptOutRow[]> {
    const { rows, complete } = await mirror.find(callees);
    const [whole, partial] = [rows.filter((row) => !row.partial), rows.filter((row) => row.partial)];
    const has = (some: readonly OptOutRow[], callee: string) => some.some((row) => row.callee === callee);
    const asked = callees.filter((callee) => has(partial, callee) || !(complete || has(whole, callee)));
    if (records === null || asked.length === 0) return rows;
    const kept = await records.find(asked).catch(() => {
      logger.warn("neither Redis nor the records know all opt-outs at the moment");
      throw new Refusal("records_unavailable", "Whether recipients opted out cannot be looked up at the moment.");
    });
    // The partial one last: it is newer.
    const found = [...kept, ...partial];
    return [...whole, ...asked.flatMap((one) => latestOf(found.filter(({ callee }) => callee === one)) ?? [])];
  }

  /** Also while opt-outs are not known: then it is merged with what the records have when they are back. */
  async function put(callee: string, app: string | null, entry: OptOutEntry) {
    const known = await rowsOf([callee]).then(([row = null]) => row, whereUnknown("unknown" as const));
    const { state, source } = entry;
    if (!(await mirror.put(callee, app ?? allApps, entry, known))) throw tooMany();
    wake();
    logger.info({ app: app ?? "all", source, state }, state === "out" ? "a callee opted out" : "an opt-out was lifted");
  }

  return {
    async isOut(app, to) {
      return isOut(latestOf(await rowsOf(hashes.all(to))), app);
    },
    optOut: (to, app, source) => put(hashes.of(to), app, { state: "out", atMs: clock.nowMs(), source }),
    optOutHash: (callee, app, source) => put(callee, app, { state: "out", atMs: clock.nowMs(), source }),
    async lift(to, app, cameAtMs) {
      const rows = await rowsOf(hashes.all(to)).catch(whereUnknown(null));
      // Thrown, it would hold up every other event.
      if (rows === null) return false;
      const row = latestOf(rows);
      if (!isOut(row, app) || isOutSince(row, app, cameAtMs)) return false;
      await put(hashes.of(to), app, { state: "in", atMs: cameAtMs, source: "verified" });
      return true;
    },
    async remove(to, app) {
      let removed = 0;
      for (const row of await rowsOf(hashes.all(to))) removed += await mirror.remove(row.callee, app, row);
      if (removed > 0) wake();
      return removed;
    },
    async find(to) {
      const rows = await rowsOf(hashes.all(to));
      return rows.flatMap(({ entries }) =>
        Object.entries(entries).map(([app, entry]) => ({ app: app === allApps ? null : app, ...entry })),
      );
    },
  };
}

function isOutSince(row: OptOutRow | null, app: string, sinceMs: number): boolean {
  const entries = [ownEntry(row?.entries, app), row?.entries[allApps]];
  return entries.some((entry) => entry?.state === "out" && entry.atMs >= sinceMs);
}

/** @returns takes that opt-outs are not known for a value */
function whereUnknown<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Refusal && error.code === "records_unavailable") return value;
    throw error;
  };
}

/** Several rows of one recipient (under several keys, or partial) as one: of each app the latest entry. */
function latestOf(rows: readonly OptOutRow[]): OptOutRow | null {
  const [first, ...others] = rows;
  if (first === undefined || others.length === 0) return first ?? null;
  const entries: Record<string, OptOutEntry> = {};
  for (const [app, entry] of rows.flatMap((row) => Object.entries(row.entries))) {
    if (entry.atMs >= (ownEntry(entries, app)?.atMs ?? 0)) entries[app] = entry;
  }
  return { ...first, entries, revision: Math.max(...rows.map(({ revision }) => revision)) };
}

function tooMany(): Refusal {
  return new Refusal(
    "store_unavailable",
    "Too many opt-outs wait for the records; bring the records back first.",
    5000,
  );
}
