/** The store of verifications that callees prove by calling in. */
import type { CallInStore } from "../channels/call-in/store-port.ts";
import type { CalleeLimit } from "../verification/store-port.ts";
import { callInKey, verificationKey } from "./keys.ts";
import { writeJson } from "./record.ts";
import type { Reply, RunScript } from "./run.ts";
import { readSeen, unreadable } from "./verification-store.ts";

export function createCallInStore(run: RunScript): CallInStore {
  return {
    async start({ nowMs, app, id, callee, to, country, reference, metadata, numbers, cooldownMs }) {
      const reply = (await run("start_call_in", verificationKey(id), [
        ...[nowMs, app, id, callee.hash, to, country, reference ?? "", writeJson(metadata), cooldownMs],
        ...numbers,
      ])) as Reply;
      const [kind, first, second] = reply;
      switch (kind) {
        case "started":
          return { kind, verification: readSeen(id, reply).verification };
        case "exists":
          return { kind, ...readSeen(id, reply) };
        case "numbers_taken":
          return { kind, retryAfterMs: Number(first) };
        case "limited":
          return { kind, limit: String(first) as CalleeLimit, retryAfterMs: Number(second) };
        case "not_found":
          return { kind };
        default:
          throw unreadable(kind);
      }
    },

    async calledIn(nowMs, callee, number) {
      const reply = (await run("called_in", callInKey(callee, number), [nowMs])) as Reply;
      const [kind, id] = reply;
      if (kind === "no_match") return { kind };
      if (kind === "seen") return { kind, ...readSeen(String(id), reply) };
      throw unreadable(kind);
    },
  };
}
