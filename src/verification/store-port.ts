/** The port from verification to the store of its state (src/redis). The rules run there, each as one atomic step. */
import type { ProfileBounds } from "../apps/bounds.ts";
import type { CalleeRef } from "./hashes.ts";
import type { Status } from "./machine.ts";
import type { ClientRef, Delivery, PlannedStep, Simulated, Verification } from "./types.ts";

/** A channel's own arguments of one of its scripts. */
export type ScriptArgs = readonly (string | number)[];

/** What a new verification has beside its first delivery. */
export interface PlannedWorkflow {
  /** One, where there is no workflow. */
  readonly steps: readonly PlannedStep[];
  /** Whether a step by waiting to a channel that costs money needs a sign of a person. */
  readonly person: boolean;
  readonly locale: string | null;
  readonly sealedCode: string | null;
  /** As `Verification.sealedSession`. */
  readonly sealedSession: string | null;
  /** The steps before the one that begins: they were refused. */
  readonly refused: readonly { readonly channel: string; readonly to: string | null; readonly reason: string }[];
}

/** The common arguments of every channel's start. */
export interface BeginDelivery extends Pick<Delivery, "network"> {
  /**
   * `new`: the first delivery of a new verification. `again`: another one of a verification that goes on, by choice. `step`:
   * the next step of its workflow.
   */
  readonly mode: "new" | "again" | "step";
  readonly app: string;
  readonly id: string;
  readonly channel: string;
  readonly callee: CalleeRef;
  readonly to: string;
  readonly country: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  /** From `Hashes.session`. */
  readonly session: string | null;
  /** Price of the delivery; null: none is configured. */
  readonly cost: number | null;
  /** This delivery's own; null: the verification's `to`. */
  readonly recipient: { readonly to: string; readonly callee: CalleeRef } | null;
  /** The number of its step, from 0; null: none. */
  readonly step: number | null;
  /** Both of a new verification; null: it has nothing of it. */
  readonly workflow: PlannedWorkflow | null;
  readonly client: ClientRef | null;
  /** The rule that decided, and what the guard counted. */
  readonly guard: { readonly decision: string | null; readonly micros: number | null } | null;
  /** Of the app's profile; without it as the gateway. */
  readonly bounds?: Pick<ProfileBounds, "ttlMs" | "maxChecks" | "maxDeliveries">;
  /** Null: a real one, by the channel's own start script. */
  readonly simulated: Simulated | null;
}

/** The limit that blocks a delivery: the callee's, or the verification's own (`deliveries`). */
export type CalleeLimit = "wrong_checks" | "live_call" | "gap" | "hourly_starts" | "channel_cap" | "deliveries";

export type Limit = { readonly limit: CalleeLimit; readonly retryAfterMs: number };

/** A verification after a script. */
export interface Seen {
  readonly verification: Verification;
  /** Whether this script run ended it, so that its end is reported exactly once. */
  readonly endedNow: boolean;
}

/** The reply of a script that began no delivery. */
export type NotBegun =
  | ({ readonly kind: "limited" } & Limit)
  /** The channel's own reason, and a figure that goes with it. */
  | { readonly kind: "refused"; readonly why: string; readonly figure: number }
  | { readonly kind: "not_found" }
  /** The step was begun already. */
  | { readonly kind: "stale" }
  /** The app's own code was first sent too long ago. */
  | { readonly kind: "code_too_old" }
  | ({ readonly kind: "ended" } & Seen);

export type BeginAnswer =
  /** @property choice which of the offers was taken (0 = first) */
  | { readonly kind: "begun"; readonly choice: number; readonly verification: Verification }
  /** A verification with this id was started before: no delivery is begun. */
  | ({ readonly kind: "exists" } & Seen)
  | NotBegun;

/** The answer of a channel's other scripts. */
export type ScriptAnswer = BeginAnswer | ({ readonly kind: "seen" } & Seen) | Taken;
/** Which of what was offered for a callee was taken (0 = first). */
export type Taken = { readonly kind: "taken"; readonly choice: number };

