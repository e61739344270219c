/** Test calls that came in to a gateway, until the canary takes them. Sealed: their callers are caller IDs of ours. */
import type { CanaryArrivals } from "../operations/canary-port.ts";
import type { Sealing } from "../verification/sealing.ts";
import type { RedisClient } from "./client.ts";
import { canaryKey } from "./keys.ts";

/** A canary looks ten times a second, and has one call under way. */
const maxKept = 20;
const keptMs = 60_000;
const sealedFor = "canary arrival";

export function createCanaryArrivals(
  client: Pick<RedisClient, "multi" | "lpop">,
  sealing: Pick<Sealing, "seal" | "open">,
): CanaryArrivals {
  return {
    async note(caller) {
      const sealed = sealing.seal(sealedFor, caller);
      await client.multi().rpush(canaryKey, sealed).ltrim(canaryKey, -maxKept, -1).pexpire(canaryKey, keptMs).exec();
    },
    async take() {
      const sealed = (await client.lpop(canaryKey, maxKept)) ?? [];
      return sealed.flatMap((text) => sealing.open(sealedFor, text) ?? []);
    },
  };
}
