/** Leases over all gateways (src/redis/leases-store.ts): what only one party may do at a time, until it stops renewing. */

export interface LeaseAnswer {
  readonly held: boolean;
  /** Who holds it now; oneself where `held`. */
  readonly holder: string;
  /** Until it ends unless its holder renews it. */
  readonly remainingMs: number;
}

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface Leases {
  /**
   * Takes or renews a lease. Parties with the same `holder` share it.
   * @param holder who; readable by operators
   */
  take(name: string, holder: string, ttlMs: number): Promise<LeaseAnswer>;
  /** Without effect where another holds it. */
  release(name: string, holder: string): Promise<void>;
}
