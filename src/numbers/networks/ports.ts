/** The port from everything that asks for a callee's network to what knows it. */
import type { Network } from "./types.ts";

export type FindPurpose = "delivery" | "lookup";

export interface Networks {
  /**
   * What is known at once: of the configured sources in their order (the operator's ranges, answers that are cached), else by
   * the number's range. Takes microseconds; a country's ranges are read from disk when the first number of it is asked for.
   * @param e164 with the plus sign
   */
  known(e164: string): Network | null;
  /**
   * The same, after the live sources were asked; without one at once. Never throws: a source that fails or is late leaves what
   * is known.
   * @param budgetMs how long this caller waits; the lookup itself goes on to its own deadline, and fills the cache
   * @param purpose a `lookup` is not asked once half of a source's budget is used: the rest is for deliveries
   */
  find(e164: string, budgetMs: number, purpose?: FindPurpose): Promise<Network | null>;
  /** How long a start waits for live sources (networks.wait_ms); null: there are none to ask. */
  readonly startWaitMs: number | null;
}

/** Knows nothing. */
export const noNetworks: Networks = { known: () => null, find: async () => null, startWaitMs: null };
