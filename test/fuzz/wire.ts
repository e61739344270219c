/** One connection to a gateway that takes any bytes, well-formed or not: clients of libraries refuse to send what is wrong. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Of an event stream: what came with its headers. */
  readonly body: string;
  readonly isHead: boolean;
}

/** What came instead of an answer. */
export type NoReply = "closed" | "late" | "malformed";

export class Wire {
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /**
   * Sends the bytes of one request and reads the answer.
   * @param isHead whether the answer has no body
   * @param keep whether the connection may be used again
   */
  async exchange(bytes: Buffer, isHead: boolean, keep: boolean, deadlineMs: number): Promise<Reply | NoReply> {
    const isUsed = this.#socket !== null;
    const result = await this.#try(bytes, isHead, deadlineMs);
    // A kept connection may be closed just when it is used again (RFC 9112, 9.3.1); a new one answers.
    const again = result === "closed" && isUsed ? await this.#try(bytes, isHead, deadlineMs) : result;
    if (!keep || typeof again === "string") this.close();
    return again;
  }

  /** Sends the bytes and is gone, as a phone that lost its network. */
  async leave(bytes: Buffer, afterMs: number): Promise<void> {
    const socket = this.#socket ?? (await opened(this.#port));
    this.#socket = null;
    socket.write(bytes);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    socket.resetAndDestroy();
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  async #try(bytes: Buffer, isHead: boolean, deadlineMs: number): Promise<Reply | NoReply> {
    const socket = this.#socket ?? (await opened(this.#port));
    this.#socket = socket;
    const reading = read(socket, isHead, deadlineMs);
    socket.write(bytes);
    const result = await reading;
    if (result === "closed" || (typeof result !== "string" && result.ends)) this.close();
    return typeof result === "string" ? result : result.reply;
  }
}

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setNoDelay(true);
  // A reset is seen as `close`.
  socket.on("error", () => undefined);
  return socket;
}

interface Read {
  readonly reply: Reply;
  /** The connection ends with it. */
  readonly ends: boolean;
}

function read(socket: Socket, isHead: boolean, deadlineMs: number): Promise<Read | NoReply> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const done = (result: Read | NoReply) => {
      clearTimeout(timer);
      socket.off("data", take).off("close", closed);
      resolve(result);
    };
    const timer = setTimeout(() => done("late"), deadlineMs);
    const closed = () => {
      // Without a length the end of the connection is the end of the body.
      const found = received.length > 0 ? answerIn(received, isHead, true) : null;
      done(found ?? "closed");
    };
    const take = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const found = answerIn(received, isHead, false);
      if (found !== null) done(found);
    };
    socket.on("data", take).once("close", closed);
    if (socket.destroyed) closed();
  });
}

/** The first answer in what was received, after interim ones; null: it is not complete. */
function answerIn(received: Buffer, isHead: boolean, isClosed: boolean): Read | "malformed" | null {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return null;
  const [first = "", ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) return "malformed";
  if (status < 200) return answerIn(received.subarray(end + 4), isHead, isClosed);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const rest = received.subarray(end + 4);
  const isStream = (headers["content-type"] ?? "").startsWith("text/event-stream");
  const ends = isClosed || isStream || headers.connection === "close";
  const reply = (body: string): Read => ({ reply: { status, headers, body, isHead }, ends });
  if (isHead || status === 204 || status === 304) return reply("");
  if (isStream) return reply(rest.toString());
  if (headers["content-length"] !== undefined) {
    const length = Number(headers["content-length"]);
    return rest.length >= length ? reply(rest.toString("utf8", 0, length)) : null;
  }
  if (headers["transfer-encoding"] === "chunked") {
    const body = unchunked(rest);
    return body === null ? null : reply(body);
  }
  return isClosed ? reply(rest.toString()) : null;
}

function unchunked(rest: Buffer): string | null {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = rest.indexOf("\r\n", at);
    if (line === -1) return null;
    const size = Number.parseInt(rest.toString("latin1", at, line), 16);
    if (rest.length < line + 2 + size + 2) return null;
    if (size === 0) return Buffer.concat(parts).toString();
    parts.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
}
