/**
 * The port to the store that joins the receipts of a long message's parts (src/redis/message-parts-store.ts): any gateway
 * may receive them, in any order and doubled.
 */
import type { MessageFailure } from "../messages/provider-port.ts";

/** What the receipts so far say of the whole message; `open`: nothing final. */
export type PartsState = "open" | "delivered" | "failed";

/** What a receipt says of a part at last. */
export type PartReport =
  | { readonly state: "delivered" }
  | { readonly state: "failed"; readonly reason: MessageFailure };

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface MessageParts {
  /**
   * Remembers that these receipt ids are the parts of one message.
   * @param group names the message
   * @returns of each the receipt that came before; null: none did
   */
  join(group: string, receiptIds: readonly string[]): Promise<readonly (PartReport | null)[]>;
  /**
   * The message that a part belongs to; null where it belongs to none that is known: it may be one whose parts another gateway
   * is still sending, so what its receipt says is kept for `join`, for a minute.
   */
  groupOf(receiptId: string, report: PartReport): Promise<{ readonly group: string; readonly parts: number } | null>;
  /** Counts a part's final state; idempotent. @returns what the receipts so far say of the whole message */
  settle(group: string, parts: number, receiptId: string, state: PartReport["state"]): Promise<PartsState>;
}
