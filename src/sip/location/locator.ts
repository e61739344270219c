/** Finds targets, keeps them, and asks again before they are out of date, so that a call does not wait for a name server. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { within } from "../../shared/within.ts";
import type { Target, TransportProtocol } from "../transport/port.ts";
import { draw, type Group } from "./order.ts";
import { Penalties } from "./penalties.ts";
import type { Locator, LocatorStatus, NextHop } from "./port.ts";
import type { Questions } from "./questions.ts";
import { literalOf, type Resolution, resolve } from "./resolve.ts";

/** Of one hop; a request is not tried at more (RFC 3263 gives no number). */
const maxTargets = 16;
/** Trunks with their proxies and registrars; the least used one goes. */
const maxHops = 1000;
/** A TTL of 0 would have each call wait for a name server; one of a day would hide a moved carrier for a day. */
const leastMs = 5_000;
const longestMs = 3_600_000;
/** How long a name without address counts as such. */
const absentMs = 10_000;
/** From this share of its time on a hop that is used is asked for again. */
const refreshShare = 0.75;
/** While the new answer is awaited. */
const graceMs = 10_000;
/** What was known counts on so long while name servers are away (RFC 8767 names one to three days). */
const staleMs = 86_400_000;
const retryMs = { first: 1_000, longest: 15_000 };

interface Entry {
  hop: NextHop;
  /** Null: nothing is known yet. */
  resolution: Resolution | null;
  groups: readonly Group<Target>[];
  all: readonly Target[];
  /** Where there is but one order. */
  only: readonly Target[] | null;
  freshUntilMs: number;
  /** Not before this time is it asked for again. */
  askAtMs: number;
  /** In a row, since the last answer. */
  failures: number;
  asking: Promise<void> | null;
  usedAtMs: number;
}

const none: readonly Target[] = [];

export interface LocatorOptions {
  readonly questions: Questions;
  /** The transports that we have, in the order in which they are taken where a name server does not say. */
  readonly protocols: readonly TransportProtocol[];
  /** How long `locate` waits. */
  readonly deadlineMs: number;
  readonly random: Pick<Random, "below">;
  readonly clock: Pick<Clock, "after">;
  /** Monotonic. */
  readonly nowMs: () => number;
}

