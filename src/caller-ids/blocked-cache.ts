/**
 * Which caller IDs are out, as the store said a moment ago. Nearly every start is answered from here, with no question
 * to the store; what that costs is that a caller ID may be shown for a quarter of a second after it was taken out.
 */
import type { Clock } from "../shared/clock.ts";
import type { CallerIdRef, Look, ReputationStore } from "./store-port.ts";
import type { CallerId } from "./types.ts";

const freshMs = 250;

interface Known {
  readonly askedAtMs: number;
  readonly out: number;
  readonly hashes: ReadonlySet<string>;
}

export interface BlockedCache {
  /**
   * @param drawn of these ranges
   * @throws {Refusal} `store_unavailable` where the store had to be asked and gave no answer
   */
  look(ranges: readonly string[], drawn: readonly CallerId[]): Promise<Look>;
}

/** @param options.refOf how the store knows a caller ID */
export function createBlockedCache(options: {
  readonly store: Pick<ReputationStore, "look">;
  readonly clock: Clock;
  readonly refOf: (callerId: CallerId) => CallerIdRef;
}): BlockedCache {
  const { store, clock, refOf } = options;
  /** By range; bounded by the configured ranges. */
  const known = new Map<string, Known>();

  function fresh(range: string): Known | null {
    const found = known.get(range);
    if (found === undefined) return null;
    const ageMs = clock.nowMs() - found.askedAtMs;
    // A clock that was set back makes it old.
    return ageMs >= 0 && ageMs < freshMs ? found : null;
  }

  function isOut(callerId: CallerId): boolean {
    const { hashes } = known.get(callerId.range) ?? { hashes: new Set() };
    return hashes.size > 0 && hashes.has(refOf(callerId).hash);
  }

  return {
    async look(ranges, drawn) {
      const lists = ranges.map(fresh);
      if (lists.every((list) => list !== null)) {
        return { fit: drawn.map((callerId) => !isOut(callerId)), out: lists.map(({ out }) => out) };
      }
      const askedAtMs = clock.nowMs();
      const { fit, out, listed } = await store.look(askedAtMs, ranges, drawn.map(refOf));
      for (const [i, range] of ranges.entries()) {
        const hashes = listed[i] ?? null;
        if (hashes === null) known.delete(range);
        else known.set(range, { askedAtMs, out: out[i] ?? 0, hashes: new Set(hashes) });
      }
      return { fit, out };
    },
  };
}
