/**
 * The HTTP requests of the ari-client package. Its own transport (shred) has no deadline and, when the connection
 * fails, never answers at all; this one answers every request exactly once.
 */
import http from "node:http";
import https from "node:https";
import type { Clock } from "../../../shared/clock.ts";
import { createSocketPool } from "./socket-pool.ts";

/** A request as swagger-client hands it over. */
export interface SwaggerRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly on: {
    readonly response: (response: SwaggerResponse) => void;
    readonly error: (response: SwaggerResponse) => void;
  };
}

/** The response that it expects. */
export interface SwaggerResponse {
  /** 0: there was no HTTP response. */
  readonly status: number;
  /** Asterisk's message, or a system error code such as ECONNREFUSED or ETIMEDOUT. */
  readonly statusText: string;
  readonly data: string;
  /** `data` parsed, where it is JSON. */
  readonly obj: unknown;
}

export interface HttpTransport {
  execute(request: SwaggerRequest): void;
  /** Ends all requests (they are answered with an error) and connections. */
  close(): void;
}

/** Initial and largest number of sockets. Hang-ups have their own, so that queued originates never delay them. */
const originateSockets = { first: 7, most: 32 };
const hangupSockets = { first: 3, most: 16 };
/** A list of all channels of a large PBX takes about 1 KiB each. */
const maxBodyBytes = 16 * 1024 * 1024;

/**
 * @param deadlineMs from the request to the end of its response
 */
export function createHttpTransport(baseUrl: string, deadlineMs: number, clock: Clock): HttpTransport {
  const secure = new URL(baseUrl).protocol === "https:";
  const pools = {
    normal: createSocketPool(secure, originateSockets.first, originateSockets.most),
    hangup: createSocketPool(secure, hangupSockets.first, hangupSockets.most),
  };
  const open = new Set<http.ClientRequest>();

  function execute(request: SwaggerRequest): void {
    let settled = false;
    const pool = request.method === "DELETE" ? pools.hangup : pools.normal;
    const outgoing = (secure ? https : http).request(request.url, {
      method: request.method,
      headers: withLength(request),
      agent: pool.agent,
    });
    pool.watch(outgoing);
    const stopDeadline = clock.after(deadlineMs, () => outgoing.destroy(systemError("ETIMEDOUT")));
    open.add(outgoing);

    function settle(response: SwaggerResponse): void {
      if (settled) return;
      settled = true;
      stopDeadline();
      open.delete(outgoing);
      answer(request, response);
    }
    const fail = (error: Error) => settle({ status: 0, statusText: errorCode(error), data: "", obj: undefined });

    outgoing.on("error", fail);
    // Without an `error`, a close before the end of the response is a connection that broke.
    outgoing.on("close", () => {
      if (!settled) fail(systemError("ECONNRESET"));
    });
    outgoing.on("response", (incoming) => {
      incoming.on("error", fail);
      collect(incoming, settle, () => outgoing.destroy(systemError("EMSGSIZE")));
    });
    outgoing.end(request.body);
  }

  return {
    execute,
    close() {
      for (const outgoing of [...open]) outgoing.destroy(systemError("ECANCELED"));
      pools.normal.agent.destroy();
      pools.hangup.agent.destroy();
    },
  };
}

/** Reports to the package; its callbacks throw on unexpected answers, which must not end the process. */
function answer(request: SwaggerRequest, response: SwaggerResponse): void {
  const good = response.status >= 200 && response.status < 300;
  try {
    (good ? request.on.response : request.on.error)(response);
  } catch {
    try {
      if (good) request.on.error({ ...response, status: 0, statusText: "EBADMSG" });
    } catch {
      // There is no callback left to report to: the caller's own deadline ends its wait.
    }
  }
}

function collect(
  incoming: http.IncomingMessage,
  settle: (response: SwaggerResponse) => void,
  tooLong: () => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return tooLong();
    chunks.push(chunk);
  });
  incoming.on("end", () => {
    const data = Buffer.concat(chunks).toString("utf8");
    const obj = parseJson(data);
    const status = incoming.statusCode ?? 0;
    settle({ status, statusText: messageOf(obj) ?? incoming.statusMessage ?? "", data, obj });
  });
}

/** Asterisk's error bodies are `{"message": …}` or `{"error": …}`. */
function messageOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { message, error } = body as { message?: unknown; error?: unknown };
  if (typeof message === "string") return message;
  return typeof error === "string" ? error : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withLength(request: SwaggerRequest): Record<string, string> {
  return { ...request.headers, "Content-Length": String(Buffer.byteLength(request.body ?? "")) };
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

function errorCode(error: NodeJS.ErrnoException): string {
  return error.code ?? error.name;
}
