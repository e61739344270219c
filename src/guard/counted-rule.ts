/** A rule that counts: what it limits is one scope, which it names for a delivery. All are judged by one script, in their order. */
import type { GuardAsk } from "../verification/guard-port.ts";
import type { ScopeBucket } from "./counter-port.ts";

export interface CountedRule {
  /** Decisions are called `<name>_limit` and `<name>_learned`. */
  readonly name: string;
  /** Null: it does not apply to this delivery. */
  scope(ask: CountedAsk): ScopeBucket | null;
}

/** What scopes are named by; the same of a delivery and of a verification that has ended. */
export type CountedAsk = Pick<GuardAsk, "to" | "country" | "proves" | "client" | "network">;

/** A keyed hash, because the counters hold no number and no address. @param kind a constant */
export type HashScope = (kind: string, text: string) => string;

export const unlimited = { perHour: 0, perDay: 0 } as const;
export const notLearned = { dayFloor: 0, hourFloor: 0 } as const;