export type CheckResult =
  /** Wrong, and the verification stays open: it is `shared` where a step has another recipient, whose limits lie elsewhere. */
  | {
      readonly kind: "checked";
      readonly status: Status;
      readonly checksLeft: number;
      readonly simulated: Simulated | null;
      readonly shared: Verification | null;
    }
  /** Right, or wrong for the last time: that ended it. */
  | ({ readonly kind: "decided"; readonly valid: boolean } & Seen)
  /** No open code is as long as the guess: not counted. The length is the newest code's. */
  | { readonly kind: "wrong_length"; readonly codeLength: number }
  /** There is no code to type. */
  | { readonly kind: "no_code" }
  /** Too many wrong checks for this callee in the window: not compared. */
  | { readonly kind: "limited"; readonly retryAfterMs: number }
  | { readonly kind: "not_found" }
  | ({ readonly kind: "ended" } & Seen);

/** An event of a verification's newest delivery. */
export interface DeliveryChange {
  readonly app: string;
  readonly id: string;
  /** Its attempt; an update of an older one changes that delivery alone. */
  readonly attempt: number;
  /** Of the channel's `DeliveryMachine`. */
  readonly event: string;
  readonly reason: string | null;
  /** Its result as JSON; stored regardless of the verification's status. */
  readonly result?: unknown;
  /** Its end was not seen: it may still reach the callee, so no other begins until its deadline. */
  readonly mayStillRing?: boolean;
  /** Expected time until it is over: the Retry-After of clients that are refused until then. Null: unchanged. */
  readonly remainingMs?: number | null;
  /** Its price where that was known only after the start; null: none is configured for the way it went. Left out: unchanged. */
  readonly cost?: number | null;
}

export type ChangeResult =
  | ({ readonly kind: "seen" } & Seen)
  /** The verification stays open. Sent three times per call, so it is short. */
  | {
      readonly kind: "noted";
      readonly status: Status;
      readonly partsDelivered: number;
      /** 0 where nothing changed. */
      readonly seq: number;
      /** The step that follows at once and is this gateway's to begin; null: none. */
      readonly step: number | null;
      /** Of the newest delivery. */
      readonly channel: string;
      readonly state: string;
    }
  | { readonly kind: "not_found" };

export type EraseResult =
  | { readonly kind: "erased" }
  /** There is none. */
  | { readonly kind: "gone" }
  /** It has not ended. */
  | { readonly kind: "open"; readonly app: string }
  /** It has ended, its call has not. */
  | { readonly kind: "live" };

export type KeyReservation =
  | { readonly kind: "new" }
  /** The same request was made before, for this verification. */
  | {
      readonly kind: "known";
      readonly id: string;
      /** Whether so much time has passed that the store may have kept it and forgotten it. */
      readonly mayBeForgotten: boolean;
    }
  /** Another request has this key. */
  | { readonly kind: "reused" };

/** The next step of a workflow, leased to this gateway for 3 s. */
export interface DueStep {
  readonly step: number;
  readonly verification: Verification;
}

export type SettledDue = { seen: readonly Seen[]; steps: readonly DueStep[]; left: number; more: boolean };

/** A step that was refused: it becomes a failed delivery. */
export interface RefusedStep {
  readonly app: string;
  readonly id: string;
  readonly step: number;
  readonly channel: string;
  /** Null: the verification's `to`. */
  readonly to: string | null;
  readonly reason: string;
}

/** A delivery to a callee other than the verification's own, whose limits lie elsewhere. */
export interface CalleeShare {
  readonly app: string;
  readonly callee: CalleeRef;
  readonly id: string;
  readonly channel: string;
}

/** One Idempotency-Key in use. */
export interface IdempotentRequest {
  /** From `Hashes.idempotencyKey`. */
  readonly key: string;
  /** From `Hashes.fingerprint`. */
  readonly fingerprint: string;
  /** The verification that it starts. */
  readonly id: string;
}

/** The open verifications of one app for one callee. */
export interface OpenVerification {
  readonly id: string;
  /** From `Hashes.session`; null where the start named none. */
  readonly session: string | null;
  /** Without it: not. */
  readonly simulated?: Simulated | null;
}

