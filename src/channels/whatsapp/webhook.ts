/** The webhook that Meta calls: the handshake when it is registered (GET), and what became of messages (POST). */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyPluginAsync, onRequestHookHandler } from "fastify";
import { Refusal } from "../../shared/refusal.ts";

/** Meta's largest: many statuses in one request. */
const maxBodyBytes = 3_145_728;
/** It is sent back: only what is harmless in any place. */
const challengeShape = /^[A-Za-z0-9_.-]{1,256}$/;

/** @param receive gets the parsed body of a request that Meta has signed; false: Meta shall send it again */
export function webhookRoutes(options: {
  readonly verifyToken: string;
  readonly appSecret: string;
  readonly receive: (body: unknown) => Promise<boolean>;
}): FastifyPluginAsync {
  const { verifyToken, appSecret, receive } = options;
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    // Raw: the signature covers the bytes, and nothing is parsed before it is checked.
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: maxBodyBytes }, (_request, body, done) => {
      done(null, body);
    });

    scope.get("/", { schema: { hide: true } }, (request, reply) => {
      const query = request.query as Readonly<Record<string, unknown>>;
      const [mode, token, challenge] = [query["hub.mode"], query["hub.verify_token"], query["hub.challenge"]];
      if (mode !== "subscribe" || typeof token !== "string" || !isSame(token, verifyToken)) {
        throw new Refusal("forbidden", "The verify token is not whatsapp.verify_token.");
      }
      if (typeof challenge !== "string" || !challengeShape.test(challenge)) {
        throw new Refusal("invalid_request", "hub.challenge is missing or malformed.");
      }
      return reply.type("text/plain; charset=utf-8").send(challenge);
    });

    // What cannot be signed is refused before its body is read.
    const mayBeSigned: onRequestHookHandler = (request, _reply, done) => {
      done(signatureIn(request.headers) === null ? notSigned() : undefined);
    };
    const options = { schema: { hide: true }, bodyLimit: maxBodyBytes, onRequest: mayBeSigned };
    scope.post("/", options, async (request, reply) => {
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      if (!isSigned(raw, signatureIn(request.headers), appSecret)) throw notSigned();
      const body = parse(raw);
      if (body === null) throw new Refusal("invalid_request", "The body is not JSON.");
      // Meta repeats for days; those that were stored change nothing then.
      if (!(await receive(body))) throw new Refusal("store_unavailable", "Receipts cannot be stored at the moment.");
      return reply.code(200).send();
    });
  };
}

/** In constant time, whatever the lengths. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function signatureIn(headers: IncomingHttpHeaders): Buffer | null {
  const header = headers["x-hub-signature-256"];
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(typeof header === "string" ? header : "")?.[1];
  return hex === undefined ? null : Buffer.from(hex, "hex");
}

function isSigned(raw: Buffer, signature: Buffer | null, secret: string): boolean {
  return signature !== null && timingSafeEqual(signature, createHmac("sha256", secret).update(raw).digest());
}

function notSigned(): Refusal {
  return new Refusal("unauthorized", "X-Hub-Signature-256 is missing or wrong.");
}

function parse(raw: Buffer): object | null {
  try {
    const value: unknown = JSON.parse(raw.toString("utf8"));
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
