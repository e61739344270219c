/** A simulated Apple Push Notification service: HTTP/2 without TLS, provider tokens, reasons. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { constants, createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { bodyOf, createInbox, jsonIn, type Service, type ServiceOptions } from "./http-server.ts";
import { readJwt } from "./jwt.ts";

interface ApnsFailure {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** Failures that `failureOf` may name, beside `no_answer`, `lost_answer`, `unanswered` (taken, and never answered) and `swallowed`. */
export const apnsFailureAnswers: Readonly<Record<string, ApnsFailure>> = {
  unregistered: { status: 410, reason: "Unregistered" },
  bad_device_token: { status: 400, reason: "BadDeviceToken" },
  other_app: { status: 400, reason: "DeviceTokenNotForTopic" },
  too_many_requests: { status: 429, reason: "TooManyRequests", retryAfterSeconds: 20 },
  token_updates: { status: 429, reason: "TooManyProviderTokenUpdates" },
  expired_provider_token: { status: 403, reason: "ExpiredProviderToken" },
  invalid_provider_token: { status: 403, reason: "InvalidProviderToken" },
  internal: { status: 500, reason: "InternalServerError" },
  shutdown: { status: 503, reason: "Shutdown" },
};

export interface ApnsService extends Service {
  /** For `push.apns.<name>`. */
  readonly account: {
    readonly team_id: string;
    readonly key_id: string;
    readonly private_key: string;
    readonly topic: string;
  };
  /** Provider tokens that were used, in order, each once. */
  readonly providerTokens: readonly string[];
  /** Connections so far. */
  readonly connections: number;
  /** Asks clients to use another connection, as Apple does when it takes a server out. */
  goAway(): void;
  /** Cuts all connections. */
  cut(): void;
}

const maxTokenAgeSeconds = 3600;

export async function startApns(options: ServiceOptions = {}): Promise<ApnsService> {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const account = { team_id: "SANDBOX001", key_id: "ABCDE12345", topic: "com.example.sandbox" };
  const inbox = createInbox(options);
  const sessions = new Set<ServerHttp2Session>();
  const providerTokens: string[] = [];
  let connections = 0;

  /** Why the provider token is refused; null where it is right. */
  function tokenFault(authorization: string | undefined): ApnsFailure | null {
    const token = /^bearer (.+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return { status: 403, reason: "MissingProviderToken" };
    const jwt = readJwt(token, publicKey);
    if (jwt === null || jwt.claims.iss !== account.team_id || jwt.header.kid !== account.key_id) {
      return { status: 403, reason: "InvalidProviderToken" };
    }
    if (!providerTokens.includes(token)) providerTokens.push(token);
    const ageSeconds = (options.nowMs?.() ?? Date.now()) / 1000 - Number(jwt.claims.iat);
    return ageSeconds > maxTokenAgeSeconds ? { status: 403, reason: "ExpiredProviderToken" } : null;
  }

  function fault(path: string, headers: Readonly<Record<string, unknown>>): ApnsFailure | "no_answer" | null {
    const token = /^\/3\/device\/([0-9a-f]{64,200})$/.exec(path)?.[1] ?? "";
    const wrongToken = tokenFault(headers.authorization as string | undefined);
    if (wrongToken !== null) return wrongToken;
    if (headers["apns-topic"] !== account.topic) return { status: 400, reason: "TopicDisallowed" };
    const named = options.failureOf?.(token) ?? null;
    if (named === "no_answer") return named;
    if (named !== null && apnsFailureAnswers[named] !== undefined) return apnsFailureAnswers[named];
    return token === "" || /^0+$/.test(token) ? { status: 400, reason: "BadDeviceToken" } : null;
  }

  async function handle(stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>): Promise<void> {
    const path = String(headers[":path"]);
    const body = jsonIn(await bodyOf(stream));
    const found = fault(path, headers);
    if (found === "no_answer" || stream.destroyed) return;
    const id = randomUUID().toUpperCase();
    if (found !== null) {
      const { status, reason, retryAfterSeconds } = found;
      const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
      stream.respond({ ":status": status, "apns-id": id, ...retry });
      stream.end(JSON.stringify({ reason, ...(status === 410 && { timestamp: Date.now() }) }));
      return;
    }
    const { alert } = (body.aps ?? {}) as { readonly alert?: { readonly body?: unknown } };
    const token = path.slice("/3/device/".length);
    const named = options.failureOf?.(token) ?? null;
    if (named !== "swallowed") inbox.take(id, `apns:${token}`, String(alert?.body));
    if (named === "unanswered") return;
    if (named === "lost_answer") return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    stream.respond({ ":status": 200, "apns-id": id });
    stream.end();
  }

  const server = createServer();
  server.on("session", (session) => {
    connections++;
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    handle(stream, headers).catch(() => stream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const session of sessions) session.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account: { ...account, private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() },
    ...{ messages: inbox.messages, providerTokens, cut },
    get connections() {
      return connections;
    },
    goAway() {
      for (const session of sessions) session.close();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
