/** Receipts of messages, for all gateways: each method is one script, one round trip. The scripts are in lua/. */
import type { KeptReport, ReceiptOwner, ReceiptStore } from "../channels/messages/receipt-store-port.ts";
import type { VerificationSettings } from "../verification/config.ts";
import { receiptKey } from "./keys.ts";
import { writeJson } from "./record.ts";
import { unreadable } from "./replies.ts";
import type { Reply, RunScript } from "./run.ts";

/** A submit is answered, and its message remembered, long before: what is older belongs to no message of ours. */
const earlyTtlMs = 60_000;
/**
 * Early receipts of one shard; of all shards together 16,000, about 10 MB. A busy gateway has a few at a time; anybody who
 * can forge receipts makes no more than this.
 */
const mostEarly = 250;
/** Of the JSON of a receipt's details; longer ones are not kept with it. */
const longestResult = 500;

type KeepFor = Pick<VerificationSettings, "ttl_seconds" | "retention_seconds">;

export function createReceiptStore(run: RunScript, { ttl_seconds, retention_seconds }: KeepFor): ReceiptStore {
  const ttlMs = (ttl_seconds + retention_seconds) * 1000;
  return {
    async remember(receipt, { app, id, attempt }) {
      const reply = (await run("receipt_remember", receiptKey(receipt), [ttlMs, id, attempt, app])) as Reply;
      return reply[0] === "early" ? readReport(String(reply[1])) : null;
    },

    async take(receipt, report) {
      const args = [writeReport(report), earlyTtlMs, mostEarly];
      const [kind, id, attempt, app] = (await run("receipt_take", receiptKey(receipt), args)) as Reply;
      if (kind === "early" || kind === "dropped") return { kind };
      if (kind !== "known") throw unreadable(kind);
      const owner: ReceiptOwner = { app: String(app), id: String(id), attempt: Number(attempt) };
      return { kind, owner };
    },
  };
}

/** As lua/includes/receipts.lua has it. */
function writeReport({ state, reason, result }: KeptReport): string {
  const text = writeJson(result);
  return `${state} ${reason ?? ""} ${text.length > longestResult ? "" : text}`;
}

function readReport(text: string): KeptReport {
  const [, state, reason, result = ""] = /^(\S+) (\S*) (.*)$/s.exec(text) ?? [];
  return {
    state: state as KeptReport["state"],
    reason: (reason || null) as KeptReport["reason"],
    result: result === "" ? null : (JSON.parse(result) as KeptReport["result"]),
  };
}
