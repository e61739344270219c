/** Leases over all gateways. The scripts are in lua/. */
import type { Leases } from "../operations/leases-port.ts";
import { leaseKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createLeases(run: RunScript): Leases {
  return {
    async take(name, holder, ttlMs) {
      const [now, remainingMs] = (await run("lease_take", leaseKey(name), [holder, ttlMs])) as Reply;
      return { held: now === holder, holder: String(now), remainingMs: Number(remainingMs) };
    },
    async release(name, holder) {
      await run("lease_release", leaseKey(name), [holder]);
    },
  };
}
