/**
 * The port to the store that joins the receipts of a long message's parts (src/redis/message-parts-store.ts): any gateway
 * may receive them, in any order and doubled.
 */

/** What the receipts so far say of the whole message; `open`: nothing final. */
export type PartsState = "open" | "delivered" | "failed";

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface MessageParts {
  /** Remembers that these receipt ids are the parts of one message. @param group names the message */
  join(group: string, receiptIds: readonly string[]): Promise<void>;
  /** The message that a part belongs to; null where it belongs to none that is known. */
  groupOf(receiptId: string): Promise<{ readonly group: string; readonly parts: number } | null>;
  /** Counts a part's final state; idempotent. @returns what the receipts so far say of the whole message */
  settle(group: string, parts: number, receiptId: string, state: "delivered" | "failed"): Promise<PartsState>;
}
