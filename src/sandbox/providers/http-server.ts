/** What the simulated message services have in common. They speak the documented shapes, failures included. */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A message that a service took for a person. */
export interface TakenMessage {
  readonly id: string;
  /** As the gateway named the recipient. */
  readonly to: string;
  /** What the person reads. */
  readonly text: string;
  readonly at: Date;
}

export interface ServiceOptions {
  /** Which of the service's failures a recipient meets; null: none. */
  readonly failureOf?: (to: string) => string | null;
  readonly onMessage?: (message: TakenMessage) => void;
  /** The service's clock, by which it judges credentials. */
  readonly nowMs?: () => number;
}

/** A service that listens. */
export interface Service {
  /** Scheme, host and port. */
  readonly url: string;
  /** Those that were taken, the oldest first. */
  readonly messages: readonly TakenMessage[];
  close(): Promise<void>;
}

const maxMessages = 1000;
const maxBodyBytes = 65_536;

/** A list of the newest messages. */
export function createInbox(options: ServiceOptions) {
  const messages: TakenMessage[] = [];
  return {
    messages,
    take(id: string, to: string, text: string): void {
      const message = { id, to, text, at: new Date() };
      messages.push(message);
      if (messages.length > maxMessages) messages.shift();
      options.onMessage?.(message);
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Never answers: the caller's deadline has to end it. */
export const silence = Symbol("silence");
/** Closes the connection instead of answering. */
export const hangUp = Symbol("hang up");
export type Reply = Answer | typeof silence | typeof hangUp;

export type Handle = (request: {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}) => Promise<Reply> | Reply;

/** An HTTP server on a free port of loopback. */
export async function serveHttp(handle: Handle): Promise<Pick<Service, "url" | "close">> {
  const server = createServer((request, response) => {
    answer(request, response, handle).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, handle: Handle): Promise<void> {
  const body = await bodyOf(request);
  const url = new URL(request.url ?? "/", "http://service");
  const found = await handle({
    ...{ method: request.method ?? "GET", path: url.pathname, query: url.searchParams },
    ...{ headers: request.headers, body },
  });
  if (found === silence) return;
  if (found === hangUp) {
    response.destroy();
    return;
  }
  const { status, body: own = "", headers = {} } = found;
  const type = typeof own === "string" ? "text/plain" : "application/json";
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(typeof own === "string" ? own : JSON.stringify(own));
}

/** The whole body of a request or stream. */
export async function bodyOf(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stream) {
    const bytes = Buffer.from(part);
    length += bytes.length;
    if (length > maxBodyBytes) throw new Error("the body is too large");
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

/** The body as a JSON object; empty where it is none. */
export function jsonIn(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether a header is the credential. */
export function isCredential(header: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(header ?? ""), digest(expected));
}
