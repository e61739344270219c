/** What transactions need of their layer. */

import type { Timers } from "../../shared/timers.ts";
import type { SipResponseMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow } from "../transport/port.ts";
import type { HeaderLine, SentInvite } from "../write.ts";
import type { ClientUser } from "./port.ts";
import type { TimerValues } from "./timer-values.ts";

export interface ClientContext {
  readonly timers: Timers;
  readonly values: TimerValues;
  /** The transaction waits for nothing any more but repetitions. */
  lingers(transaction: LayerClient): void;
  /** The transaction is over, and forgotten. */
  over(transaction: LayerClient): void;
  stray(response: SipResponseMessage, flow: Flow): void;
  /** Begins the transaction of a CANCEL. */
  cancel(invite: SentInvite, headers: readonly HeaderLine[], flow: Flow, user: ClientUser | undefined): void;
}

/** A client transaction as the layer sees it. */
export interface LayerClient {
  readonly method: string;
  readonly branch: string;
  readonly flow: Flow;
  /** The place that it has while it waits; the layer's own. */
  share: Share | null;
  /** The value of our Via. */
  readonly via: string;
  receive(response: SipResponseMessage, atMs: number): void;
  flowLost(): void;
  /**
   * Ends at once. @param neverSent nothing could be sent at all, or the layer is full; false: the layer stops
   * @returns what informs the user
   */
  giveUp(neverSent: boolean): () => void;
  /** Ends without informing the user. */
  abandon(): void;
}
