/**
 * Outages and load over all gateways (src/redis/outages-store.ts). Every method throws `Refusal("store_unavailable")`
 * where the store did not answer.
 */

/** A trunk or an Asterisk of the configuration. */
export interface Part {
  readonly kind: "trunk" | "asterisk";
  readonly name: string;
}

/** Why no gateway places new calls there. */
export interface Outage {
  /** Who decided it: an operator's decision overrides a program's. */
  readonly by: "operator" | "canary";
  /** Which operator, or which program run; free text. */
  readonly who: string;
  /** For operators. */
  readonly reason: string;
  readonly sinceMs: number;
}

export interface PartLoad {
  /** Calls that hold a slot now, including those that wait for their scheduled time. */
  readonly liveCalls: number;
  /** Calls scheduled in the last whole second. */
  readonly callsPerSecond: number;
  /** How long a new call would wait. */
  readonly waitMs: number;
  readonly outage: Outage | null;
}

export interface Outages {
  /**
   * From the moment this returns no gateway reserves a slot there; calls that have one go on. An existing outage stays
   * unchanged, except that an operator takes over from a program.
   * @returns the outage that holds now, and the one that was there; null: it was in service
   */
  takeOut(part: Part, outage: Outage): Promise<{ readonly now: Outage; readonly before: Outage | null }>;
  /**
   * Puts it back in service. Without effect where it was in service.
   * @param by an operator ends any outage, a program only its own
   * @returns the outage that ended; null: nothing changed
   */
  putBack(part: Part, by: Pick<Outage, "by" | "who">): Promise<Outage | null>;
  /** The parts' state, in the same order. */
  look(parts: readonly Part[]): Promise<readonly PartLoad[]>;
}
