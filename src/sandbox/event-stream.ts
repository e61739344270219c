/** Server-sent events (WHATWG HTML, section 9.2) for the pages that are open. */
import { PassThrough, type Readable } from "node:stream";
import type { Clock } from "../shared/clock.ts";

/** Open tabs; more are refused. */
const MAX_CLIENTS = 32;
/** A client with this much unread data is disconnected; it gets a snapshot (100 calls and messages) when it reconnects. */
const MAX_UNREAD_BYTES = 524_288;
/** Shorter than idle timeouts of servers and proxies. */
const HEARTBEAT_MS = 2000;

export class EventStreams {
  readonly #clock: Clock;
  readonly #clients = new Set<PassThrough>();
  #stopHeartbeat: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The stream for a new client, to be sent as `text/event-stream`.
   * @param first its first events
   * @returns null where there are too many clients
   */
  open(first: readonly (readonly [event: string, data: unknown])[]): Readable | null {
    if (this.#clients.size >= MAX_CLIENTS) return null;
    const client = new PassThrough();
    client.once("close", () => this.#forget(client));
    client.on("error", () => this.#forget(client));
    client.write(`retry: 1000\n${first.map(([event, data]) => encode(event, data)).join("")}`);
    this.#clients.add(client);
    if (!this.#stopHeartbeat) this.#beat();
    return client;
  }

  /** Sends an event to all clients. */
  send(event: string, data: unknown): void {
    this.#write(encode(event, data));
  }

  /** Ends all streams. */
  close(): void {
    for (const client of [...this.#clients]) client.end();
    this.#clients.clear();
    this.#stop();
  }

  #write(text: string): void {
    for (const client of [...this.#clients]) {
      if (client.readableLength + client.writableLength > MAX_UNREAD_BYTES) client.destroy();
      else client.write(text);
    }
  }

  #beat(): void {
    this.#stopHeartbeat = this.#clock.after(HEARTBEAT_MS, () => {
      this.#write(": heartbeat\n\n");
      if (this.#clients.size > 0) this.#beat();
      else this.#stop();
    });
  }

  #stop(): void {
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = null;
  }

  #forget(client: PassThrough): void {
    this.#clients.delete(client);
  }
}

/** JSON.stringify writes no line breaks, so one data line is enough. */
function encode(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
