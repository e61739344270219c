/**
 * The port of a provider stand-in: what a channel's adapter talks to in the sandbox and in tests instead of an SMSC, a
 * mail server, Meta, Google, Apple or a push service. It speaks the real protocol on loopback, fails as the real one is
 * documented to fail, and hands over each message that it took, once.
 */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";

/**
 * Kinds of failure that can be chosen by recipient (failures.ts), the same for all channels. A stand-in answers each in
 * its own protocol's documented shape, and handles a kind that its protocol does not have like no failure.
 *
 * - `unknown_recipient`: refused at once, there is no such number, address or registration
 * - `not_reachable`: refused at once, the recipient has not this service (not on WhatsApp, a dead registration)
 * - `blocked`: refused at once by recipient, network or filter
 * - `throttled`: refused at once for as long as it is tried: too many messages
 * - `down`: the provider fails (5xx, a system error)
 * - `lost_answer`: takes and delivers the message, but closes the connection instead of answering
 * - `no_receipt`: takes it; neither message nor receipt ever comes
 * - `failed_receipt`: takes it, then a receipt says that it was not delivered; no message comes
 * - `late_receipt`: delivers it; the receipt comes after `StandInTimings.lateReceiptMs`
 * - `odd_receipts`: delivers it; receipts come doubled, out of order, and one for a message that does not exist
 */
export const failureKinds = [
  "unknown_recipient",
  "not_reachable",
  "blocked",
  "throttled",
  "down",
  "lost_answer",
  "no_receipt",
  "failed_receipt",
  "late_receipt",
  "odd_receipts",
] as const;
export type FailureKind = (typeof failureKinds)[number];

/** How long the simulated providers take, in milliseconds. */
export interface StandInTimings {
  /** Message taken to its arrival at the phone. */
  readonly deliveryMs: number;
  /** Arrival at the phone to the receipt. */
  readonly receiptMs: number;
  /** Arrival at the phone to the receipt of `late_receipt`. */
  readonly lateReceiptMs: number;
}

export const defaultStandInTimings: StandInTimings = { deliveryMs: 300, receiptMs: 500, lateReceiptMs: 20_000 };

/** A message as the recipient gets it. */
export interface StandInMessage {
  /** The gateway's name of the channel. */
  readonly channel: string;
  /** The recipient as the app gave it: E.164 with the plus sign, an address, a registration. */
  readonly to: string;
  /** The plain-text part, whole: segments are joined, encryption and encodings undone. */
  readonly text: string;
  /** Arrival at the recipient, from the injected clock. */
  readonly atMs: number;
  /** Sender as the recipient sees it; null: none is shown. */
  readonly from: string | null;
  /** Subject of an e-mail, title of a notification. */
  readonly subject: string | null;
  /** HTML part of an e-mail. */
  readonly html: string | null;
  /** Facts of the protocol that are worth showing, such as `{segments: 2, encoding: "UCS-2"}`. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** What every stand-in is built from. */
export interface StandInParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timings?: Partial<StandInTimings>;
}

/** Where a stand-in listens. */
export interface Listening {
  /** Such as `smpp://127.0.0.1:40123`, `http://127.0.0.1:40124`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

export interface StandIn {
  /** Such as `smsc`, `meta`, `fcm`. */
  readonly name: string;
  readonly channel: string;
  /** The kinds of failure that its protocol has. */
  readonly failures: readonly FailureKind[];
  /** Listens on a free loopback port. @throws where it cannot */
  start(): Promise<Listening>;
  /** Ends connections and timers, closes the port; also where it was never started. */
  stop(): Promise<void>;
  /** Sets the one receiver of messages. */
  onMessage(receiver: (message: StandInMessage) => void): void;
  /** Sets what decides by recipient how a message fails; null: it does not. Without a call nothing fails. */
  setFailure(failureOf: (to: string) => FailureKind | null): void;
  /**
   * After `start`: the part of the configuration that leads the gateway here, credentials included, such as
   * `{ sms: { … } }`; the parts of all stand-ins are merged.
   */
  config(): Readonly<Record<string, unknown>>;
  /** The gateway listens at this address: where webhooks are sent to. */
  setGateway?(url: string): void;
  /**
   * A recipient that this stand-in delivers to, for channels whose recipients are neither numbers nor addresses.
   * @param ending what its failure is chosen by, three digits; null: none
   */
  recipient?(ending: string | null): string;
}
