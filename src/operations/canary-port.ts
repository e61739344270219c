/** Test calls that came in to a running gateway over its own SIP, for the canary that waits for them. */
export interface CanaryArrivals {
  /** A call to the test number came in. @param caller as a phone would show it; '' where withheld */
  note(caller: string): Promise<void>;
  /** Those of the last minute that were not taken yet, the oldest first; at most twenty. */
  take(): Promise<readonly string[]>;
}
