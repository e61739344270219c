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

/** Every method throws `Refusal("store_unavailable")` where the store did not answer: then nothing may be sent. */
export interface MessageAdmission {
  /**
   * Reserves the time of so many messages in a row on the first bind that is free soon.
   * @param binds in order of preference; at least one
   */
  reserve(binds: readonly BindLimits[], messages: number, maxWaitMs: number): Promise<MessageTurn>;
  /** Returns the time of messages that were not sent. */
  giveBack(bind: BindLimits, messages: number): Promise<void>;
}
