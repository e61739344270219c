/** Counts the messages of all gateways together, next to their calls: one script, one round trip. The scripts are in lua/. */
import type { MessageAdmission } from "../channels/sms/admission-port.ts";
import { admissionKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createMessageAdmission(run: RunScript): MessageAdmission {
  return {
    async reserve({ binds, messages, maxWaitMs, app, weight, shares }) {
      const limits = binds.flatMap(({ name, messagesPerSecond }) => [name, messagesPerSecond]);
      const args = [messages, maxWaitMs, app, weight, Number(shares), ...limits];
      const [kind, first, second] = (await run("reserve_bind", admissionKey, args)) as Reply;
      // Lua counts from 1.
      if (kind === "taken") return { kind, bind: Number(first) - 1, waitMs: Number(second) };
      return { kind: "full", retryAfterMs: Number(first) };
    },
    async giveBack({ name, messagesPerSecond }, messages) {
      await run("release_bind", admissionKey, [name, messagesPerSecond, messages]);
    },
  };
}
