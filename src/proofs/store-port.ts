/** Which tokens were redeemed. Throws `Refusal("store_unavailable")` where the store does not answer: then nothing is redeemed. */
export interface ProofStore {
  /**
   * Redeems once.
   * @param verification of the token @param by names the request (its Idempotency-Key), '' where nothing does
   * @param rememberMs until no gateway accepts a token of this verification any more
   * @returns whether this is the first time, or a repetition of the same named request
   */
  redeem(verification: string, by: string, rememberMs: number): Promise<boolean>;
}
