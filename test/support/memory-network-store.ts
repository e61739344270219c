/** Answers of live sources in memory, in place of Redis. */
import type { Found, NetworkStore } from "../../src/numbers/networks/live-port.ts";
import type { Clock } from "../../src/shared/clock.ts";

export interface MemoryNetworkStore extends NetworkStore {
  isDown: boolean;
  contents(): readonly (readonly [hash: string, found: Found])[];
}

export function memoryNetworkStore(clock: Pick<Clock, "nowMs">): MemoryNetworkStore {
  const kept = new Map<string, { readonly found: Found; readonly untilMs: number }>();
  const counts = new Map<string, number>();
  const up = () => {
    if (store.isDown) throw new Error("down");
  };
  const store: MemoryNetworkStore = {
    isDown: false,
    contents: () => [...kept].map(([hash, { found }]) => [hash, found] as const),
    async read(hash) {
      up();
      const one = kept.get(hash);
      const leftMs = (one?.untilMs ?? 0) - clock.nowMs();
      return one === undefined || leftMs <= 0 ? undefined : { found: one.found, leftMs };
    },
    async keep(hash, found, ttlMs) {
      up();
      kept.set(hash, { found, untilMs: clock.nowMs() + ttlMs });
    },
    async forget(hash) {
      up();
      return kept.delete(hash);
    },
    async take(source, perMinute, perDay) {
      up();
      const minute = `${source} m ${Math.floor(clock.nowMs() / 60_000)}`;
      const day = `${source} d ${Math.floor(clock.nowMs() / 86_400_000)}`;
      if ((counts.get(minute) ?? 0) >= perMinute || (counts.get(day) ?? 0) >= perDay) return false;
      for (const key of [minute, day]) counts.set(key, (counts.get(key) ?? 0) + 1);
      return true;
    },
  };
  return store;
}
