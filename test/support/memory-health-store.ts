/** The store of number health in memory: what the scripts do, without TTLs. */
import type { HealthObserver, HealthStore, TrunkCounts } from "../../src/numbers/health/ports.ts";
import { mergeReadings } from "../../src/numbers/health/readings.ts";
import { addCounts, noCounts } from "../../src/numbers/health/trunks.ts";
import type { Clock } from "../../src/shared/clock.ts";

const dayMs = 86_400_000;

export function memoryHealthStore(clock: Pick<Clock, "nowMs">): HealthStore & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  let days = new Map<number, Map<string, TrunkCounts>>();
  return {
    kept,
    read: async (hash) => kept.get(hash) ?? "",
    async merge(hash, readings, bucketSeconds) {
      kept.set(hash, mergeReadings(kept.get(hash) ?? "", readings, bucketSeconds));
    },
    erase: async (hash) => kept.delete(hash),
    async count(fields) {
      const day = Math.floor(clock.nowMs() / dayMs);
      const today = days.get(day) ?? new Map<string, TrunkCounts>();
      const yesterday = days.get(day - 1) ?? new Map<string, TrunkCounts>();
      days = new Map([
        [day - 1, yesterday],
        [day, today],
      ]);
      return new Map(
        [...fields].map(([name, added]) => {
          const sum = addCounts(today.get(name) ?? noCounts, added);
          today.set(name, sum);
          return [name, addCounts(sum, yesterday.get(name) ?? noCounts)];
        }),
      );
    },
  };
}

export const noHealthObserver: HealthObserver = {
  learned: () => undefined,
  disbelieved: () => undefined,
  lost: () => undefined,
  reordered: () => undefined,
};
