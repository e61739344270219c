/** The words of a verification. */

import type { AppIdentity } from "../apps/principal.ts";
import type { LastCall } from "../channels/missed-call/last-call.ts";
import type { Outcome } from "../telephony/calls/outcome.ts";

/** pending → calling → ringing → rung → verified | failed | expired | canceled | undeliverable */
export const statuses = [
  "pending",
  "calling",
  "ringing",
  "rung",
  "verified",
  "failed",
  "expired",
  "canceled",
  "undeliverable",
] as const;
export type Status = (typeof statuses)[number];

/** Who rings whom: we ring the callee once and the caller ID is the code, or the callee rings us. */
export const channels = ["missed_call", "call_in"] as const;
export type Channel = (typeof channels)[number];

/** One try to prove that somebody holds a number. Holds no code and no full caller ID, so it may be shown to the app. */
export interface Verification {
  readonly id: string;
  /** The tenant that started it; others get `verification_not_found`. */
  readonly app: string;
  /** Callee, E.164 with the plus sign. */
  readonly to: string;
  readonly country: string;
  readonly channel: Channel;
  /** The number of ours that the callee is to call, E.164; null where we call. */
  readonly callInNumber: string | null;
  readonly status: Status;
  /** How the last call went, once that is known. */
  readonly reason: Outcome | null;
  /** How many calls, each from another caller ID, tell one code: 1 or 2. With `call_in` there are none, and no code. */
  readonly calls: number;
  /** How many of them are over and may have been seen. */
  readonly callsDelivered: number;
  /** Digits of the code: the last digits of each caller ID, the first call's first. */
  readonly codeLength: number;
  /** What every caller ID it can be starts with, E.164 with the plus sign; the same for both calls. */
  readonly callerIdPrefix: string;
  readonly checksLeft: number;
  /** Calls placed so far: those of the first code, and as many again for each resend. */
  readonly attempts: number;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
  /** Evidence of the last call of this code that ended; null until one did. */
  readonly lastCall: LastCall | null;
}

/** What an app asks for. Already of the right shape (http/schemas), not yet judged. */
export interface StartRequest {
  readonly to: string;
  readonly country?: string;
  readonly channel?: Channel;
  /** 1 or 2; without it as many as `verification.min_calls` asks for. */
  readonly calls?: number;
  readonly codeLength?: number;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A guess: the code's digits, or the whole caller ID of each call as the phone showed it, the first call's first. */
export type Guess = { readonly code: string } | { readonly callerIds: readonly string[] };

export interface CheckAnswer {
  readonly id: string;
  readonly status: Status;
  readonly valid: boolean;
  readonly checksLeft: number;
}

/** The service that http/ and the sandbox use (src/verification/service.ts). Every method may throw a `Refusal`. */
/** Whoever waits for the answer to a start. */
export interface Asker {
  /** It waits no longer, so nobody would learn of the call: none is placed. */
  readonly gone: boolean;
}

export interface Verifications {
  /** With an idempotency key the same request gets the same answer for a day; another request with it is refused. */
  start(app: AppIdentity, request: StartRequest, idempotencyKey: string | null, asker?: Asker): Promise<Verification>;
  get(app: AppIdentity, id: string): Promise<Verification>;
  check(app: AppIdentity, id: string, guess: Guess): Promise<CheckAnswer>;
  resend(app: AppIdentity, id: string, asker?: Asker): Promise<Verification>;
  cancel(app: AppIdentity, id: string): Promise<Verification>;
}
