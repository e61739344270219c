/** Audit entries that wait for the records, of all gateways. The scripts are in lua/. */
import type { AuditEntry, AuditQueue } from "../audit/port.ts";
import { auditKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Of begun and of waiting entries together, about 10 MB: weeks of acts by hand. */
const mostWaiting = 10_000;
/** From here on apps' acts wait no longer, so that one app cannot keep operators from draining a trunk while the records are away. */
const mostWithApps = mostWaiting / 2;
/** No act takes as long: a gateway that has not reported its end by then is gone. */
const longestActMs = 600_000;

export function createAuditQueue(run: RunScript): AuditQueue {
  return {
    async begin(entry) {
      const most = entry.who.startsWith("app ") ? mostWithApps : mostWaiting;
      const reply = (await run("audit_begin", auditKey, [entry.id, JSON.stringify(entry), most])) as Reply;
      return reply[0] === "begun";
    },
    async finish(entry) {
      await run("audit_finish", auditKey, [entry.id, JSON.stringify(entry)]);
    },
    async oldest(count) {
      const reply = (await run("audit_oldest", auditKey, [count, longestActMs])) as Reply;
      return Array.from({ length: reply.length / 2 }, (_, index) => ({
        position: String(reply[index * 2]),
        entry: JSON.parse(String(reply[index * 2 + 1])) as AuditEntry,
      }));
    },
    async remove(positions) {
      await run("audit_remove", auditKey, positions);
    },
  };
}
