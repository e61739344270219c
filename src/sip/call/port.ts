/** The port of short calls: one INVITE (sent again where it is challenged), and everything that follows from it. */
import type { Credentials } from "../auth/port.ts";
import type { Evidence } from "../evidence.ts";
import type { NextHop } from "../location/port.ts";
import type { SipResponseMessage } from "../message.ts";
import type { HeaderLine, SentInvite, ServerTransaction } from "../transaction/port.ts";
import type { Flow, Target } from "../transport/port.ts";

export type { Credentials };

/** One call to place. All strings are ready for the wire: validated, escaped, without line breaks. */
export interface OutgoingCall {
  /** Becomes the Call-ID header's part before `@`. */
  readonly id: string;
  readonly hop: NextHop;
  /** Request-URI, for instance `sip:+447700900123@carrier.example`. */
  readonly uri: string;
  /** Values without tags: `<sip:+12025550147@our.example>`. */
  readonly from: string;
  readonly to: string;
  /** User part of our Contact. */
  readonly contactUser: string;
  /** Route, P-Asserted-Identity, Privacy, Diversion, Identity …; computed by the trunk's rules. */
  readonly headers: readonly HeaderLine[];
  readonly credentials?: Credentials;
  /** Whether `Supported: 100rel` is offered (RFC 3262). A reliable response gets its PRACK in either case. */
  readonly offers100rel?: boolean;
  /** Value of Expires (RFC 3261 section 20.19), in seconds: how long the carrier may try, where we do not come to cancel it. */
  readonly expiresSeconds: number;
  /** The call ends by itself after this time, also where `hangUp` never comes. */
  readonly limitMs: number;
}

export interface CallEnding {
  /** The far end's final status; null: none was seen. */
  readonly status: number | null;
  readonly phrase: string;
  /** First value of Reason with protocol Q.850. */
  readonly q850Cause: number | null;
  readonly evidence: Evidence;
  /**
   * Why there is no final response: the flow broke, Timer B; `never_sent`: no target took the INVITE; null where there is one.
   */
  readonly missing: "transport" | "timeout" | "never_sent" | null;
}

/**
 * Each at most once but `inviteOpen`, in this order; nothing after `ended`. Times are the
 * injected clock's milliseconds.
 */
export interface CallUser {
  /**
   * An INVITE was handed to a flow: once more after a challenge, or on the next target. In the same event-loop turn. From this
   * alone another process can cancel it: `TransactionLayer.takeOver`.
   */
  inviteOpen?(sent: SentInvite, target: Target): void;
  /** The INVITE was handed to a flow. */
  sent(atMs: number): void;
  /** First 183 with no 180 before. */
  progress(atMs: number): void;
  /** First 180. */
  alerting(atMs: number): void;
  /** A 2xx; it is acknowledged and hung up at once. */
  answered(atMs: number): void;
  ended(ending: CallEnding, atMs: number): void;
}

export interface SipCall {
  readonly sipCallId: string;
  /** CANCEL, or BYE where it is answered. Idempotent. */
  hangUp(): void;
}

/** The trunk that a call went over which is not known here any more. */
export interface StrayTrunk {
  readonly credentials?: Credentials | null | undefined;
  /** Left out: the far end of the flow. */
  readonly target?: Target;
}

export interface Caller {
  /** Never throws: what fails comes as `ended`. `sent` and `ended` may come before it returns. */
  place(call: OutgoingCall, user: CallUser): SipCall;
  /**
   * A request of the far end that no transaction knows. @returns false where it has no To tag, or a Call-ID of no call in
   * progress: it is not answered
   */
  receive(transaction: ServerTransaction, atMs: number): boolean;
  /**
   * A response that no transaction knows. Where it is a 2xx with a tag of ours, of a process that is gone or a call that ended
   * without it, it gets ACK and BYE, which is sent again where it is challenged or could not be passed on.
   * @param from of whose trunk it is, as far as that is known @returns whether it was
   */
  receiveStray(response: SipResponseMessage, flow: Flow, from?: StrayTrunk): boolean;
  readonly calls: number;
  /**
   * Ends all calls before the layers below stop. One with no INVITE alive is reported as ended; of the others nothing more is
   * reported, and other gateways are left to end them. None is placed afterwards.
   */
  stop(): void;
}