export function createLocator(options: LocatorOptions): Locator {
  const { questions, protocols, deadlineMs, random, clock, nowMs } = options;
  const penalties = new Penalties(nowMs);
  const entries = new Map<string, Entry>();
  let stopped = false;

  function entryOf(hop: NextHop): Entry {
    const name = `${hop.protocol ?? ""} ${hop.port ?? ""} ${hop.host} ${hop.rules?.name ?? ""}`;
    let entry = entries.get(name);
    if (entry === undefined) {
      entry = newEntry(hop);
      if (entries.size >= maxHops) forgetLeastUsed();
      entries.set(name, entry);
    }
    if (entry.hop.rules !== hop.rules) {
      entry.hop = hop;
      setTargets(entry);
    }
    return entry;
  }

  function newEntry(hop: NextHop): Entry {
    const empty = { hop, resolution: null, groups: [], all: none, only: null, asking: null, failures: 0 };
    const entry: Entry = { ...empty, freshUntilMs: 0, askAtMs: nowMs(), usedAtMs: nowMs() };
    const literal = literalOf(hop);
    if (literal === null) return entry;
    const resolution = { groups: [[{ weight: 0, targets: [[literal]] }]], ttlMs: Number.POSITIVE_INFINITY };
    const never = Number.POSITIVE_INFINITY;
    const known: Entry = { ...entry, resolution, freshUntilMs: never, askAtMs: never };
    setTargets(known);
    return known;
  }

  function forgetLeastUsed(): void {
    let [oldest, sinceMs] = ["", Number.POSITIVE_INFINITY];
    for (const [name, { usedAtMs }] of entries) if (usedAtMs < sinceMs) [oldest, sinceMs] = [name, usedAtMs];
    entries.delete(oldest);
  }

  function ask(entry: Entry): Promise<void> {
    entry.asking ??= resolve(entry.hop, questions, protocols)
      .then((found) => {
        if ("failed" in found) fail(entry);
        else keep(entry, found);
      })
      // Resolving does not throw; were it to, the hop must not stay as if it were being asked for.
      .catch(() => fail(entry))
      .finally(() => {
        entry.asking = null;
      });
    return entry.asking;
  }

  function keep(entry: Entry, resolution: Resolution): void {
    const isEmpty = resolution.groups.length === 0;
    const keptMs = isEmpty ? absentMs : Math.min(longestMs, Math.max(leastMs, resolution.ttlMs));
    entry.resolution = resolution;
    entry.failures = 0;
    entry.freshUntilMs = nowMs() + keptMs;
    entry.askAtMs = nowMs() + keptMs * refreshShare;
    setTargets(entry);
  }

  function fail(entry: Entry): void {
    entry.failures++;
    entry.askAtMs = nowMs() + Math.min(retryMs.longest, retryMs.first * 2 ** Math.min(entry.failures - 1, 10));
  }

  function setTargets(entry: Entry): void {
    const { host, rules } = entry.hop;
    const targetOf = (endpoint: Target): Target => ({
      ...endpoint,
      ...(endpoint.protocol === "tls" ? { serverName: host } : {}),
      ...(rules === undefined ? {} : { rules }),
    });
    const groups = entry.resolution?.groups ?? [];
    entry.groups = groups.map((group) =>
      group.map(({ weight, targets }) => ({ weight, targets: targets.map((list) => list.map(targetOf)) })),
    );
    entry.all = entry.groups.flatMap((group) => group.flatMap(({ targets }) => targets.flat()));
    entry.only = entry.all.length < 2 ? entry.all : null;
  }

  const targetsOf = (entry: Entry): readonly Target[] =>
    entry.only ?? penalties.sort(draw(entry.groups, maxTargets, random));

  /** Asks again where it is time to. @returns whether it is */
  function use(entry: Entry, atMs: number): boolean {
    entry.usedAtMs = atMs;
    const mayAsk = atMs >= entry.askAtMs && !stopped;
    if (mayAsk && entry.asking === null) void ask(entry);
    return mayAsk;
  }

  function knownOf(entry: Entry): readonly Target[] | null {
    const now = nowMs();
    const mayAsk = use(entry, now);
    if (entry.resolution === null) return entry.failures > 0 && !mayAsk ? none : null;
    const graceEndMs = entry.freshUntilMs + (entry.failures > 0 ? staleMs : graceMs);
    return now < graceEndMs ? targetsOf(entry) : null;
  }

  function allOf(entry: Entry): readonly Target[] {
    use(entry, nowMs());
    return entry.all;
  }

  async function locate(hop: NextHop): Promise<readonly Target[]> {
    const entry = entryOf(hop);
    const known = knownOf(entry);
    if (known !== null || stopped) return known ?? none;
    await within(ask(entry), deadlineMs, undefined, clock);
    return nowMs() < entry.freshUntilMs + staleMs ? targetsOf(entry) : none;
  }

  function status(): LocatorStatus {
    const list = [...entries.values()];
    const nowAtMs = nowMs();
    return {
      hops: list.length,
      stale: list.filter(({ resolution, freshUntilMs }) => resolution !== null && freshUntilMs < nowAtMs).length,
      failing: list.filter(({ failures }) => failures > 0).length,
      penalized: penalties.size,
      questions: { ...questions.counts },
    };
  }

  return {
    locate,
    known: (hop) => knownOf(entryOf(hop)),
    all: (hop) => allOf(entryOf(hop)),
    failed: (target, forMs) => penalties.failed(target, forMs),
    worked: (target) => penalties.worked(target),
    status,
    stop() {
      stopped = true;
      questions.stop();
    },
  };
}
