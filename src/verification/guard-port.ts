/**
 * The port from verification to the guard (src/guard): one decision before each delivery, before anything is reserved for it
 * and before it costs anything.
 */
import type { Network } from "../numbers/networks/types.ts";
import type { Refusal } from "../shared/refusal.ts";
import type { CalleeRef } from "./hashes.ts";
import type { BeginDelivery } from "./store-port.ts";
import type { ClientRef, ProofKind, Verification } from "./types.ts";

/** The delivery that is to begin. */
export interface GuardAsk {
  readonly app: string;
  readonly mode: BeginDelivery["mode"];
  readonly verificationId: string;
  /** Its recipient in the canonical form. */
  readonly to: string;
  /** ISO 3166; null where the recipient has none. */
  readonly country: string | null;
  /** Of `to`. */
  readonly callee: CalleeRef;
  /** As of the delivery's order. */
  readonly network?: Network | null;
  readonly channel: string;
  readonly proves: ProofKind;
  /** False: nothing reaches out to the recipient, who acts alone (`ChannelModule.contacts`). */
  readonly contacts: boolean;
  /** The channels of the whole workflow in their order, of a start; else this one alone. */
  readonly planned: readonly string[];
  /** Whether a start may begin with another channel of the plan: not where the request names them. Without it: no. */
  readonly mayReorder?: boolean;
  /** Rules that the app's start overrides, of those that an app may; without it none. */
  readonly override?: readonly string[];
  /** The app's own, of a start; else null. */
  readonly reference: string | null;
  /** The most that it may cost in the operator's currency, by configured prices; null: none is configured. */
  readonly cost: number | null;
  /** Of the verification's start; null: none was given. */
  readonly client: ClientRef | null;
  /** Whether the app gave the code: what is proven by it teaches nothing. */
  readonly appCode: boolean;
  /** A test number's: never counted. */
  readonly test: boolean;
}

interface Decided {
  /** Name of the rule that decided, kept with the delivery; null: none did, as of nearly all that are allowed. */
  readonly decision: string | null;
}

export type GuardDecision =
  /**
   * @property counted what was counted for it, kept with the delivery; null: nothing that can be settled
   * @property channels those that the verification is narrowed to; left out: as it was asked for
   */
  | (Decided & {
      readonly kind: "allow";
      readonly counted: GuardCount | null;
      readonly channels?: readonly string[];
    })
  /** A start begins with another channel of its plan. */
  | (Decided & { readonly kind: "begin_with"; readonly channel: string })
  | (Decided & { readonly kind: "deny"; readonly refusal: Refusal })
  /** A delivery that looks like any other is simulated. @property refusal where none can be */
  | (Decided & { readonly kind: "shadow"; readonly refusal: Refusal });

/** What an allowed delivery was counted with. */
export interface GuardCount {
  /** In millionths of the operator's currency; for the caps. */
  readonly costMicros: number;
  /** Whether it counts for limits and thresholds too: not where one of those is reached and only recorded. */
  readonly scopes: boolean;
}

export interface Guard {
  /** @throws {Refusal} `store_unavailable` never: without the counter store a local limit decides */
  decide(ask: GuardAsk): Promise<GuardDecision>;
  /** The delivery that it allowed was not begun after all: it counts for nothing. Never throws. */
  notBegun(ask: GuardAsk, counted: GuardCount): void;
  /** A verification ended; called once. Never throws. */
  ended(verification: Verification): void;
}

/** Allows every delivery: a gateway without a guard. */
export const noGuard: Guard = {
  decide: async () => ({ kind: "allow", decision: null, counted: null }),
  notBegun: () => undefined,
  ended: () => undefined,
};
