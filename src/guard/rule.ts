/** A rule of the guard. Rules are judged in the order of issue and documentation (docs/fraud-guard.md); the first that denies decides. */
import type { Refusal } from "../shared/refusal.ts";
import type { GuardAsk } from "../verification/guard-port.ts";

/** What a rule measured, for the log and `GET /v1/decisions`; no number, no address, no hash. */
export interface Figure {
  /** `starts`, `unverified`, `cost` …; closed, because it names metrics. */
  readonly name: string;
  readonly limit: number | null;
  /** In its window, without the delivery that is judged. */
  readonly count: number;
  /** Null: not limited in time. */
  readonly windowSeconds: number | null;
}

export type Verdict =
  /**
   * The recipient is trusted: rules that follow the mode (limits, learned thresholds) are not asked. Only of rules that know
   * it at once.
   */
  | { readonly kind: "trust" }
  /** Only by these channels, of those that were asked for. Of rules that are asked at last. */
  | { readonly kind: "narrow"; readonly channels: readonly string[] }
  /** It would be refused, and is only written down. */
  | { readonly kind: "record"; readonly figures: readonly Figure[] }
  /**
   * Another channel of the plan reaches the recipient more surely: the start begins with that one. Of rules that are asked
   * first.
   */
  | { readonly kind: "begin_with"; readonly channel: string }
  | {
      readonly kind: "deny" | "shadow";
      /** The answer to the app; of `shadow` only where no delivery can be simulated. */
      readonly refusal: Refusal;
      readonly figures?: readonly Figure[];
      /** What a person should know: for decisions, never for the app's answer. */
      readonly note?: string;
    };

/**
 * Whether a rule holds always (what an operator or the callee laid down), or follows `guard.mode` (`record`: it only says
 * what it would have done).
 */
export type Binding = "always" | "mode";

export interface GuardRule {
  /** In records, metrics and decisions: lower case and underscores, never renamed. */
  readonly name: string;
  readonly binding: Binding;
  /** What apps see in place of the name, where that would tell them something of the recipient. */
  readonly publicName?: string;
  /** Null: nothing against it. @throws {Refusal} where it cannot decide and must not guess: the delivery is refused so */
  judge(ask: GuardAsk): Verdict | null | Promise<Verdict | null>;
}
