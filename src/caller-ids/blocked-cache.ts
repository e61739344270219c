/**
 * A short-lived cache of the unavailable caller IDs. It answers nearly every start without a request to the store; in
 * return a caller ID may still be shown for a quarter of a second after it became unavailable.
 */
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { CallerIdRef, Look, ReputationStore } from "./store-port.ts";
import type { CallerId } from "./types.ts";

const maxAgeMs = 250;

interface Known {
  readonly askedAtMs: number;
  readonly unavailable: number;
  readonly hashes: ReadonlySet<string>;
}

export interface BlockedCache {
  /**
   * @param drawn of these ranges
   * @throws {Refusal} `store_unavailable` where the store had to be read and did not answer
   */
  look(ranges: readonly string[], drawn: readonly CallerId[]): Promise<Look>;
}

/** @param options.refOf the store's reference of a caller ID */
export function createBlockedCache(options: {
  readonly store: Pick<ReputationStore, "look">;
  readonly clock: Clock;
  readonly refOf: (callerId: CallerId) => CallerIdRef;
}): BlockedCache {
  const { store, refOf } = options;
  const clock = steadyClock(options.clock);
  /** By range; bounded by the configured ranges. */
  const known = new Map<string, Known>();

  function recent(range: string): Known | null {
    const found = known.get(range);
    if (found === undefined) return null;
    return clock.nowMs() - found.askedAtMs < maxAgeMs ? found : null;
  }

  function isUnavailable(callerId: CallerId): boolean {
    const { hashes } = known.get(callerId.range) ?? { hashes: new Set() };
    return hashes.size > 0 && hashes.has(refOf(callerId).hash);
  }

  return {
    async look(ranges, drawn) {
      const lists = ranges.map(recent);
      if (lists.every((list) => list !== null)) {
        return {
          fit: drawn.map((callerId) => !isUnavailable(callerId)),
          unavailable: lists.map(({ unavailable }) => unavailable),
        };
      }
      const askedAtMs = clock.nowMs();
      const { fit, unavailable, listed } = await store.look(ranges, drawn.map(refOf));
      for (const [i, range] of ranges.entries()) {
        const hashes = listed[i] ?? null;
        if (hashes === null) known.delete(range);
        else known.set(range, { askedAtMs, unavailable: unavailable[i] ?? 0, hashes: new Set(hashes) });
      }
      return { fit, unavailable };
    },
  };
}
