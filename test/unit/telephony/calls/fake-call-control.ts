import type {
  CallControl,
  CallEvent,
  CallRequest,
  MediaControl,
  Playback,
} from "../../../../src/telephony/call-control/port.ts";

type Happening = CallEvent extends infer Event ? (Event extends unknown ? Omit<Event, "atMs"> : never) : never;

/** A CallControl whose Asterisk is the test. The real ones pass test/integration/telephony. */
export class FakeCallControl implements CallControl {
  connected = true;
  readonly placed: CallRequest[] = [];
  readonly hungUp: string[] = [];
  readonly played: Playback[] = [];
  readonly stopped: string[] = [];
  onPlay: () => Promise<void> = async () => undefined;
  media: MediaControl | null = {
    play: (_callId, playback) => {
      this.played.push(playback);
      return this.onPlay();
    },
    stopPlayback: async (_callId, id) => {
      this.stopped.push(id);
      return this.stops;
    },
    languagesOf: () => new Set(["en"]),
  };
  /** What a request to stop a playback finds: false, none is up. */
  stops = true;
  /** What the next requests do. */
  onOriginate: () => Promise<void> = async () => undefined;
  onHangup: () => Promise<void> = async () => undefined;
  #receive: (event: CallEvent) => void = () => undefined;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  happens(event: Happening): void {
    this.#receive({ ...event, atMs: this.#nowMs() } as CallEvent);
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  originate(request: CallRequest): Promise<void> {
    this.placed.push(request);
    return this.onOriginate();
  }

  hangup(callId: string): Promise<void> {
    this.hungUp.push(callId);
    return this.onHangup();
  }

  onEvent(receiver: (event: CallEvent) => void): void {
    this.#receive = receiver;
  }

  onInbound(): void {}
  onConnection(): void {}
}
