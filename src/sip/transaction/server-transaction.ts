/** What server transactions need of their layer, and it of them. */

import type { Timers } from "../../shared/timers.ts";
import type { SipRequestMessage } from "../message.ts";
import type { Share } from "../shares.ts";
import type { Flow, SocketAddress } from "../transport/port.ts";
import type { Kept, KeptBytes } from "./kept-bytes.ts";
import type { RequestKey } from "./matching.ts";
import type { ServerTransaction } from "./port.ts";
import type { TimerValues } from "./timer-values.ts";

export interface ServerContext {
  readonly timers: Timers;
  readonly values: TimerValues;
  readonly kept: KeptBytes;
  newTag(): string;
  over(transaction: LayerServer): void;
  /** An ACK that belongs to no transaction. */
  acknowledged(request: SipRequestMessage, flow: Flow, atMs: number): void;
}

export interface LayerServer extends ServerTransaction {
  /** The place that it has; the layer's own. Null: of a CANCEL, which has none. */
  share: Share | null;
  readonly key: ShortKey;
  flowLost(): void;
  abandon(): void;
}

/** Of a request's key what its transaction is found by, as long as it is kept. */
export type ShortKey = Pick<RequestKey, "transaction" | "merged">;

/** A request that came, and where its responses go. */
export interface Arrival {
  readonly request: SipRequestMessage;
  readonly key: RequestKey;
  /** Its bytes. Null: of a CANCEL, which is answered at once. */
  readonly kept: Kept | null;
  /** Where it came from: for the top Via of responses. */
  readonly source: SocketAddress;
  /** Takes the responses (section 18.2.2). */
  readonly replies: Flow;
}

/** An ACK: nothing responds to it. */
export class Acknowledgement implements ServerTransaction {
  readonly request: SipRequestMessage;
  readonly flow: Flow;
  readonly toTag = "";

  constructor(request: SipRequestMessage, flow: Flow) {
    this.request = request;
    this.flow = flow;
  }

  respond(): boolean {
    return false;
  }

  repeatAnswer(): boolean {
    return false;
  }

  ignore(): void {}

  onCanceled(): void {}

  onAcknowledged(): void {}
}

/** Whether responses go to the source port (RFC 3581), else to the port of Via (section 18.2.2). Null: the source's. */
export function replyPort({ via }: RequestKey, source: SocketAddress): number | null {
  if (via.rport) return null;
  const port = Number(/:(\d{1,5})$/.exec(via.sentBy)?.[1] ?? 5060);
  return port === source.port || port === 0 || port > 65_535 ? null : port;
}