/**
 * Every method is one atomic step; every method throws `Refusal("store_unavailable")` where the store did not answer.
 * Then it is unknown whether the step was executed: no delivery may be started, and nothing counts as verified.
 * Deadlines (of the delivery, of the verification) are applied before anything else, by the store's own clock.
 */
export interface VerificationStore {
  /** Runs the channel's start script, or that of simulated deliveries (redis/lua/begin_simulated.lua). */
  begin(delivery: BeginDelivery, args: ScriptArgs): Promise<BeginAnswer>;
  /** Runs another script of a channel on a verification. */
  run(
    channel: string,
    script: string,
    verification: { app: string; id: string },
    args: ScriptArgs,
  ): Promise<ScriptAnswer>;
  /** Runs another script of a channel on the callee's key `name`. */
  runOnCallee(
    channel: string,
    script: string,
    callee: CalleeRef,
    name: string,
    args: ScriptArgs,
  ): Promise<ScriptAnswer>;
  /** The limit that blocks a delivery with this many attempts to this callee now, without beginning one; null: none. */
  limitOn(app: string, callee: CalleeRef, attempts: number): Promise<Limit | null>;
  /**
   * Reserves the delivery's start and the wrong checks of its code, as a lease that ends by itself.
   * @returns the limit that blocks it, or whether an earlier delivery of the verification holds the wrong checks already
   */
  reserveCallee(
    share: CalleeShare & { readonly automatic: boolean; readonly codeMs: number; readonly rings: boolean },
  ): Promise<Limit | { readonly renewed: boolean }>;
  /** The delivery with this token began (`ringMs`: its phone may ring so long), its call is over, or it was refused. */
  settleCallee(
    share: CalleeShare,
    result:
      | ({ readonly token: string } & ({ readonly how: "begun"; readonly ringMs: number } | { readonly how: "over" }))
      | { readonly how: "refused"; readonly renewed: boolean },
  ): Promise<void>;
  /** Counts the wrong checks that its verification has made so far. @param ended it makes no more: what was reserved is free */
  countCallee(share: CalleeShare, wrongChecks: number, ended: boolean): Promise<void>;
  /** @param person a person asks: noted where the next step depends on it */
  read(
    app: string,
    id: string,
    person?: boolean,
  ): Promise<({ readonly kind: "seen" } & Seen) | { readonly kind: "not_found" }>;
  check(
    app: string,
    id: string,
    guess: {
      readonly codeHash: string;
      readonly codeLength: number;
      /** A guess of another length is counted as wrong. */
      readonly byNumber?: boolean;
    },
  ): Promise<CheckResult>;
  change(change: DeliveryChange): Promise<ChangeResult>;
  refuseStep(refused: RefusedStep): Promise<ChangeResult | { readonly kind: "stale" }>;
  cancel(app: string, id: string): Promise<({ readonly kind: "seen" } & Seen) | { readonly kind: "not_found" }>;
  /**
   * Erases a verification that has ended; a repeated request with its Idempotency-Key does not begin it again.
   * @param force also while a call of it is not over: what is reported of it later finds nothing
   */
  erase(id: string, force: boolean): Promise<EraseResult>;
  findOpen(app: string, callee: CalleeRef): Promise<readonly OpenVerification[]>;
  /** Counts a check of a number without an open verification. @returns the count in the window, including this one */
  countBlindCheck(app: string, callee: CalleeRef): Promise<number>;
  /**
   * Handles due items, whichever gateway began them.
   * @param takesSteps whether this gateway begins steps: one that stops does not
   * @param passedOver how many of the first are not looked at: those that were `left` before
   * @returns those that this step ended, the workflow steps that this gateway is to begin, how many are due still because it
   *   cannot handle them, and whether more may be due behind them
   */
  settleDue(shard: number, most: number, takesSteps: boolean, passedOver: number): Promise<SettledDue>;
  /** How many shards `settleDue` has. */
  readonly shards: number;
  /** Which of them a verification is in. */
  shardOf(id: string): number;
  reserve(request: IdempotentRequest): Promise<KeyReservation>;
  /** Removes the reservation of a refused request. @returns false where it stays, because the request was repeated meanwhile */
  release(request: IdempotentRequest): Promise<boolean>;
}
