/**
 * The port to what all gateways know of receipts: which delivery a provider's message id belongs to. A receipt may come to
 * any gateway, and before the submit that it belongs to was answered.
 */
import type { MessageFailure, MessageResult } from "./provider-port.ts";

/** The delivery that a receipt belongs to. */
export interface ReceiptOwner {
  readonly app: string;
  readonly id: string;
  /** The verification's attempt. */
  readonly attempt: number;
}

/** A receipt's content, as it is kept. */
export interface KeptReport {
  readonly state: "sent" | "delivered" | "failed";
  readonly reason: MessageFailure | null;
  readonly result: MessageResult | null;
}

export type TakenReceipt =
  | { readonly kind: "known"; readonly owner: ReceiptOwner }
  /** No message with this id is known yet: it is kept for a minute, and `remember` returns it. */
  | { readonly kind: "early" }
  /** Not kept: too many such receipts wait already. */
  | { readonly kind: "dropped" };

/** Every method is one atomic step, and throws `Refusal("store_unavailable")` where the store did not answer. */
export interface ReceiptStore {
  /**
   * From now on receipts with this id belong to the delivery, for as long as its verification can be read.
   * @param receipt from `Hashes.receipt`
   * @returns the receipt that came before, if one did; it is then forgotten
   */
  remember(receipt: string, owner: ReceiptOwner): Promise<KeptReport | null>;
  take(receipt: string, report: KeptReport): Promise<TakenReceipt>;
}
