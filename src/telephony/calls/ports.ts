/** The port from verification to telephony, given a slot (trunks/slots-port.ts): a short unanswered call and its result. */
import type { ChannelSlot } from "../trunks/slots-port.ts";
import type { Outcome } from "./outcome.ts";

/** One short call: may take several attempts (INVITEs), one trunk after another. */
export interface Call {
  readonly callId: string;
  /** E.164 with the plus sign. */
  readonly callee: string;
  /** E.164 with the plus sign. Secret until the verification ended. */
  readonly callerId: string;
  /** Which range the caller ID is of: where the first trunk fails, another that may present it is tried. */
  readonly range: string;
  /** Owned by the dialer from now on. */
  readonly slot: ChannelSlot;
  /** Ring time in milliseconds, at most `calls.ring_ms`, which holds without it. Not of a call with `keep`. */
  readonly ringMs?: number;
  /** How it is kept when it is answered; without it an answered call is hung up at once. */
  readonly keep?: KeptCall;
  /** It only asks whether the phone can be reached: it is canceled at the first sign of it. Not of a call with `keep`. */
  readonly probe?: ProbeCall;
}

/** The limits of a call that is canceled at the first sign of the phone. */
export interface ProbeCall {
  /** From INVITE to our CANCEL where no sign comes, in milliseconds; at most `calls.setup_limit_ms`. */
  readonly setupLimitMs: number;
  /** Trunks whose 183 is such a sign; on all others only a 180 is. */
  readonly endsOn183: readonly string[];
  /** It takes a channel slot only while less than this share of the trunk's is taken. */
  readonly sparePercent: number;
}

/** The limits of a call that is to be answered. */
export interface KeptCall {
  /** Ring time: from the first 180 to our CANCEL, in milliseconds. */
  readonly ringMs: number;
  /** From the answer to our hang-up, at the latest. */
  readonly talkMs: number;
  /** Whether this Asterisk can serve the call: where a trunk fails, another path is tried. */
  readonly canServe: (asterisk: string) => boolean;
}

/** How a playback ended; `over`: the call or Asterisk ended it. */
export type PlaybackEnd = "complete" | "stopped" | "failed" | "over";

/** A call that was answered, as long as it is up. Everything on it ends within its `talkMs`. */
export interface AnsweredCall {
  /** The languages in which its Asterisk has a sound; see `MediaControl.languagesOf`. */
  languagesOf(sound: string): ReadonlySet<string>;
  /** Plays sounds, one after the other; one playback at a time. Never rejects. */
  play(sounds: readonly string[], language: string): Promise<PlaybackEnd>;
  /** Stops the playback in progress. */
  stopPlaying(): void;
  /** Sets the one receiver of keys. */
  onKey(receiver: (key: string) => void): void;
  /** Waits; resolves at once where the call is over. @returns false where the call is over */
  pause(ms: number): Promise<boolean>;
  readonly over: boolean;
  /** Hangs up. */
  finish(): void;
}

/** Observes the progress of a call. Each callback is called at most once, in this order, and never after `ended`. */
export interface CallObserver {
  /** Asterisk accepted the call: the INVITE is in progress. */
  calling(): void;
  /** The phone rings (180, or 183 where the trunk's `ring_on` says so). */
  ringing(): void;
  /** Only of a call with `keep`: it was answered, and sounds can be played. */
  answered?(call: AnsweredCall): void;
  ended(result: CallResult): void;
}

/** One INVITE of a call, and how it ended. */
export interface CallAttempt {
  readonly trunk: string;
  readonly asterisk: string;
  readonly outcome: Outcome;
}

export interface CallResult {
  readonly outcome: Outcome;
  /** Whether the far end signalled alerting: the callee may have seen the call. */
  readonly alerted: boolean;
  /** Whether a 183 came: ringing on trunks with `ring_on: "180+183"`, on others music or an announcement. */
  readonly progress: boolean;
  /** INVITE to first 180, on the wire where the SIP capture saw it; null without one. Milliseconds. */
  readonly postDialDelayMs: number | null;
  /** First 180 to the end (on the wire: to our CANCEL or the final response); null without one. Milliseconds. */
  readonly ringMs: number | null;
  /** From the answer to the end; undefined without an answer. Milliseconds. */
  readonly talkMs?: number;
  /** Final SIP status where known. */
  readonly sipStatus: number | null;
  /** The carrier's own Q.850 cause where the SIP capture saw one, else Asterisk's; null where the call never existed. */
  readonly q850Cause: number | null;
  /**
   * `unknown`: no final response of the far end was seen: Asterisk was lost, or ended the call with a final of its own
   * because a connection broke. Unless `inviteOver`, a phone may still ring.
   */
  readonly endedBy: "far_end" | "us" | "unknown";
  /** The source of this result: SIP messages that the capture saw, or Asterisk's events alone. */
  readonly source: "sip" | "events";
  /** Answered with no alerting before: voicemail, call screening, or false answer supervision (FAS). */
  readonly falseAnswer: boolean;
  /** The trunk gave no response at all, not even 100 Trying; false where unknown. */
  readonly silent: boolean;
  /**
   * No INVITE of this call can make a phone ring any more: its final response was seen, or none was ever sent. False
   * where that is uncertain.
   */
  readonly inviteOver: boolean;
  /**
   * The gateway's own SIP, which sees every message, saw no final response, not even after our CANCEL. Left out where an
   * Asterisk is in between: it reports our hang-up as the end.
   */
  readonly finalMissing?: true;
  /** Call analytics of a network blocked the caller ID: the 603 of ATIS-1000099 ("603+"). */
  readonly networkBlocked: boolean;
  /** Where the caller ID's operator can appeal the block, without query and longer numbers; null where none was given. */
  readonly redressUrl: string | null;
  /** Retry-After of a final 503 in seconds, where the SIP capture saw one (RFC 3261 section 21.5.4). */
  readonly retryAfterSeconds?: number | null;
  /** Every INVITE in order; empty where none was sent. */
  readonly attempts: readonly CallAttempt[];
}

export interface Dialer {
  /**
   * Longest that a call can take from `place` to `ended`: queue, set-up limit, ring time, hang-up and a margin, in
   * milliseconds. A call that has not ended by then was lost with its gateway. It is a bound for locks and leases; the wait
   * that is reported to a client is `remainingMs`.
   */
  readonly longestCallMs: number;
  /** Longest remaining duration of a call that just reached this phase, while its gateway and Asterisk work. */
  readonly remainingMs: RemainingMs;
  /** The same two of a call with `keep` or `probe`. */
  limitsOf(kind: KeptCall | ProbeCall): Pick<Dialer, "longestCallMs" | "remainingMs">;
  /** Places the call; never throws: errors become the call's outcome. Returns at once. */
  place(call: Call, observer: CallObserver): void;
  /** Ends the call as soon as possible; its outcome becomes `canceled` if it had not ended. */
  cancel(callId: string): void;
  /** How many calls are up. */
  readonly liveCalls: number;
  /** Resolves when no call is up; after `graceMs` the remaining calls are canceled. */
  drain(graceMs: number): Promise<void>;
}

/** Milliseconds from the beginning of a phase to the end of the call. */
export interface RemainingMs {
  /** From `place`, the wait for a slot included, until the INVITE's set-up limit, ring time and hang-up are over. */
  readonly calling: number;
  /** From the first 180. */
  readonly ringing: number;
  /** From the answer of a call that is kept. */
  readonly answered?: number;
}
