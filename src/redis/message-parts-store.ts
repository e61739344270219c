/** Joins the receipts of a long message's parts. The keys hold hashes of receipt ids and random groups, never a number. */
import { createHash } from "node:crypto";
import type { MessageFailure } from "../channels/messages/provider-port.ts";
import type { MessageParts, PartReport, PartsState } from "../channels/sms/parts-port.ts";
import { messageGroupKey, messagePartKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Carriers send receipts for two days at most; a code is of no use by then. */
const keptMs = 3_600_000;
/** The parts of a message are sent within seconds. Each receipt that another gateway's message gets first takes 0.1 KB as long. */
const earlyMs = 60_000;

export function createMessageParts(run: RunScript): MessageParts {
  return {
    async join(group, receiptIds) {
      const args = [keptMs, "", group, receiptIds.length];
      const replies = await Promise.all(receiptIds.map((id) => run("part_of", messagePartKey(hash(id)), args)));
      return replies.map((reply) => readReport(String(reply[2] ?? "")));
    },
    async groupOf(receiptId, report) {
      const said = report.state === "failed" ? `failed ${report.reason}` : report.state;
      const [group, parts] = (await run("part_of", messagePartKey(hash(receiptId)), [earlyMs, said])) as Reply;
      return group === undefined ? null : { group: String(group), parts: Number(parts) };
    },
    async settle(group, parts, receiptId, state) {
      const reply = (await run("settle_part", messageGroupKey(group), [
        hash(receiptId),
        state,
        parts,
        keptMs,
      ])) as Reply;
      return reply[0] as PartsState;
    },
  };
}

/** A carrier's ids may have any form. */
function hash(receiptId: string): string {
  return createHash("sha256").update(receiptId).digest("base64url").slice(0, 22);
}

function readReport(said: string): PartReport | null {
  const [state, reason = "rejected"] = said.split(" ");
  if (state === "delivered") return { state };
  return state === "failed" ? { state, reason: reason as MessageFailure } : null;
}
