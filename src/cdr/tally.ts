/**
 * What a record adds to the statistics. A pure function of the record, so that a record that is written again can take back
 * exactly what it added before.
 */
import { reachedUser } from "../telephony/calls/user-reached.ts";
import { type Cdr, shadowDecision } from "./rows.ts";

/** By what statistics can be grouped and filtered. An hour is its beginning, in ms since the epoch, UTC. */
export interface TallyKey {
  readonly hourMs: number;
  readonly app: string;
  readonly channel: string;
  readonly country: string | null;
  readonly prefix: string | null;
  readonly network: string | null;
  readonly trunk: string | null;
  readonly range: string | null;
}

/** Upper bounds of the post-dial delays that are counted together, in ms; the last one has none. */
export const delayBoundsMs = [
  ...[250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2500, 3000, 3500, 4000],
  ...[5000, 6000, 7000, 8000, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000, 45_000],
  Number.POSITIVE_INFINITY,
] as const;

export const counterNames = [
  /** Verifications, counted at their first delivery. */
  "verifications",
  /** Deliveries that began. */
  "started",
  "delivered",
  "verified",
  /** Call attempts (INVITEs). */
  "attempts",
  "answered",
  /** Attempts that count for the NER. */
  "reached",
  /** Deliveries with a known price. */
  "priced",
  "costMicros",
] as const;
export type CounterName = (typeof counterNames)[number];

export interface Tally {
  readonly counters: Record<CounterName, number>;
  /** One for each of `delayBoundsMs`. */
  readonly delays: number[];
}

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export function emptyTally(): Tally {
  const counters = Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<CounterName, number>;
  return { counters, delays: delayBoundsMs.map(() => 0) };
}

/** Adds `more`, times `sign`, to `tally`. */
export function addTally(tally: Tally, more: Tally, sign: 1 | -1 = 1): void {
  for (const name of counterNames) tally.counters[name] += sign * more.counters[name];
  for (const index of delayBoundsMs.keys()) {
    tally.delays[index] = (tally.delays[index] ?? 0) + sign * (more.delays[index] ?? 0);
  }
}

/**
 * What a record adds: its delivery to the trunk that it ended on, and each call attempt to the trunk that it was made on.
 * Everything counts for the hour in which the delivery began.
 */
export function tallyOf(cdr: Cdr): readonly { readonly key: TallyKey; readonly tally: Tally }[] {
  if (cdr.test || !cdr.begun || cdr.guardDecision?.startsWith(shadowDecision)) return [];
  const { app, channel, country, prefix, network, range } = cdr;
  const common = {
    hourMs: cdr.startedAtMs - (cdr.startedAtMs % hourMs),
    app,
    channel,
    country,
    prefix,
    network,
    range,
  };
  const byTrunk = new Map<string | null, Tally>();
  const of = (trunk: string | null) => {
    const tally = byTrunk.get(trunk) ?? emptyTally();
    byTrunk.set(trunk, tally);
    return tally;
  };

  const { counters } = of(cdr.trunk);
  counters.verifications += Number(cdr.first);
  counters.started += 1;
  counters.delivered += Number(cdr.delivered);
  counters.verified += Number(cdr.verified);
  counters.priced += Number(cdr.costMicros !== null);
  counters.costMicros += cdr.costMicros ?? 0;
  for (const [trunk, , outcome, delayMs] of cdr.invites) {
    const { counters: ofTrunk, delays } = of(trunk);
    ofTrunk.attempts += 1;
    ofTrunk.answered += Number(outcome === "answered");
    // Only an attempt whose phone rang has a delay.
    ofTrunk.reached += Number(reachedUser(outcome, delayMs !== null));
    if (delayMs !== null) delays[bucketOf(delayMs)] = (delays[bucketOf(delayMs)] ?? 0) + 1;
  }
  return [...byTrunk].map(([trunk, tally]) => ({ key: { ...common, trunk }, tally }));
}

function bucketOf(delayMs: number): number {
  return delayBoundsMs.findIndex((bound) => delayMs <= bound);
}
