/**
 * What is out of service, and how busy everything is, over all gateways (src/redis/outages-store.ts). Every method throws
 * `Refusal("store_unavailable")` where the store gave no answer.
 */

/** A trunk or an Asterisk of the configuration. */
export interface Part {
  readonly kind: "trunk" | "asterisk";
  readonly name: string;
}

/** Why no gateway places new calls there. */
export interface Outage {
  /** Who decided it: an operator's decision stands above that of a program. */
  readonly by: "operator" | "canary";
  /** Which operator, or which program run; free text. */
  readonly who: string;
  /** For people. */
  readonly reason: string;
  readonly sinceMs: number;
}

export interface PartLoad {
  /** Calls that hold a place now, those that wait for their turn included. */
  readonly liveCalls: number;
  /** Calls whose turn came within the last whole second. */
  readonly callsPerSecond: number;
  /** How long a call that came now would wait for its turn. */
  readonly waitMs: number;
  readonly outage: Outage | null;
}

export interface Outages {
  /**
   * From the moment this returns no gateway gives out a line there; calls that have one go on. What was out before stays
   * as it was, except that an operator takes over from a program.
   * @returns the outage that holds now
   */
  takeOut(part: Part, outage: Outage): Promise<Outage>;
  /**
   * Back in service. Without effect where nothing was out.
   * @param by an operator ends any outage, a program only its own
   */
  putBack(part: Part, by: Outage["by"]): Promise<void>;
  /** The parts' state, in the same order. */
  look(parts: readonly Part[]): Promise<readonly PartLoad[]>;
}
