/**
 * The client for HTTP/1.1 requests to servers of others. Each instance has one policy (public addresses only, or the
 * operator's own networks too) and its own connections, so that none is shared between policies.
 */
import type { IncomingHttpHeaders } from "node:http";
import { connect as connectTcp, type LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Connections, createConnections } from "./connections.ts";
import { failureOf, OutgoingHttpError } from "./failure.ts";
import {
  defaultMaxConcurrent,
  defaultMaxResponseBytes,
  maxHeaderBytes,
  type OutgoingHttp,
  type OutgoingHttpOptions,
  type OutgoingRequest,
  type OutgoingResponse,
  waitingFactor,
} from "./request.ts";
import { checkedLookup, checkUrl, systemResolve } from "./resolve.ts";
import { buildConnector, Client } from "./undici.ts";

/** Below the 5 s after which common servers close an idle connection: a request must not meet a closing one. */
const idleMs = 4000;
/** Over all hosts of one client, where one host may not have more. */
const maxConnections = 500;

export function createOutgoingHttp(options: OutgoingHttpOptions): OutgoingHttp {
  const { clock, allowPrivate, deadlineMs, ca, resolve = systemResolve } = options;
  const { maxConcurrent = defaultMaxConcurrent, maxResponseBytes = defaultMaxResponseBytes } = options;
  const lookup = checkedLookup(resolve, allowPrivate);
  const connect = buildConnector({ timeout: deadlineMs, lookup, ...(ca !== undefined && { ca }) });
  const settings = {
    ...{ connect, pipelining: 1, keepAliveTimeout: idleMs, keepAliveMaxTimeout: idleMs, maxHeaderSize: maxHeaderBytes },
    // The deadline is that of the whole request.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
  };
  const connections = createConnections({
    open: (origin) => new Client(origin, settings),
    ...{ mostOfOrigin: maxConcurrent, most: Math.max(maxConnections, maxConcurrent) },
  });
  const inProgress = new Map<string, number>();
  let retired = false;

  function count(host: string, change: 1 | -1): void {
    const after = (inProgress.get(host) ?? 0) + change;
    if (after === 0) inProgress.delete(host);
    else inProgress.set(host, after);
    closeRetired();
  }

  function closeRetired(): void {
    if (retired && inProgress.size === 0) connections.close();
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
        return await exchange(request, { connections, maxResponseBytes, clock, deadlineMs });
      } finally {
        count(host, -1);
      }
    },
    async reach(url) {
      checkUrl(url, allowPrivate);
      await reach(url, { lookup, ca, clock, deadlineMs });
    },
    close: () => connections.close(),
    retire() {
      retired = true;
      closeRetired();
    },
  };
}

function exchange(
  { url, method, headers = {}, body }: OutgoingRequest,
  context: Pick<OutgoingHttpOptions, "clock" | "deadlineMs"> & {
    readonly connections: Connections;
    readonly maxResponseBytes: number;
  },
): Promise<OutgoingResponse> {
  const { connections, maxResponseBytes, clock, deadlineMs } = context;
  const { host } = url;
  return new Promise((resolve, reject) => {
    let sent = false;
    let over = false;
    let status = 0;
    let found: IncomingHttpHeaders = {};
    const parts: Buffer[] = [];
    let length = 0;
    let own: Client | null = null;

    function fail(error: unknown): void {
      if (over) return;
      over = true;
      stopTimer();
      stopWaiting();
      const used = own;
      // Not within the client's own call.
      if (used !== null) queueMicrotask(() => connections.drop(used));
      reject(failureOf(error, host, sent));
    }

    const handler = {
      onConnect() {
        sent = true;
      },
      onHeaders(code: number, raw: Buffer[]): boolean {
        // Interim ones (RFC 9110 §15.2).
        if (code < 200) return true;
        status = code;
        found = readHeaders(raw);
        if (code >= 300 && code < 400) fail(new OutgoingHttpError("redirected", host, { sent: true, status }));
        return !over;
      },
      onData(part: Buffer): boolean {
        length += part.length;
        if (length > maxResponseBytes) fail(new OutgoingHttpError("too_large", host, { sent: true, status }));
        else parts.push(part);
        return !over;
      },
      onComplete() {
        if (over) return;
        over = true;
        stopTimer();
        const [only] = parts;
        resolve({
          status,
          headers: found,
          body: only !== undefined && parts.length === 1 ? only : Buffer.concat(parts),
        });
        if (own !== null) connections.giveBack(own);
      },
      onError: fail,
    };

    const stopTimer = clock.after(deadlineMs, () => fail(new OutgoingHttpError("timeout", host, { sent })));
    let stopWaiting = () => {};
    stopWaiting = connections.take(url.origin, (client) => {
      own = client;
      const path = `${url.pathname}${url.search}`;
      client.dispatch(
        { path, method, headers: { "accept-encoding": "identity", ...headers }, body: body ?? null },
        handler,
      );
    });
  });
}

/** As node:http has them, without cookies, which nothing here keeps. @param raw name, value, … */
function readHeaders(raw: readonly Buffer[]): IncomingHttpHeaders {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = String(raw[i]?.toString("latin1")).toLowerCase();
    const value = String(raw[i + 1]?.toString("latin1"));
    if (name === "set-cookie") continue;
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
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
