/**
 * The port through which the dialer controls calls. Each driver (src/telephony/asterisk, src/telephony/sip-trunks) implements it for one
 * Asterisk interface and passes the same conformance suite.
 */

import type { Evidence } from "../../sip/evidence.ts";
import type { Invite } from "./invite.ts";

/** One INVITE to place. The gateway has validated every string in it; drivers check them again and send nothing else. */
export interface CallRequest {
  /** Unique; becomes Asterisk's channel id, so that placing the same call twice is refused. `^[A-Za-z0-9_-]{1,100}$`. */
  readonly callId: string;
  /** The PJSIP endpoint of the trunk. */
  readonly endpoint: string;
  /** Callee in the trunk's format, tech prefix included: see `isDialString`. */
  readonly callee: string;
  /** Caller ID in the trunk's format: see `isSignalledCallerId`. */
  readonly callerId: string;
  /** The same two in E.164, which a trunk's format may not show: for signatures of the caller ID (RFC 8225). */
  readonly e164?: { readonly callee: string; readonly callerId: string };
  /** Fail-safe: Asterisk ends the call by itself after this time if the gateway dies. Whole seconds. */
  readonly failSafeSeconds: number;
  /**
   * For a call that is kept after its answer: Asterisk ends it by itself after this time, counted from the originate. Whole
   * seconds. Without it the call is hung up as soon as it is answered.
   */
  readonly limitSeconds?: number;
}

/** Sounds that are played one after the other. */
export interface Playback {
  /** Names it in `played`; unique within its call. `^[a-z0-9]{1,20}$`. */
  readonly id: string;
  /** Names of sounds as Asterisk knows them, such as `digits/1`; at least one. */
  readonly sounds: readonly string[];
  /** As Asterisk names languages: `ru`, `pt_BR`. */
  readonly language: string;
}

/** What can be done with an answered call, where the driver's interface has it. */
export interface MediaControl {
  /** Plays sounds on a call that is `ready`. @throws {Error} where Asterisk refuses or does not answer in time */
  play(callId: string, playback: Playback): Promise<void>;
  /**
   * Stops a playback. @returns false where it was over already: `played` was sent, and perhaps lost with a connection
   * @throws {Error} where Asterisk does not answer in time
   */
  stopPlayback(callId: string, playbackId: string): Promise<boolean>;
  /** The languages in which Asterisk has a sound of its `watchedSounds`; none before its list was read. */
  languagesOf(sound: string): ReadonlySet<string>;
}

/** Which of the two ends hung up: it decides what a cause means (Asterisk generates 19 / 480 for our own hang-ups). */
export type EndedBy = "far_end" | "us";

/** The last response to an INVITE; `status` 0: there was none. `phrase` is the carrier's text, at most 64 characters. */
export interface LastResponse {
  readonly status: number;
  readonly phrase: string;
}

/** What happens to a call. Times are the injected clock's milliseconds at receipt. */
export type CallEvent =
  /** The far end sent a 183 with no 180 before. */
  | { readonly type: "progress"; readonly callId: string; readonly atMs: number }
  /** The far end sent its first 180. */
  | { readonly type: "alerting"; readonly callId: string; readonly atMs: number }
  /** The far end sent a 200. */
  | { readonly type: "answered"; readonly callId: string; readonly atMs: number }
  /** After `answered`: sounds can be played now. */
  | { readonly type: "ready"; readonly callId: string; readonly atMs: number }
  /** The callee pressed a key: one of 0–9, *, #, A–D. */
  | { readonly type: "key"; readonly callId: string; readonly atMs: number; readonly key: string }
  /** A playback is over. `complete`: Asterisk did not fail; one that was stopped may say so too. */
  | {
      readonly type: "played";
      readonly callId: string;
      readonly atMs: number;
      readonly playbackId: string;
      readonly complete: boolean;
    }
  /**
   * The call is gone. `q850Cause` is Asterisk's cause, null where there is none; `sipStatus` the final SIP status, where this
   * Asterisk reports it; `sipCallId` the Call-ID header of the INVITE, where this driver can know it: by it the SIP capture
   * finds its evidence. `lastResponse` is what the far end sent last; null where this Asterisk does not report it
   * (`channelvars`). `evidence` is that of a driver that sends the SIP messages itself; the capture is then not asked.
   */
  | {
      readonly type: "ended";
      readonly callId: string;
      readonly atMs: number;
      readonly q850Cause: number | null;
      readonly sipStatus: number | null;
      readonly sipCallId: string | null;
      readonly lastResponse: LastResponse | null;
      readonly evidence?: Evidence;
    }
  /** No further events of this call will arrive: the connection or Asterisk itself was lost. */
  | { readonly type: "lost"; readonly callId: string; readonly atMs: number };

/**
 * An inbound call on a trunk. The driver rejects every one at once, unanswered and so free of charge, and then reports it.
 */
export interface InboundCall {
  /** The PJSIP endpoint of the call. */
  readonly endpoint: string;
  /**
   * The parts of its INVITE that the dialplan passed on: untrusted. `unreadable`: incomplete or missing. `forged`: it came over AMI
   * without the dialplan's secret, so the call may not exist.
   */
  readonly invite: Invite | "unreadable" | "forged";
  readonly atMs: number;
}

/** Why a call was not placed. */
export type OriginateRefusal =
  /** Not connected to Asterisk, or it did not answer within the deadline. The call may or may not exist: never place it again. */
  | "not_connected"
  | "no_response"
  /** Asterisk has no such endpoint, or none of its contacts can be reached: nothing was sent. */
  | "trunk_down"
  /** A call with this id already exists. */
  | "duplicate"
  /** Asterisk refused the request for another reason. */
  | "refused";

export class OriginateError extends Error {
  readonly refusal: OriginateRefusal;
  constructor(refusal: OriginateRefusal, detail: string) {
    super(`call was not placed: ${refusal} (${detail})`);
    this.name = "OriginateError";
    this.refusal = refusal;
  }
}

export interface CallControl {
  /** Connects and keeps connecting for ever with back-off; resolves after the first attempt, whether it worked or not. */
  start(): Promise<void>;
  /** Closes the connection. Calls that are still up are left to their fail-safe; the dialer ends them before. */
  stop(): Promise<void>;
  /** Whether a call can be placed now: connected, events flowing, reconciled. */
  readonly connected: boolean;
  /** Null: this driver's interface cannot play sounds or report keys, so no call is kept after its answer. */
  readonly media: MediaControl | null;
  /**
   * Whether a call can be ended before `originate` has resolved: it is then not placed (`trunk_down`), or ended at once. Left
   * out: it has to wait for that.
   */
  readonly hangsUpEarly?: boolean;
  /** Places a call. @throws {OriginateError} */
  originate(request: CallRequest): Promise<void>;
  /** Ends a call; resolves also when it is already gone. @throws {Error} where Asterisk did not answer in time. */
  hangup(callId: string): Promise<void>;
  /** Sets the one receiver of events. A receiver that throws does not disturb the driver. */
  onEvent(receiver: (event: CallEvent) => void): void;
  /** Sets the one receiver of inbound calls, which are rejected with or without a receiver. */
  onInbound(receiver: (call: InboundCall) => void): void;
  /** Sets the one receiver of connection changes. */
  onConnection(receiver: (connected: boolean) => void): void;
}
