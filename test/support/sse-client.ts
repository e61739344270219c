/** A client of event streams that keeps every byte, as strict as a browser's EventSource about what an event is. */
import { Agent, type IncomingMessage, request } from "node:http";

export interface SseEvent {
  readonly id: string | null;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: assertions say what it holds
  readonly data: any;
}

export interface SseClient {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** The events so far. */
  readonly events: readonly SseEvent[];
  /** What EventSource would send as Last-Event-ID now. */
  readonly lastEventId: string;
  /** From `retry:`, ms. */
  readonly retryMs: number | null;
  readonly comments: number;
  /** All bytes so far. */
  readonly text: string;
  /** Resolves when there are at least so many events, or the stream ended. */
  until(count: number): Promise<readonly SseEvent[]>;
  /** Resolves when this is true, asked after each chunk; or when the stream ended. */
  when(isTrue: () => boolean): Promise<void>;
  /** Resolves when the server ended the stream: whether it was complete. */
  readonly ended: Promise<boolean>;
  /** Reads no more, and leaves the connection open. */
  pause(): void;
  close(): void;
}

export interface SseOptions {
  readonly key: string;
  readonly lastEventId?: string;
  /** Called with each event as it comes. */
  readonly onEvent?: (event: SseEvent) => void;
  /** Keeps neither bytes nor events: for thousands of clients. */
  readonly forget?: boolean;
}

/** Opens a stream. Resolves with its headers. */
export function openSse(url: string, options: SseOptions): Promise<SseClient> {
  const { key, lastEventId: first, onEvent, forget = false } = options;
  const headers = { authorization: `Bearer ${key}`, ...(first !== undefined && { "last-event-id": first }) };
  const events: SseEvent[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  let rest = "";
  let lastEventId = first ?? "";
  let retryMs: number | null = null;
  let comments = 0;
  let isEnded = false;

  function dispatch(block: string): void {
    let type = "message";
    let id: string | null = null;
    const data: string[] = [];
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) {
        comments++;
        continue;
      }
      const [, field, value = ""] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
      if (field === "id") id = value;
      else if (field === "event") type = value;
      else if (field === "data") data.push(value);
      else if (field === "retry") retryMs = Number(value);
      else if (line !== "") throw new Error(`not a line of an event stream: ${line}`);
    }
    if (id !== null) lastEventId = id;
    if (data.length === 0) return;
    const event = { id, type, data: JSON.parse(data.join("\n")) };
    if (!forget) events.push(event);
    onEvent?.(event);
  }

  function receive(chunk: string): void {
    if (!forget) text += chunk;
    rest += chunk;
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      dispatch(rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
    for (const look of [...waiting]) look();
  }

  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: new Agent() });
    sent.once("error", reject);
    sent.once("response", (response) => {
      response.setEncoding("utf8");
      response.on("data", receive);
      response.on("error", () => undefined);
      sent.on("error", () => undefined);
      const ended = new Promise<boolean>((done) => {
        response.once("close", () => {
          isEnded = true;
          for (const look of [...waiting]) look();
          done(response.complete);
        });
      });
      const when = (isTrue: () => boolean) =>
        new Promise<void>((done) => {
          const look = () => {
            if (!isTrue() && !isEnded) return;
            waiting.delete(look);
            done();
          };
          waiting.add(look);
          look();
        });
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        events,
        get lastEventId() {
          return lastEventId;
        },
        get retryMs() {
          return retryMs;
        },
        get comments() {
          return comments;
        },
        get text() {
          return text;
        },
        async until(count) {
          await when(() => events.length >= count);
          return events;
        },
        when,
        ended,
        pause: () => void response.pause(),
        close: () => void sent.destroy(),
      });
    });
    sent.end();
  });
}
