/** What verification asks of the place where its state lives. Implemented by src/redis; the rules run there, atomically. */

import type { LastCall } from "../channels/missed-call/last-call.ts";
import type { Outcome } from "../telephony/calls/outcome.ts";
import type { CalleeRef } from "./hashes.ts";
import type { Event } from "./machine.ts";
import type { Status, Verification } from "./types.ts";

/** The caller ID, or the two, that may be shown for one code, as far as the store may know them. */
export interface Candidate {
  /** From `Hashes.callerId`: one for each call, in order. */
  readonly callerIdHashes: readonly string[];
  /** From `Hashes.code`. */
  readonly codeHash: string;
  /** May be told to the app. E.164 with the plus sign. */
  readonly prefix: string;
  /** Of all calls together. */
  readonly codeLength: number;
}

/** A code that is wanted: its first call, and the caller IDs of all its calls. */
export interface CallRequest {
  readonly nowMs: number;
  readonly app: string;
  readonly id: string;
  readonly callee: CalleeRef;
  /** How many calls tell the code, each with another caller ID: 1 or 2. */
  readonly calls: number;
  /** In random order: the first of whose caller IDs none rests for this callee is taken. */
  readonly candidates: readonly Candidate[];
  /** With more caller IDs than this resting for the callee, no call is placed. */
  readonly maxCoolingDown: number;
  /** After this time a call that nobody heard of is taken for lost; where another follows, until that is placed. */
  readonly longestCallMs: number;
}

/** The second call of a code, whose caller ID was leased with the first. */
export interface NextCall {
  readonly nowMs: number;
  readonly app: string;
  readonly id: string;
  /** The call before it. */
  readonly attempt: number;
  readonly longestCallMs: number;
}

/** The first call of a new verification. */
export interface StartCall extends CallRequest {
  /** E.164 with the plus sign. */
  readonly to: string;
  readonly country: string;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** Which limit of the callee stands against a call. */
export type CalleeLimit = "wrong_checks" | "live_call" | "gap" | "hourly_starts";

/** A verification as a script left it. */
export interface Seen {
  readonly verification: Verification;
  /** Whether this very script ended it, so that its end is reported exactly once. */
  readonly endedNow: boolean;
}

/** A verification with this id was started before: place nothing. */
export type Exists = { readonly kind: "exists" } & Seen;

/** The answer to a wanted call. Whatever is not `placed` changed nothing for the callee. */
export type Placement =
  /** The caller ID of this candidate (0 = first) is leased: place the call. */
  | { readonly kind: "placed"; readonly candidate: number; readonly verification: Verification }
  /** Each of the candidates rests for this callee; `resting` caller IDs do. */
  | { readonly kind: "all_cooling_down"; readonly resting: number }
  | { readonly kind: "capacity"; readonly retryAfterMs: number }
  | { readonly kind: "limited"; readonly limit: CalleeLimit; readonly retryAfterMs: number }
  | { readonly kind: "not_found" }
  | ({ readonly kind: "ended" } & Seen);

/** `placed`: now it may ring. `stale`: there is no such call to place, or another one goes to this callee. */
export type NextPlacement =
  | { readonly kind: "placed"; readonly verification: Verification }
  | { readonly kind: "stale" }
  | { readonly kind: "not_found" }
  | ({ readonly kind: "ended" } & Seen);

export type CheckResult =
  /** Wrong, and it goes on. */
  | { readonly kind: "checked"; readonly status: Status; readonly checksLeft: number }
  /** Right, or wrong for the last time: that ended it. */
  | ({ readonly kind: "decided"; readonly valid: boolean } & Seen)
  /** The guess has another length than the code: not counted. */
  | { readonly kind: "wrong_length"; readonly codeLength: number }
  /** Too many wrong checks for this callee in the window: not compared. */
  | { readonly kind: "limited"; readonly retryAfterMs: number }
  | { readonly kind: "not_found" }
  | ({ readonly kind: "ended" } & Seen);

/** Something that happened to a verification, or with `event` null nothing: then only deadlines are looked at. */
export interface Change {
  readonly nowMs: number;
  readonly app: string;
  readonly id: string;
  /** For events of a call: which. Those of an older call are ignored. Null for events of no call. */
  readonly attempt: number | null;
  readonly event: Event | null;
  readonly reason: Outcome | null;
  /** What is known of the call that this ended; it is kept whatever the verification became meanwhile. */
  readonly lastCall?: LastCall | null;
  /** Nobody saw the call end: it may still ring, so that no other is placed to this callee until its time is over. */
  readonly mayStillRing?: boolean;
}

export type ChangeResult =
  | ({ readonly kind: "seen" } & Seen)
  /** The answer to news of a call, unless that ended the verification: it comes three times a call, so it is short. */
  | { readonly kind: "noted"; readonly status: Status; readonly callsDelivered: number }
  | { readonly kind: "not_found" };

export type Reservation =
  | { readonly kind: "new" }
  /** The same request was made before; with its answer, unless that is still being worked out. */
  | { readonly kind: "known"; readonly id: string; readonly answer: string | null }
  /** Another request has this key. */
  | { readonly kind: "reused" };

/** One Idempotency-Key in use. */
export interface IdempotentRequest {
  /** From `Hashes.idempotencyKey`. */
  readonly key: string;
  /** From `Hashes.fingerprint`. */
  readonly fingerprint: string;
  /** The verification that it starts. */
  readonly id: string;
}

/**
 * Every method is one atomic step; every method throws `Refusal("store_unavailable")` where the store gave no answer.
 * Then nobody knows whether the step was taken: nothing may be placed, and nothing counts as verified.
 * Deadlines (of the call, of the verification) are applied before anything else.
 */
export interface VerificationStore {
  start(call: StartCall): Promise<Placement | Exists>;
  resend(call: CallRequest): Promise<Placement>;
  nextCall(call: NextCall): Promise<NextPlacement>;
  /** @param guess hash of the code and its length in digits */
  check(nowMs: number, app: string, id: string, guess: { codeHash: string; codeLength: number }): Promise<CheckResult>;
  change(change: Change): Promise<ChangeResult>;
  reserve(request: IdempotentRequest): Promise<Reservation>;
  /** Keeps the answer, unless one is kept already; returns the one that stands. */
  keepAnswer(request: IdempotentRequest, answer: string): Promise<string>;
  /** Forgets a request that came to nothing. */
  release(request: IdempotentRequest): Promise<void>;
}
