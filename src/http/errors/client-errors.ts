/**
 * Errors before a request is parsed: no route, no hooks, only a socket. The response is a problem like any other, sent
 * after the responses to earlier requests on the same connection (RFC 9112, 9.3.2).
 */
import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { securityHeaders } from "../server/security-headers.ts";
import { problemMediaType, problemOf } from "./problems.ts";

interface Answer {
  readonly status: number;
  readonly detail: string;
}

const answers: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: "The request did not arrive in time (http.request_timeout_ms)." },
  HPE_HEADER_OVERFLOW: { status: 431, detail: "The request headers are too large." },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, detail: "The chunk extensions of the request body are too large." },
};
const malformed: Answer = { status: 400, detail: "Malformed HTTP request." };
const noTunnel: Answer = { status: 405, detail: "CONNECT is not supported." };

/** Longest wait for earlier requests in progress. Each has its own deadlines; an event stream has none. */
const pendingLimitMs = 30_000;
/** Further input is read and dropped for this time: closing at once could discard the response in transit. */
const lingerMs = 1000;

export interface ClientErrors {
  /** For `clientErrorHandler` of Fastify. */
  handle(error: Error & { code?: string }, socket: Duplex): void;
  /** Tracks the requests in progress of a server, and refuses CONNECT. */
  watch(server: FastifyInstance): void;
}

/** Answers parser errors and timeouts, once per connection, and closes it. */
export function createClientErrors(nextRequestId: () => string): ClientErrors {
  const pending = new WeakMap<Duplex, Set<ServerResponse>>();
  const newest = new WeakMap<Duplex, ServerResponse>();
  const answered = new WeakSet<Duplex>();
  let log: Pick<FastifyBaseLogger, "debug"> | null = null;

  async function afterPending(socket: Duplex, answer: Answer, code: string | undefined): Promise<void> {
    // A request with a malformed body never ends: its handler waits for the remaining body.
    const complete = [...(pending.get(socket) ?? [])].filter(({ req }) => req.complete);
    if (complete.length > 0) {
      await Promise.race([Promise.all(complete.map(closed)), aborted(AbortSignal.timeout(pendingLimitMs))]);
    }
    if (!socket.writable) return;
    setTimeout(() => socket.destroy(), lingerMs).unref();
    const last = newest.get(socket);
    // Already refused by its headers: a request gets one response.
    if (last !== undefined && !last.req.complete && last.headersSent) return void socket.end();
    const requestId = nextRequestId();
    log?.debug({ request: requestId, status: answer.status, code }, "request refused before routing");
    socket.end(bytesOf(answer, requestId));
  }

  return {
    handle(error, socket) {
      if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
      // The parser reports another error for the bytes that follow.
      if (answered.has(socket)) return;
      answered.add(socket);
      void afterPending(socket, answers[error.code ?? ""] ?? malformed, error.code);
    },
    watch(server) {
      log = server.log;
      server.server.on("connect", (_request, socket) => {
        // Node has removed its own listener: without one a reset connection would end the process.
        socket.on("error", () => undefined);
        void afterPending(socket, noTunnel, "CONNECT");
      });
      server.addHook("onRequest", (request, reply, done) => {
        const { socket } = request.raw;
        const ofSocket = pending.get(socket) ?? new Set();
        pending.set(socket, ofSocket.add(reply.raw));
        newest.set(socket, reply.raw);
        reply.raw.once("close", () => ofSocket.delete(reply.raw));
        done();
      });
    },
  };
}

function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed) resolve();
    else response.once("close", resolve);
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function bytesOf({ status, detail }: Answer, requestId: string): string {
  const body = JSON.stringify(problemOf("invalid_request", status, detail, requestId));
  const headers = [
    ...securityHeaders,
    ["connection", "close"],
    ["content-type", problemMediaType],
    ["content-length", String(Buffer.byteLength(body))],
    ["date", new Date().toUTCString()],
    ["x-request-id", requestId],
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines}\r\n${body}`;
}
