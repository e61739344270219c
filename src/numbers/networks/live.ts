/**
 * Asks the live sources: each number by one lookup at a time, for all that ask, within the sources' budgets; answers are kept
 * in memory and in Redis. A source that fails leaves the number to the next one, and nothing is kept of the failure.
 */
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import type { NetworksConfig } from "./config.ts";
import type { Found, LiveAnswer, LiveSource, NetworkObserver, NetworkStore, QuestionResult } from "./live-port.ts";
import type { FindPurpose } from "./ports.ts";

/** Lookups in progress; further numbers are not looked up. */
const mostInProgress = 2000;
/** Of a budget, what lookups over the API may use up: one app's lists must not leave nothing for deliveries. */
const lookupShare = 0.5;

export interface LiveLookups {
  /** What the sources said of it; undefined: nothing is in this process' memory. */
  cached(e164: string): Found | undefined;
  /** Resolves when something is known, or the sources have failed. Never rejects. @param sources asked in their order */
  lookUp(e164: string, sources: readonly LiveSource[], purpose: FindPurpose): Promise<void>;
  /** @returns whether something was kept */
  forget(e164: string): Promise<boolean>;
}

export function createLiveLookups(parts: {
  /** As it is now. */
  readonly config: () => NetworksConfig;
  readonly store: NetworkStore;
  /** Keyed, of a number. */
  readonly hash: (e164: string) => string;
  readonly observer: NetworkObserver;
  readonly clock: Clock;
}): LiveLookups {
  const { config, store, hash, observer } = parts;
  const clock = steadyClock(parts.clock);
  const memory = new LatestMap<string, { readonly found: Found | undefined; readonly untilMs: number }>(
    config().cache.memory_entries,
  );
  const inProgress = new Map<string, Promise<void>>();

  const remember = (e164: string, found: Found | undefined, ttlMs: number) =>
    memory.set(e164, { found, untilMs: clock.nowMs() + ttlMs });

  function cached(e164: string): Found | undefined {
    const known = memory.get(e164);
    return known === undefined || known.untilMs <= clock.nowMs() ? undefined : known.found;
  }

  async function mayAsk({ name }: LiveSource, purpose: FindPurpose): Promise<QuestionResult | null> {
    const limits = config()[name];
    if (limits === undefined) return "busy";
    const share = purpose === "lookup" ? lookupShare : 1;
    try {
      const may = await store.take(name, Math.ceil(limits.per_minute * share), Math.ceil(limits.per_day * share));
      return may ? null : "over_budget";
    } catch {
      // What costs money must be counted.
      return "store_unavailable";
    }
  }

  /** @returns null where it gave no answer */
  async function askOne(source: LiveSource, e164: string, purpose: FindPurpose): Promise<LiveAnswer | null> {
    const refused = await mayAsk(source, purpose);
    if (refused !== null) {
      observer.asked(source.name, refused, null);
      return null;
    }
    const startedMs = clock.nowMs();
    const answer = await source.ask(e164);
    observer.asked(source.name, answer.kind, answer.kind === "busy" ? null : (clock.nowMs() - startedMs) / 1000);
    return answer.kind === "answered" || answer.kind === "none" ? answer : null;
  }

  /** @returns undefined where a source failed, and none after it knew the number */
  async function askAll(
    e164: string,
    sources: readonly LiveSource[],
    purpose: FindPurpose,
  ): Promise<Found | undefined> {
    let isCertain = true;
    for (const source of sources) {
      const answer = await askOne(source, e164, purpose);
      if (answer?.kind === "answered") return { ...answer.network, source: source.name };
      isCertain &&= answer !== null;
    }
    return isCertain ? null : undefined;
  }

  async function run(e164: string, sources: readonly LiveSource[], purpose: FindPurpose): Promise<void> {
    const key = hash(e164);
    const kept = await store.read(key).catch(() => undefined);
    observer.cache(kept === undefined ? "none" : "redis");
    if (kept !== undefined) return remember(e164, kept.found, kept.leftMs);
    const found = await askAll(e164, sources, purpose);
    if (found === undefined) return;
    const { seconds, negative_seconds: negative } = config().cache;
    const ttlMs = (found === null ? negative : seconds) * 1000;
    remember(e164, found, ttlMs);
    await store.keep(key, found, ttlMs).catch(() => undefined);
  }

  return {
    cached,
    lookUp(e164, sources, purpose) {
      if (cached(e164) !== undefined) {
        observer.cache("memory");
        return Promise.resolve();
      }
      const known = inProgress.get(e164);
      if (known !== undefined) {
        observer.cache("shared");
        return known;
      }
      if (inProgress.size >= mostInProgress) return Promise.resolve();
      const lookup = run(e164, sources, purpose)
        .catch(() => undefined)
        .finally(() => inProgress.delete(e164));
      inProgress.set(e164, lookup);
      return lookup;
    },
    async forget(e164) {
      const was = cached(e164) !== undefined;
      remember(e164, undefined, 0);
      return (await store.forget(hash(e164))) || was;
    },
  };
}
