/**
 * The client for HTTP/1.1 requests to servers of others. Each instance has one policy (public addresses only, or the
 * operator's own networks too) and its own connections, so that none is shared between policies.
 */
import http from "node:http";
import https from "node:https";
import { connect as connectTcp, type LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { failureOf, OutgoingHttpError } from "./failure.ts";
import {
  defaultMaxConcurrent,
  defaultMaxResponseBytes,
  maxHeaderBytes,
  type OutgoingHttp,
  type OutgoingHttpOptions,
  type OutgoingRequest,
  type OutgoingResponse,
  readBody,
  waitingFactor,
} from "./request.ts";
import { checkedLookup, checkUrl, systemResolve } from "./resolve.ts";

/** Below the 5 s after which common servers close an idle connection: a request must not meet a closing one. */
const idleMs = 4000;
/** Over all hosts of one client. */
const maxConnections = 500;

export function createOutgoingHttp(options: OutgoingHttpOptions): OutgoingHttp {
  const { clock, allowPrivate, deadlineMs, ca, resolve = systemResolve } = options;
  const { maxConcurrent = defaultMaxConcurrent, maxResponseBytes = defaultMaxResponseBytes } = options;
  const lookup = checkedLookup(resolve, allowPrivate);
  const pool = { keepAlive: true, maxSockets: maxConcurrent, maxTotalSockets: maxConnections, timeout: idleMs };
  const agents = {
    "https:": new https.Agent({ ...pool, ...(ca !== undefined && { ca }) }),
    "http:": new http.Agent(pool),
  };
  const inProgress = new Map<string, number>();

  function count(host: string, change: 1 | -1): void {
    const after = (inProgress.get(host) ?? 0) + change;
    if (after === 0) inProgress.delete(host);
    else inProgress.set(host, after);
  }

  return {
    async request(request) {
      const { host } = request.url;
      checkUrl(request.url, allowPrivate);
      if ((inProgress.get(host) ?? 0) >= maxConcurrent * waitingFactor) {
        throw new OutgoingHttpError("busy", host, { sent: false });
      }
      count(host, 1);
      try {
        return await exchange(request, { agents, lookup, maxResponseBytes, clock, deadlineMs });
      } finally {
        count(host, -1);
      }
    },
    async reach(url) {
      checkUrl(url, allowPrivate);
      await reach(url, { lookup, ca, clock, deadlineMs });
    },
    close() {
      agents["https:"].destroy();
      agents["http:"].destroy();
    },
  };
}

function exchange(
  { url, method, headers = {}, body }: OutgoingRequest,
  context: Pick<OutgoingHttpOptions, "clock" | "deadlineMs"> & {
    readonly agents: { readonly "https:": https.Agent; readonly "http:": http.Agent };
    readonly lookup: LookupFunction;
    readonly maxResponseBytes: number;
  },
): Promise<OutgoingResponse> {
  const { agents, lookup, maxResponseBytes, clock, deadlineMs } = context;
  const { host } = url;
  const isTls = url.protocol === "https:";
  return new Promise((resolve, reject) => {
    let sent = false;
    const own = {
      method,
      headers: { "accept-encoding": "identity", ...headers },
      lookup,
      maxHeaderSize: maxHeaderBytes,
    };
    const request = isTls
      ? https.request(url, { ...own, agent: agents["https:"] })
      : http.request(url, { ...own, agent: agents["http:"] });
    const stopTimer = clock.after(deadlineMs, () => fail(new OutgoingHttpError("timeout", host, { sent })));

    function fail(error: unknown): void {
      stopTimer();
      request.destroy();
      reject(failureOf(error, host, sent));
    }

    request.once("socket", (socket) => {
      if (request.reusedSocket) {
        sent = true;
        return;
      }
      socket.once(isTls ? "secureConnect" : "connect", () => {
        sent = true;
      });
    });
    request.on("error", fail);
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400) return fail(new OutgoingHttpError("redirected", host, { sent: true, status }));
      readBody(response, maxResponseBytes, host, status).then((read) => {
        stopTimer();
        resolve({ status, headers: response.headers, body: read });
      }, fail);
    });
    request.end(body);
  });
}

function reach(
  url: URL,
  context: Pick<OutgoingHttpOptions, "clock" | "deadlineMs"> & {
    readonly lookup: LookupFunction;
    readonly ca: string | undefined;
  },
): Promise<void> {
  const { lookup, ca, clock, deadlineMs } = context;
  const isTls = url.protocol === "https:";
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = url.port === "" ? (isTls ? 443 : 80) : Number(url.port);
  const target = { host: hostname, port, lookup };
  return new Promise((resolve, reject) => {
    // A server name must not be an address (RFC 6066 §3).
    const named = /[a-z]/i.test(hostname) && !hostname.includes(":");
    const socket = isTls
      ? connectTls({ ...target, ...(named && { servername: hostname }), ...(ca !== undefined && { ca }) })
      : connectTcp(target);
    const stopTimer = clock.after(deadlineMs, () => end(new OutgoingHttpError("timeout", url.host, { sent: false })));
    function end(error: unknown): void {
      stopTimer();
      socket.destroy();
      if (error === null) resolve();
      else reject(failureOf(error, url.host, false));
    }
    socket.on("error", end);
    socket.once(isTls ? "secureConnect" : "connect", () => end(null));
  });
}
