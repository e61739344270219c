/** Events of messages. */

/**
 * What became of a receipt: `applied` (its delivery is known; it changed its state unless it was doubled or late),
 * `early` (no such message is known: it came before the answer to the submit, or is forged, or of a message that is no
 * longer kept), `claimed` (an early one whose message was remembered since), `dropped` (too many at once), `failed` (the
 * store did not answer). What is early and never claimed is unknown or forged.
 */
export const receiptResults = ["applied", "early", "claimed", "dropped", "failed"] as const;
export type ReceiptResult = (typeof receiptResults)[number];

export interface MessageEvents {
  "message.receipt": { readonly channel: string; readonly result: ReceiptResult };
}
