/** The part in which ARI drivers differ: the transport of requests and events. All rules are in the files beside this one. */
import type { AsteriskInfo } from "../asterisk-info.ts";

/** The parameters of `POST /channels`, by their names there. */
export interface OriginateParameters {
  readonly endpoint: string;
  readonly app: string;
  readonly callerId: string;
  /** Whole seconds. */
  readonly timeout: number;
  readonly channelId: string;
  /** Codecs, separated by commas. */
  readonly formats: string;
  /** Channel variables; a name in the form of a dialplan function, such as `TIMEOUT(absolute)`, is written with it. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** The parameters of `POST /channels/{channelId}/play/{playbackId}`, by their names there. */
export interface PlayParameters {
  readonly channelId: string;
  readonly playbackId: string;
  /** URIs, separated by commas. */
  readonly media: string;
  readonly lang: string;
}

/** Why a channel is hung up, in ARI's words; without one Asterisk sends "normal". */
export type HangupReason = "busy";

/** The error of a request. The message contains no secret. */
export class AriError extends Error {
  /** HTTP status; 0: no answer, and the message is a system error code. */
  readonly status: number;
  /** Whether Asterisk may have received the request. */
  readonly sent: boolean;
  constructor(status: number, message: string, sent = true) {
    super(message);
    this.name = "AriError";
    this.status = status;
    this.sent = sent;
  }
}

/** A connection with events. Each request is answered within the deadline, or rejects with an `AriError`. */
export interface AriSession {
  originate(parameters: OriginateParameters): Promise<void>;
  hangUp(channelId: string, reason?: HangupReason): Promise<void>;
  play(parameters: PlayParameters): Promise<void>;
  /** `DELETE /playbacks/{playbackId}` of a playback on this channel. */
  stopPlayback(channelId: string, playbackId: string): Promise<void>;
  /** `GET /playbacks/{playbackId}` of a playback on this channel; the answer is not read. */
  getPlayback(channelId: string, playbackId: string): Promise<void>;
  /** `GET /channels/{channelId}`; the answer is not read. */
  getChannel(channelId: string): Promise<void>;
  /** `filter` is the body of `PUT /applications/{app}/eventFilter`. */
  setEventFilter(app: string, filter: object): Promise<void>;
  /** Requests a `pong`. */
  ping(): void;
  /** Ends it at once; `lost` is not called. */
  terminate(): void;
}

export interface SessionListener {
  /** One parsed event, unchecked JSON. Must not throw. */
  event(event: unknown): void;
  pong(): void;
  /** The session ended by itself. */
  lost(reason: string): void;
}

export interface AriTransport {
  /** Before the first session. @throws {Error} where this process cannot open another one of this transport */
  start(): void;
  /**
   * Opens a session; before it resolves, the listener is called for events only.
   * @throws {Error} within the deadline
   */
  open(info: AsteriskInfo, listener: SessionListener): Promise<AriSession>;
  /** Ends all requests and connections for good. */
  stop(): void;
}
