/**
 * The port to the store where all gateways count their messages together (src/redis/message-admission-store.ts), as they
 * count their calls: carriers limit messages per second for an account, not for one connection. The window is not shared:
 * it belongs to one connection (SMPP v3.4 §2.9).
 */

export interface BindLimits {
  /** Its own in the configuration: `<route>.<bind>`. */
  readonly name: string;
  /** TPS over all gateways. */
  readonly messagesPerSecond: number;
}

export type MessageTurn =
  /** On `binds[bind]`, in `waitMs`; further messages of the same reservation follow at its messages per second. */
  | { readonly kind: "taken"; readonly bind: number; readonly waitMs: number }
  /** Each bind is booked up to `maxWaitMs`; one may have room in `retryAfterMs`. */
  | { readonly kind: "full"; readonly retryAfterMs: number };

export interface TurnRequest {
  /** In order of preference; at least one. */
  readonly binds: readonly BindLimits[];
  /** So many in a row. */
  readonly messages: number;
  readonly maxWaitMs: number;
  readonly app: string;
  /** The app's share of a busy bind, relative to the other apps that send at the same time. */
  readonly weight: number;
  /** There are other apps, so none may take a whole bind. */
  readonly shares: boolean;
}

/** Every method throws `Refusal("store_unavailable")` where the store did not answer: then nothing may be sent. */
export interface MessageAdmission {
  /** Reserves time on the first bind that is free soon. */
  reserve(request: TurnRequest): Promise<MessageTurn>;
  /** Returns the time of messages that were not sent. */
  giveBack(bind: BindLimits, messages: number): Promise<void>;
}
