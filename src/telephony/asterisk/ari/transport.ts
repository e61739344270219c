/** What tells one ARI driver from another: the way in which requests and events travel. All rules are beside this file. */
import type { AsteriskInfo } from "../asterisk-info.ts";

/** The parameters of `POST /channels`, by their names there. */
export interface OriginateParameters {
  readonly endpoint: string;
  readonly app: string;
  readonly callerId: string;
  /** Whole seconds. */
  readonly timeout: number;
  readonly channelId: string;
  /** Codecs, parted by commas. */
  readonly formats: string;
}

/** Why a channel is hung up, in ARI's words; without one Asterisk says "normal". */
export type HangupReason = "busy";

/** What a request was refused with. The message holds no secret. */
export class AriError extends Error {
  /** HTTP's; 0: there was no answer, and the message is then a system error code. */
  readonly status: number;
  /** Whether Asterisk may have got the request. */
  readonly sent: boolean;
  constructor(status: number, message: string, sent = true) {
    super(message);
    this.name = "AriError";
    this.status = status;
    this.sent = sent;
  }
}

/** A connection that events come on. Each request is answered within the deadline, or rejects with an `AriError`. */
export interface AriSession {
  originate(parameters: OriginateParameters): Promise<void>;
  hangUp(channelId: string, reason?: HangupReason): Promise<void>;
  /** `GET /channels/{channelId}`; whatever it says is not looked at. */
  getChannel(channelId: string): Promise<void>;
  /** `filter` is the body of `PUT /applications/{app}/eventFilter`. */
  setEventFilter(app: string, filter: object): Promise<void>;
  /** Asks for a `pong`. */
  ping(): void;
  /** Ends it at once; `lost` is not told. */
  terminate(): void;
}

export interface SessionListener {
  /** One event, parsed; whatever JSON can hold. Must not throw. */
  event(event: unknown): void;
  pong(): void;
  /** The session ended by itself. */
  lost(reason: string): void;
}

export interface AriTransport {
  /** Before the first session. @throws {Error} where this process may have no more of this transport */
  start(): void;
  /**
   * Opens a session; tells the listener of nothing before it resolves but events.
   * @throws {Error} within the deadline
   */
  open(info: AsteriskInfo, listener: SessionListener): Promise<AriSession>;
  /** Ends all requests and connections for good. */
  stop(): void;
}
