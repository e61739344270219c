/** A simulated browser and its push service: subscriptions, VAPID, and messages decrypted as the browser does. */
import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import {
  type Answer,
  createInbox,
  type Handle,
  hangUp,
  jsonIn,
  type Service,
  type ServiceOptions,
  serveHttp,
  silence,
} from "./http-server.ts";
import { readJwt } from "./jwt.ts";

/** Failures that `failureOf` may name (for an endpoint's path), beside `no_answer`, `lost_answer`, `unanswered` (taken, and never answered) and `swallowed`. */
export const webPushFailureAnswers: Readonly<Record<string, Answer>> = {
  gone: { status: 410 },
  not_found: { status: 404 },
  throttled: { status: 429, headers: { "retry-after": "15" } },
  throttled_as_windows: { status: 406 },
  too_large: { status: 413 },
  other_key: { status: 403 },
  unavailable: { status: 503 },
  redirected: { status: 307, headers: { location: "http://169.254.169.254/" } },
};

const maxBrowsers = 1000;

interface Browser {
  readonly keys: ECDH;
  readonly auth: Buffer;
  /** As the gateway writes it. */
  readonly subscription: string;
}

export interface WebPushService extends Service {
  /** A new subscription with the VAPID key. @param ending of its endpoint, by which a failure may be chosen */
  subscribe(ending?: string): string;
  /** For `push.web_push.<name>`. */
  readonly vapid: { readonly public_key: string; readonly private_key: string };
  /** Headers of the messages that came, refused ones included. */
  readonly headers: readonly Readonly<Record<string, unknown>>[];
}

export async function startWebPush(options: ServiceOptions = {}): Promise<WebPushService> {
  const inbox = createInbox(options);
  const browsers = new Map<string, Browser>();
  const headersSeen: Record<string, unknown>[] = [];
  const server = createECDH("prime256v1");
  server.generateKeys();
  const publicKey = server.getPublicKey();

  /** Why the VAPID header is refused; null where it is right. */
  function isIdentified(authorization: string | undefined, origin: string): boolean {
    const [, token = "", key = ""] = /^vapid t=([^,]+), k=([A-Za-z0-9_-]+)$/.exec(authorization ?? "") ?? [];
    if (key !== publicKey.toString("base64url")) return false;
    const claims = readJwt(token, publicKeyOf(publicKey))?.claims ?? {};
    const lifeSeconds = Number(claims.exp) - (options.nowMs?.() ?? Date.now()) / 1000;
    return (
      claims.aud === origin && lifeSeconds > 0 && lifeSeconds <= 86_400 && /^(mailto|https):/.test(String(claims.sub))
    );
  }

  let origin = "";
  const handle: Handle = ({ method, path, headers, body }) => {
    headersSeen.push(headers);
    if (headersSeen.length > 100) headersSeen.shift();
    const browser = browsers.get(path);
    if (method !== "POST" || browser === undefined) return { status: 404 };
    const named = options.failureOf?.(path) ?? null;
    if (named === "no_answer") return silence;
    const failed = named === null ? undefined : webPushFailureAnswers[named];
    if (failed !== undefined) return failed;
    if (!isIdentified(headers.authorization, origin)) return { status: 403 };
    if (headers["content-encoding"] !== "aes128gcm" || !/^\d+$/.test(String(headers.ttl))) return { status: 400 };
    if (body.length > 4096) return { status: 413 };
    const id = randomBytes(12).toString("base64url");
    const text = String(jsonIn(decrypt(body, browser)).body);
    if (named !== "swallowed") inbox.take(id, browser.subscription, text);
    if (named === "lost_answer") return hangUp;
    if (named === "unanswered") return silence;
    return { status: 201, headers: { location: `${origin}/m/${id}` } };
  };
  const http = await serveHttp(handle);
  origin = http.url;
  return {
    ...http,
    ...{ messages: inbox.messages, headers: headersSeen },
    vapid: {
      public_key: publicKey.toString("base64url"),
      private_key: Buffer.concat([Buffer.alloc(32), server.getPrivateKey()])
        .subarray(-32)
        .toString("base64url"),
    },
    subscribe(ending = "x") {
      const keys = createECDH("prime256v1");
      keys.generateKeys();
      const auth = randomBytes(16);
      const path = `/push/${randomBytes(24).toString("base64url")}-${ending}`;
      const own = { p256dh: keys.getPublicKey().toString("base64url"), auth: auth.toString("base64url") };
      const subscription = JSON.stringify({ endpoint: `${origin}${path}`, keys: own });
      browsers.set(path, { keys, auth, subscription });
      const [oldest] = browsers.keys();
      if (browsers.size > maxBrowsers && oldest !== undefined) browsers.delete(oldest);
      return subscription;
    },
  };
}

/** A key of P-256 from its uncompressed point. */
export function publicKeyOf(point: Buffer): KeyObject {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)];
  const jwk = { kty: "EC", crv: "P-256", x: x.toString("base64url"), y: y.toString("base64url") };
  return createPublicKey({ key: jwk, format: "jwk" });
}

/** RFC 8291 §3 and RFC 8188 §2, the receiver's side. @throws {Error} where it is not for this browser */
export function decrypt(message: Buffer, { keys, auth }: Pick<Browser, "keys" | "auth">): Buffer {
  const salt = message.subarray(0, 16);
  const idLength = message.readUInt8(20);
  const sender = message.subarray(21, 21 + idLength);
  const record = message.subarray(21 + idLength);
  if (message.readUInt32BE(16) < record.length) throw new Error("more than one record");
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), keys.getPublicKey(), sender]);
  const derive = (input: Buffer, using: Buffer, label: Buffer, bytes: number) =>
    Buffer.from(hkdfSync("sha256", input, using, label, bytes));
  const input = derive(keys.computeSecret(sender), auth, info, 32);
  const key = derive(input, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(input, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
  const decipher = createDecipheriv("aes-128-gcm", key, nonce);
  decipher.setAuthTag(record.subarray(-16));
  const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
  const end = plain.lastIndexOf(2);
  if (end < 0 || plain.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("no delimiter of the last record");
  return plain.subarray(0, end);
}
