/** Which start tokens were used, over all gateways; kept in Redis as a hash of the token's id until the token expires. */

export type UseAnswer =
  /** By this request: it may start. */
  | "taken"
  /** By an earlier request of the same name, which was allowed to start: so is this one. */
  | "repeated"
  /** The same, and it is not known yet whether that request is allowed to start. */
  | "busy"
  | "used";

export interface StartTokenUse {
  /** Hash of the token's id. */
  readonly token: string;
  /** Names a request and its repetitions: hash of the Idempotency-Key and what is asked for, or random. */
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
  /** A request that was `taken` or `repeated` began nothing: once none of that name may have, the token may be used again. */
  giveBack(use: StartTokenUse): Promise<void>;
}
