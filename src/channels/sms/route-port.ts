/**
 * The port between the SMS channel's provider (index.ts) and its routes: one agreement with one carrier, reached over SMPP
 * (smpp/) or HTTP (http/). The provider chooses route and sender and fails over between routes; a route knows how one
 * message is sent, in how many segments, and what the carrier's answer means. No recipient, text, code or credential
 * reaches a log, a metric or an error.
 */
import type { InboundTextReceiver } from "../messages/inbound-text-port.ts";
import type { MessageFailure, ReceiptReceiver } from "../messages/provider-port.ts";

/** What a place on a route is reserved for. */
export interface SmsOrder {
  readonly app: string;
  /** E.164 with the plus sign. */
  readonly to: string;
  /** ISO 3166; null where it is not known. */
  readonly country: string | null;
  readonly text: string;
  /** BCP 47 tag of the text; with the app it names the template. */
  readonly locale: string;
  /** Sender as configured for this country, app and route; null: none is, the carrier's default applies. */
  readonly sender: string | null;
}

/** One message. */
export interface SmsMessage extends SmsOrder {
  /** The same for every try of one delivery: the idempotency key where a carrier takes one. */
  readonly deliveryId: string;
  /** How long the message is of use from now on: the life of its code. A later delivery would only confuse. */
  readonly validityMs: number;
}

/** What became of a submitted message. */
export type SmsAnswer =
  /** The carrier took it. `receiptId` begins with the route's name and names it in receipts; null: none will come. */
  | { readonly kind: "taken"; readonly receiptId: string | null }
  /**
   * The carrier did not take it, for certain. `elsewhere`: the cause lies with this route (throttled, down, account), so
   * another route may take it; otherwise it lies with the recipient.
   */
  | { readonly kind: "refused"; readonly reason: MessageFailure; readonly elsewhere: boolean }
  /** The answer was lost, or a part of it was taken: it may be delivered, so no route may send it again. */
  | { readonly kind: "unknown" }
  | { readonly kind: "partly_taken"; readonly reason: MessageFailure };

/** A reserved place on a route (TPS, window), until `submit` or `release`, one of them, once. */
export interface SmsPlace {
  readonly segments: number;
  /** Sends it when its turn has come. Never throws; answers within `SmsRoute.submitLimitMs`. */
  submit(message: SmsMessage): Promise<SmsAnswer>;
  release(): void;
}

/** Why a route has no place now; another route may have one. `retryAfterMs`: when this one may. */
export interface NoSmsPlace {
  readonly none: "provider_down" | "throttled";
  readonly retryAfterMs: number;
}

export interface SmsRoute {
  /** As in `sms.routes`. */
  readonly name: string;
  /** Longest time from `submit` to its answer, in ms. */
  readonly submitLimitMs: number;
  /** The most segments that a text takes on this route. */
  segmentsOf(text: string): number;
  /** @throws {Refusal} `store_unavailable` where the store that all gateways share did not answer */
  reserve(order: SmsOrder): Promise<SmsPlace | NoSmsPlace>;
  /** Sets the one receiver of receipts. A receipt may come late, doubled, out of order, or for an unknown message. */
  onReceipt(receiver: ReceiptReceiver): void;
  /** Sets the one receiver of texts that people send back. */
  onText(receiver: InboundTextReceiver): void;
  /** Whether it could send now; `detail` for operators. */
  health(): { readonly up: boolean; readonly detail: string };
  /** Connects in the background. Resolves after the first try; never rejects. */
  start(): Promise<void>;
  /** Ends what is in progress within `graceMs`, then disconnects. */
  stop(graceMs: number): Promise<void>;
}
