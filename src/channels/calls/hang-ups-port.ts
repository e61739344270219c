/** The port between the gateways, and processes, on one Redis: one that ends a verification asks the one that placed its call. */

export interface HangUps {
  /** This gateway's name, random: another one after each start. It is kept with each call that the gateway places. */
  readonly gateway: string;
  /** Since the start. In a cluster it is not known whether a gateway listens, so none is `unheard`. */
  readonly counts: {
    readonly asked: Readonly<Record<"sent" | "unheard" | "failed", number>>;
    readonly received: number;
  };
  /**
   * Asks another gateway to hang up a call. Returns at once and never throws; a request that is lost leaves the call to its
   * ring time.
   * @param callId names the attempt: a later call of the same verification goes on
   */
  ask(gateway: string, callId: string): void;
  /**
   * Takes what other gateways ask for from now on, until the store is closed.
   * @param hangUp gets ids of calls that may be over, or none of this gateway
   * @returns resolves after the first try; never rejects
   */
  listen(hangUp: (callId: string) => void): Promise<void>;
}
