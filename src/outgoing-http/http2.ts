/**
 * The client for servers that speak HTTP/2 alone (APNs): one connection to one origin, checked by PING while it is idle,
 * and made anew when it is gone. The same policy of addresses as client.ts.
 */
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { steadyClock } from "../shared/clock.ts";
import { failureOf, OutgoingHttpError } from "./failure.ts";
import {
  defaultMaxConcurrent,
  defaultMaxResponseBytes,
  type OutgoingHttp,
  type OutgoingHttpOptions,
  type OutgoingRequest,
  type OutgoingResponse,
  readBody,
  waitingFactor,
} from "./request.ts";
import { checkedLookup, checkUrl, systemResolve } from "./resolve.ts";

/** Firewalls forget an idle connection after minutes, without telling: a message would wait for its deadline. */
const pingEveryMs = 30_000;
const pingDeadlineMs = 5000;

interface Connection {
  readonly session: ClientHttp2Session;
  /** Resolves when it is set up; rejects where it is not. */
  readonly ready: Promise<void>;
}

/** @param origin scheme, host and port; requests go to no other */
export function createOutgoingHttp2(origin: URL, options: OutgoingHttpOptions): OutgoingHttp {
  const { allowPrivate, deadlineMs, ca, resolve = systemResolve } = options;
  const clock = steadyClock(options.clock);
  const { maxConcurrent = defaultMaxConcurrent, maxResponseBytes = defaultMaxResponseBytes } = options;
  const { host } = origin;
  const lookup = checkedLookup(resolve, allowPrivate);
  let current: Connection | null = null;
  let running = 0;
  let retired = false;

  function open(): Connection {
    const session = connect(origin, { lookup, ...(ca !== undefined && { ca }) });
    const ready = new Promise<void>((settle, refuse) => {
      session.once("connect", () => settle());
      session.once("error", refuse);
      session.once("close", () => refuse(new OutgoingHttpError("unreachable", host, { sent: false })));
    });
    ready.catch(() => undefined);
    const connection = { session, ready };
    const forget = () => {
      if (current === connection) current = null;
    };
    // Without a listener an error would end the process; requests get their own.
    session.on("error", forget);
    // After GOAWAY (Apple sends one to move clients) new requests need a new connection; old ones may end.
    session.on("goaway", forget);
    let stopPings = () => {};
    session.once("connect", () => {
      stopPings = keepAlive(session, forget);
    });
    session.once("close", () => {
      stopPings();
      forget();
    });
    return connection;
  }

  function keepAlive(session: ClientHttp2Session, forget: () => void): () => void {
    const lost = () => {
      forget();
      session.destroy();
    };
    let stop = () => {};
    const wait = () => {
      stop = clock.after(pingEveryMs, () => {
        stop = clock.after(pingDeadlineMs, lost);
        if (session.destroyed || session.closed) return stop();
        session.ping((error) => {
          stop();
          if (error !== null) return lost();
          if (current?.session === session) wait();
        });
      });
    };
    wait();
    return () => stop();
  }

  function connection(): Connection {
    if (current === null || current.session.closed || current.session.destroyed) current = open();
    return current;
  }

  /** The connection's own set-up is part of the request's deadline, but goes on for the next one. */
  async function connected(remainingMs: number): Promise<ClientHttp2Session> {
    const { session, ready } = connection();
    let stopTimer = () => {};
    const late = new Promise<never>((_, refuse) => {
      stopTimer = clock.after(remainingMs, () => {
        session.destroy();
        refuse(new OutgoingHttpError("timeout", host, { sent: false }));
      });
    });
    try {
      await Promise.race([ready, late]);
      return session;
    } catch (error) {
      throw failureOf(error, host, false);
    } finally {
      stopTimer();
    }
  }

  async function send(request: OutgoingRequest): Promise<OutgoingResponse> {
    if (request.url.origin !== origin.origin) throw new OutgoingHttpError("forbidden_url", host, { sent: false });
    checkUrl(request.url, allowPrivate);
    if (running >= maxConcurrent * waitingFactor) throw new OutgoingHttpError("busy", host, { sent: false });
    const startedMs = clock.nowMs();
    running++;
    try {
      const remainingMs = () => Math.max(1, deadlineMs - (clock.nowMs() - startedMs));
      const once = async () => {
        const session = await connected(remainingMs());
        return await exchange(session, request, { host, maxResponseBytes, clock, deadlineMs: remainingMs() });
      };
      try {
        return await once();
      } catch (error) {
        // The server says that it has not looked at it (RFC 9113 §8.7), as after GOAWAY: the one case for another try.
        if (!(error instanceof NotProcessed)) throw error;
        current = null;
        return await once().catch((again) => {
          throw again instanceof NotProcessed ? new OutgoingHttpError("unreachable", host, { sent: false }) : again;
        });
      }
    } finally {
      running--;
      if (retired && running === 0) close();
    }
  }

  function close(): void {
    current?.session.destroy();
    current = null;
  }

  return {
    request: send,
    async reach() {
      checkUrl(origin, allowPrivate);
      await connected(deadlineMs);
    },
    close,
    retire() {
      retired = true;
      if (running === 0) close();
    },
  };
}

class NotProcessed extends Error {}

function exchange(
  session: ClientHttp2Session,
  { url, method, headers = {}, body }: OutgoingRequest,
  context: Pick<OutgoingHttpOptions, "clock" | "deadlineMs"> & {
    readonly host: string;
    readonly maxResponseBytes: number;
  },
): Promise<OutgoingResponse> {
  const { host, maxResponseBytes, clock, deadlineMs } = context;
  return new Promise((resolve, reject) => {
    if (session.closed || session.destroyed) return reject(new NotProcessed());
    const stream = session.request({ ":method": method, ":path": `${url.pathname}${url.search}`, ...headers });
    const stopTimer = clock.after(deadlineMs, () => fail(new OutgoingHttpError("timeout", host, { sent: true })));
    let answered = false;

    function fail(error: unknown): void {
      stopTimer();
      const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
      if (!stream.destroyed) stream.close(constants.NGHTTP2_CANCEL);
      reject(refused ? new NotProcessed() : failureOf(error, host, true));
    }

    stream.on("error", fail);
    stream.once("response", (found: IncomingHttpHeaders & { readonly ":status"?: number }) => {
      answered = true;
      const status = found[":status"] ?? 0;
      if (status >= 300 && status < 400) return fail(new OutgoingHttpError("redirected", host, { sent: true, status }));
      readBody(stream, maxResponseBytes, host, status).then((read) => {
        stopTimer();
        resolve({ status, headers: found, body: read });
      }, fail);
    });
    // Closed without an error: the connection went. After an answer has begun, its body tells.
    stream.once("close", () => {
      if (!answered) fail(new OutgoingHttpError("broken", host, { sent: true }));
    });
    stream.end(body);
  });
}
