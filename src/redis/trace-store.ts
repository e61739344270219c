/** Which trace a verification belongs to, for the other gateways. Only used where traces are on. */
import type { TraceStore } from "../shared/tracing.ts";
import type { RedisClient } from "./client.ts";
import { traceKey } from "./keys.ts";

/** As long as webhooks of a verification that was just started may be repeated. */
const ttlSeconds = 25 * 3600;

export function createTraceStore(client: RedisClient): TraceStore {
  return {
    async put(id, traceparent) {
      await client.set(traceKey(id), traceparent, "EX", ttlSeconds, "NX");
    },
    get: async (id) => client.get(traceKey(id)),
  };
}
