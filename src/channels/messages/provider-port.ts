/**
 * The port between a message channel (sms, whatsapp, email, push) and the adapters that send: one bind, API or mail
 * server each. The channel knows codes, texts and deliveries; a provider knows how one message is sent.
 */
import type { TObject } from "typebox";
import type { ChannelExample, Recipient } from "../../verification/channel-port.ts";
import type { ProofKind } from "../../verification/types.ts";
import type { InboundTextReceiver } from "./inbound-text-port.ts";
import type { TextForm } from "./texts.ts";

/** A message to send. `text`, `code` and `to` never reach a log, a metric or an error. */
export interface OutgoingMessage {
  /** The same for every try of one delivery: the idempotency key where a provider takes one. */
  readonly deliveryId: string;
  readonly app: string;
  /** E.164 with the plus sign, an e-mail address, or a push registration. */
  readonly to: string;
  /** ISO 3166; null where the recipient has none. */
  readonly country: string | null;
  /** Plain text, autofill lines included. */
  readonly text: string;
  /** For e-mail and push. */
  readonly subject: string;
  /** For templates that take the code alone. */
  readonly code: string;
  /** BCP 47 tag of the text. */
  readonly locale: string;
  /** The app's name as people know it. */
  readonly appName: string;
  /** How long the code is accepted from now on, rounded down. */
  readonly minutes: number;
}

/** What a reservation is made for. */
export interface MessageOrder {
  readonly app: string;
  readonly to: string;
  readonly country: string | null;
  readonly text: string;
  readonly locale: string;
}

/**
 * Reasons of a failed message, the same for all providers: `invalid_recipient` (there is no such number or address),
 * `not_reachable` (has not this service, or is away), `blocked` (refused by recipient, network or filter),
 * `throttled`, `provider_down` (no connection, 5xx), `rejected` (any other refusal, configuration or credit),
 * `expired`, `unknown_result` (the answer was lost: it may have been sent).
 */
export const messageFailures = [
  "invalid_recipient",
  "not_reachable",
  "blocked",
  "throttled",
  "provider_down",
  "rejected",
  "expired",
  "unknown_result",
] as const;
export type MessageFailure = (typeof messageFailures)[number];

/** What became of a message: `sent` when the provider took it, then perhaps `delivered` or `failed` by a receipt. */
export type MessageReport =
  | { readonly state: "sent" | "delivered"; readonly result?: MessageResult }
  | {
      readonly state: "failed";
      readonly reason: MessageFailure;
      readonly result?: MessageResult;
      /** A part of it was taken before: that is charged. */
      readonly inPart?: true;
    };

/** For the delivery's own object in the API; no secret, no recipient. */
export type MessageResult = Readonly<Record<string, string | number | boolean | null>>;

/** A reserved place at a provider (TPS, window, route), until `submit` or `release`, one of them, once. */
export interface MessageReservation {
  /** What is known before it is sent (route, sender, segments), for the delivery's own object. */
  readonly details: MessageResult;
  /** Price of this delivery in the configured currency; null: none is configured. */
  readonly cost: number | null;
  /**
   * Sends it. Never throws. The first report says whether the provider took it, and comes within
   * `MessageProvider.submitLimitMs`. `receiptId` names it in later receipts; null where none will come.
   */
  submit(message: OutgoingMessage): Promise<{ readonly report: MessageReport; readonly receiptId: string | null }>;
  release(): void;
}

/** A receipt of a message that was sent, perhaps by another gateway, perhaps before this process began. */
export interface Receipt {
  /** As from `submit`; it includes the provider's name. */
  readonly receiptId: string;
  readonly report: MessageReport;
}

export type ReceiptReceiver = (receipt: Receipt) => Promise<boolean>;

/** What a message of an order would say of itself, where nothing is reserved and nothing sent. */
export interface MessagePreview {
  /** As `MessageReservation.details`. */
  readonly details: MessageResult;
  readonly cost: number | null;
  /** The result that a provider's usual answer has; null: none of its own. */
  readonly sent: MessageResult | null;
  /** Whether receipts follow. */
  readonly receipts: boolean;
}

/** All routes of one channel behind one port: routing and failover between them is inside. */
export interface MessageProvider {
  /** Longest time from `submit` to its first report, in ms. */
  readonly submitLimitMs: number;
  /**
   * The most that a message to this recipient may cost, before a route is chosen; null: no price is configured.
   * @param text the longest that it may have
   */
  priceOf?(to: string, text: string): number | null;
  /** @throws {Refusal} `invalid_request` (the recipient), `capacity`, `channel_unavailable` */
  reserve(order: MessageOrder): Promise<MessageReservation>;
  /**
   * What `reserve` would find, without taking a place: for simulated deliveries. Without it the channel takes none.
   * @throws {Refusal} where the provider could not serve the order at all
   */
  preview?(order: MessageOrder): MessagePreview;
  /**
   * Sets the one receiver of receipts. A receipt may come late, doubled, out of order, or for an unknown message. The
   * receiver never throws; it resolves to whether the receipt was dealt with. Where it was not (the store is away), answer
   * the sender so that it sends it again: HTTP 503, SMPP ESME_RX_T_APPN.
   */
  onReceipt(receiver: ReceiptReceiver): void;
  /** Sets the one receiver of texts that people send back; without it the provider gets none. */
  onText?(receiver: InboundTextReceiver): void;
  /** Whether it could send now; `detail` for operators. */
  health(): { readonly up: boolean; readonly detail: string };
  /** Connects in the background. Resolves after the first try; never rejects. */
  start(): Promise<void>;
  /** Ends what is in progress within `graceMs`, then disconnects. */
  stop(graceMs: number): Promise<void>;
}

/** What a message channel passes to `messageChannel` (index.ts). */
export interface MessageChannelSpec {
  /** In records, configuration and API. */
  readonly name: string;
  readonly proves: ProofKind;
  readonly enabled: boolean;
  readonly provider: MessageProvider;
  /** `sms`: short, counted in segments, with autofill lines. `short`: the same without those. `email`: paragraphs. */
  readonly form: TextForm;
  /** Whether a message costs money: then no workflow sends one by waiting alone. */
  readonly costs: boolean;
  /**
   * The channel's object in the API. Each of its properties is taken from the newest report's `result`, else from the
   * reservation's `details` and `cost`, else it is null; nothing else is shown. `locale` is added to it.
   */
  readonly schema: TObject;
  readonly example?: ChannelExample;
  /** Reads a recipient: its canonical form, or why it is none. Numbers are read by the core already. */
  readonly readRecipient?: (text: string) => Recipient;
}
