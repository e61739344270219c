/** Clients of live streams without connections: what a stream writes is read at once, or not at all. */
import type { StreamEnd, StreamOutput } from "../../src/live/output.ts";

export interface ReadEvent {
  readonly id: string | null;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: assertions say what it holds
  readonly data: any;
}

export class TestOutput implements StreamOutput {
  readonly events: ReadEvent[] = [];
  lastEventId: string | null = null;
  comments = 0;
  unread = 0;
  ended: StreamEnd | "response" | null = null;
  /** Reads nothing from now on. */
  stuck = false;
  readonly #closed: (() => void)[] = [];

  write(frames: Buffer | string): void {
    const text = String(frames);
    if (this.stuck) {
      this.unread += text.length;
      return;
    }
    for (const block of text.split("\n\n")) {
      const fields = new Map(
        block.split("\n").map((line) => [line.split(":")[0] ?? "", line.replace(/^[a-z]*: ?/, "")]),
      );
      if (fields.has("")) this.comments += block.startsWith(":") ? 1 : 0;
      const id = fields.get("id") ?? null;
      this.lastEventId = id ?? this.lastEventId;
      const data = fields.get("data");
      if (data !== undefined) this.events.push({ id, type: fields.get("event") ?? "message", data: JSON.parse(data) });
    }
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  end(): void {
    this.ended ??= "response";
    this.close();
  }

  destroy(): void {
    this.close();
  }

  onClose(callback: () => void): void {
    this.#closed.push(callback);
  }

  /** The connection is closed, by the client or the server. */
  close(): void {
    for (const callback of this.#closed.splice(0)) callback();
  }
}
