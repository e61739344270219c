/** Which start tokens were used, over all gateways; kept in Redis as a hash of the token's id until the token expires. */

export type UseAnswer =
  /** By this request: it may start. */
  | "taken"
  /** By an earlier request with the same Idempotency-Key, which was allowed to start. */
  | "repeated"
  /** The same, and it is not known yet whether that request is allowed to start. */
  | "busy"
  | "used";

export interface StartTokenUse {
  /** Hash of the token's id. */
  readonly token: string;
  /** Tells requests apart: hash of the Idempotency-Key, or random. */
  readonly by: string;
}

/** Each method is one atomic step. @throws {Refusal} `store_unavailable` where the store did not answer */
export interface StartTokenUses {
  /**
   * Uses a token.
   * @param ttlMs until it has expired at every gateway
   * @param maxTries how often it may be used and given back
   * @param isAllowed whether nothing else is to be checked before the start
   */
  take(use: StartTokenUse, ttlMs: number, maxTries: number, isAllowed: boolean): Promise<UseAnswer>;
  /** What was to be checked has passed. */
  allow(use: StartTokenUse): Promise<void>;
  /** The request was refused and began nothing: the token may be used again, unless the request was repeated meanwhile. */
  giveBack(use: StartTokenUse): Promise<void>;
}
