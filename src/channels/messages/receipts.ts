/**
 * Applies receipts to deliveries. A receipt may come to any gateway, late, doubled, out of order or before the answer to
 * its submit; whether it changes anything is decided by the delivery's machine, in the store.
 */
import type { Publish } from "../../shared/publish.ts";
import type { ChannelCore } from "../../verification/channel-port.ts";
import type { MessageEvents, ReceiptResult } from "./events.ts";
import { eventOf } from "./machine.ts";
import type { MessageReport, MessageResult, Receipt } from "./provider-port.ts";
import type { KeptReport, ReceiptOwner, ReceiptStore } from "./receipt-store-port.ts";
import { createWork } from "./work.ts";

/** Receipts in progress: a provider that sends more at once gets them refused, and sends them again. */
const mostAtOnce = 2000;
/** Pauses before a receipt's id is remembered again: as long as a failover takes. Without it its receipts are lost. */
const retryDelaysMs = [100, 1000, 5000, 15_000];

/** Leaves of what a provider reports only what its channel shows: nothing else is stored. */
export type Keep = (result: MessageResult) => MessageResult;

export interface Receipts {
  /** Never throws. @returns false where the provider should send it again */
  receive(receipt: Receipt): Promise<boolean>;
  /**
   * A message was taken by its provider: its receipts belong to the delivery from now on.
   * @returns the receipt that came before; null: none did, or the store is away for long
   */
  remember(receiptId: string, owner: ReceiptOwner): Promise<MessageReport | null>;
  /** Resolves when every receipt so far was dealt with. */
  settled(): Promise<void>;
}

export function createReceipts(options: {
  readonly channel: string;
  readonly core: ChannelCore;
  readonly store: ReceiptStore;
  /** What is kept of a report's result. */
  readonly keep: Keep;
  readonly publish: Publish<MessageEvents>;
}): Receipts {
  const { channel, core, store, keep, publish } = options;
  const { clock, hashes, logger } = core;
  const work = createWork(core.batchTimer);
  const count = (result: ReceiptResult) => publish("message.receipt", { channel, result });

  /** @returns whether it was stored */
  async function apply({ id, app, attempt }: ReceiptOwner, report: MessageReport): Promise<boolean> {
    let stored = false;
    const progress = core.progressOf({ id, app, attempts: attempt }, () => {
      stored = true;
    });
    work.write(progress, updateOf(report, keep));
    await progress.settled();
    return stored;
  }

  async function take({ receiptId, report }: Receipt): Promise<boolean> {
    try {
      const taken = await store.take(hashes.receipt(channel, receiptId), keptOf(report, keep));
      const dealtWith = taken.kind !== "known" || (await apply(taken.owner, report));
      count(!dealtWith ? "failed" : taken.kind === "known" ? "applied" : taken.kind);
      return dealtWith;
    } catch (error) {
      // The text only: it holds neither the id nor the recipient.
      logger.warn({ why: error instanceof Error ? error.message : "unknown" }, "a receipt could not be stored");
      count("failed");
      return false;
    }
  }

  return {
    async receive(receipt) {
      if (work.size >= mostAtOnce) {
        count("dropped");
        return false;
      }
      return work.track(take(receipt));
    },

    async remember(receiptId, owner) {
      const hash = hashes.receipt(channel, receiptId);
      for (let failures = 0; ; failures++) {
        try {
          const early = await store.remember(hash, owner);
          if (early !== null) count("claimed");
          return early === null ? null : reportOf(early);
        } catch {
          const delayMs = retryDelaysMs[failures];
          if (delayMs === undefined) break;
          await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
        }
      }
      logger.error({ id: owner.id, attempt: owner.attempt }, "receipts of a message will not be recognised");
      return null;
    },

    settled: work.settled,
  };
}

/**
 * The delivery's update by a report. A price in it takes the place of the reservation's: the message went another way, which
 * may have none.
 */
export function updateOf(report: MessageReport, keep: Keep) {
  const { result } = report;
  return {
    event: eventOf(report),
    reason: report.state === "failed" ? report.reason : null,
    ...(result && { result: keep(result) }),
    ...((typeof result?.cost === "number" || result?.cost === null) && { cost: result.cost }),
  };
}

/**
 * The first report of a message. Nobody charges for one that no provider took; of one that may have been sent the price stays.
 * @param cost the reservation's; null: none is configured
 */
export function submitted(report: MessageReport, cost: number | null): MessageReport {
  const isFree = report.state === "failed" && report.reason !== "unknown_result" && report.inPart !== true;
  const isPriced = cost !== null || typeof report.result?.cost === "number";
  return isFree && isPriced ? { ...report, result: { ...report.result, cost: 0 } } : report;
}

function keptOf(report: MessageReport, keep: Keep): KeptReport {
  return {
    state: report.state,
    reason: report.state === "failed" ? report.reason : null,
    result: report.result === undefined ? null : keep(report.result),
  };
}

function reportOf({ state, reason, result }: KeptReport): MessageReport {
  const own = result === null ? {} : { result };
  return state === "failed" ? { state, reason: reason ?? "rejected", ...own } : { state, ...own };
}
