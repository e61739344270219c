/** The connection to a client of a stream. */

/** What a stream needs of a response whose headers were sent. */
export interface StreamOutput {
  write(frames: Buffer | string): void;
  /** Bytes that were written and not yet taken by the operating system. */
  readonly unread: number;
  /** Resolves when nothing is unread any more, or the connection is closed. */
  drained(): Promise<void>;
  /** Completes the response. */
  end(): void;
  /** Closes the connection without completing the response. */
  destroy(): void;
  /** Calls back, later than this call, when the connection was closed for whatever reason. */
  onClose(callback: () => void): void;
}

/** Why a stream ended. `client`: its connection was closed; `slow`: too many bytes unread; `stopping`: the gateway stops. */
export type StreamEnd = "client" | "slow" | "stopping" | "verification_ended" | "failed";

/**
 * A client with more unread bytes is disconnected: it comes back by Last-Event-ID. Beside these the operating system holds what
 * its send buffer takes, and a page of a replay.
 */
const maxUnreadBytes = 65_536;

/** Writes frames to one client within the bound. */
export class StreamWriter {
  readonly #output: StreamOutput;
  readonly #onEnd: (why: StreamEnd) => void;
  #ended = false;

  /** @param onEnd called once */
  constructor(output: StreamOutput, onEnd: (why: StreamEnd) => void) {
    this.#output = output;
    this.#onEnd = onEnd;
    output.onClose(() => this.#finish("client"));
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(frames: Buffer | string): void {
    if (this.#ended || frames.length === 0) return;
    if (this.#output.unread > maxUnreadBytes) this.destroy("slow");
    else this.#output.write(frames);
  }

  /** Whether a heartbeat may be written: bytes that wait unread keep nothing alive, and hide that the client is gone. */
  get isIdle(): boolean {
    return this.#output.unread === 0;
  }

  /** Resolves when the client took all, or the stream ended. */
  drained(): Promise<void> {
    return this.#output.drained();
  }

  /** Completes the response once the client took what is unread. */
  end(why: StreamEnd): void {
    if (this.#ended) return;
    this.#finish(why);
    this.#output.end();
  }

  /** Closes the connection, whatever is unread. */
  destroy(why: StreamEnd): void {
    this.#finish(why);
    this.#output.destroy();
  }

  /** Resolves when the connection is closed. */
  closed(): Promise<void> {
    return new Promise((resolve) => {
      this.#output.onClose(resolve);
    });
  }

  #finish(why: StreamEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(why);
  }
}
