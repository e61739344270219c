/** Lookup's port, and what it asks of the parts that a gateway may have: each is left out where it is off. */
import type { Network } from "../networks/types.ts";
import type { CalleeBounds, NumberFacts } from "../types.ts";
import type { HealthView } from "./health-view.ts";
import type { LiveView, LookupResult, Suggestion } from "./types.ts";

export interface LookupAsk {
  /** As typed. */
  readonly input: string;
  /** ISO 3166, of national format; null: the configured default. */
  readonly country: string | null;
  /** Name of the app that asks. */
  readonly app: string;
  /** What narrows the configured policy for it. */
  readonly bounds: CalleeBounds | null;
  /** BCP 47 tags in order of preference; their regions also help where no country is given. */
  readonly languages: readonly string[];
  /** Whether to ask the network by a call. */
  readonly live: boolean;
  /** Aborted where the client no longer waits; left out: it waits. */
  readonly gone?: AbortSignal;
}

export type KnownAsk = Pick<LookupAsk, "input" | "country" | "bounds" | "languages">;

export interface Lookup {
  /**
   * All that is known of a number.
   * @throws {Refusal} where a live check was asked for and is not available or not permitted
   */
  look(ask: LookupAsk): Promise<LookupResult>;
  /** The same without asking a part: what the numbering plans and policy say. At once, never throws. */
  known(ask: KnownAsk): LookupResult;
  /**
   * Numbers that may have been meant by an input that is not valid; bounded work, never throws.
   * @param facts of the same input, country and bounds
   */
  suggest(ask: KnownAsk, facts: NumberFacts): readonly Suggestion[];
}

/** Its operator by number range, cache or a live source: within `budgetMs`, never throws. */
export interface NetworkPart {
  find(e164: string, budgetMs: number): Promise<Network | null>;
}

/** What deliveries taught of it, as this app may know it: never throws. */
export interface HealthPart {
  of(e164: string, app: string): Promise<HealthView | null>;
}

/** Asks the network by a call; never throws. */
export interface LivePart {
  check(ask: {
    readonly e164: string;
    readonly country: string | null;
    readonly app: string;
    readonly callable: boolean;
    readonly gone: AbortSignal;
  }): Promise<LiveView>;
}
