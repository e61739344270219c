/** Tokens for browsers and phones: makes them, and recognises them. */
import { hash } from "node:crypto";
import { bearerToken } from "../apps/bearer.ts";
import type { Clock } from "../shared/clock.ts";
import { createHmacSha256 } from "../shared/hmac.ts";
import type { Random } from "../shared/random.ts";
import { Refusal } from "../shared/refusal.ts";
import type { KeySecrets } from "../verification/key-ring.ts";
import { clientGone } from "../verification/refusals.ts";
import { createSealing } from "../verification/sealing.ts";
import type { Verification } from "../verification/types.ts";
import { type ClientClaims, createClientTokens, endReadableMs } from "./client-token.ts";
import { createTokenCodec, maxTokenLength, type SignedToken, tokenPrefix } from "./codec.ts";
import { createStartTokens, type StartGrant, type StartToken } from "./start-token.ts";
import type { StartTokenUses } from "./uses-port.ts";

/** Who holds a token that is valid now. */
export type TokenHolder =
  | ({ readonly kind: "client" } & ClientClaims)
  | ({ readonly kind: "start"; readonly grant: () => StartGrant } & StartToken);

/** A typo in the number must not cost the token; but it is not to ask about many numbers with. */
const maxTries = 5;
/** base64url characters that are kept: 132 bits. */
const hashLength = 22;
/** Between the clocks of gateways and Redis. */
const clockSkewMs = 60_000;
/** A repeated request finds out soon what became of the first. */
const busyRetryMs = 1000;

/** A page's request, and its repetitions. */
export interface PageRequest {
  /** Null: it cannot be repeated. */
  readonly idempotencyKey: string | null;
  /** What it asks for: with another one it is another request, whatever its key. Reaches the store only in a keyed hash. */
  readonly choice: string;
}

export interface Tokens {
  /** The holder of an `Authorization` header; null where it has no token that is valid now. */
  find(authorization: string | undefined): TokenHolder | null;
  /** The client token of a verification; null once it has ended. @param channels see `ClientClaims` */
  clientToken(verification: Verification, channels: readonly string[] | null): string | null;
  /** Whether a verification may still be read by its client token. */
  mayRead(verification: Verification): boolean;
  /** @throws {Refusal} `invalid_request` where the grant does not fit into a token */
  startToken(app: string, grant: StartGrant, lifeMs: number): { token: string; challenge: string; expiresAtMs: number };
  /**
   * Uses a start token for one start.
   * @param by with the same Idempotency-Key and choice it may be used again, for the same verification
   * @param check what must hold before the start; null: nothing
   * @param start gets the Idempotency-Key of the start: a page's keys are never those of the app's backend
   * @throws {Refusal} `unauthorized` where it was used, and what `check` and `start` throw
   */
  use<T>(
    token: StartToken,
    by: PageRequest,
    check: (() => Promise<void>) | null,
    start: (idempotencyKey: string | null) => Promise<T>,
  ): Promise<T>;
}

export function createTokens(options: {
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** `secrets.token_key` */
  readonly own?: KeySecrets | undefined;
  readonly uses: StartTokenUses;
  readonly clock: Clock;
  readonly random: Random;
}): Tokens {
  const { hmacKey, own, uses, clock, random } = options;
  const codec = createTokenCodec(hmacKey, own);
  const clients = createClientTokens(codec);
  const starts = createStartTokens(codec, createSealing(random, hmacKey, own, "start tokens"), random);
  const hmac = createHmacSha256(Buffer.from(hmacKey, "utf8"));
  /** A choice is a number, mostly: its hash needs the key. */
  const nameOf = (idempotencyKey: string, choice: string) =>
    hmac.base64url(`start-token-use\0${idempotencyKey}\0${choice}`).slice(0, hashLength);

  function holderOf(token: SignedToken): TokenHolder | null {
    const client = clients.claims(token, clock.nowMs());
    if (client !== null) return { kind: "client", ...client };
    const start = starts.claims(token, clock.nowMs());
    if (start === null) return null;
    const grant = () => {
      const found = starts.grant(token);
      if (found === null) throw new Refusal("unauthorized", "The start token's key is no longer configured.");
      return found;
    };
    return { kind: "start", ...start, grant };
  }

  return {
    find(authorization) {
      const text = bearerToken(authorization, maxTokenLength);
      if (text === null || !text.startsWith(tokenPrefix)) return null;
      const token = codec.read(text);
      return token === null ? null : holderOf(token);
    },

    clientToken({ id, app, createdAtMs, endedAtMs }, channels) {
      return endedAtMs === null ? clients.make({ app, verification: id, channels, createdAtMs }) : null;
    },

    mayRead: ({ expiresAtMs }) => clock.nowMs() < expiresAtMs + endReadableMs,

    startToken(app, grant, lifeMs) {
      const expiresAtMs = Math.floor((clock.nowMs() + lifeMs) / 1000) * 1000;
      try {
        return { ...starts.make(app, grant, expiresAtMs), expiresAtMs };
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        const detail = `What the start token fixes makes it longer than ${maxTokenLength} characters: give less metadata.`;
        throw new Refusal("invalid_request", detail);
      }
    },

    async use(token, { idempotencyKey, choice }, check, start) {
      const by = idempotencyKey === null ? random.bytes(16).toString("base64url") : nameOf(idempotencyKey, choice);
      const use = { token: short(token.id), by };
      const ttlMs = Math.max(0, token.expiresAtMs - clock.nowMs()) + clockSkewMs;
      const answer = await uses.take(use, ttlMs, maxTries, check === null);
      if (answer === "used")
        throw new Refusal("unauthorized", "This start token was used; ask your backend for a new one.");
      if (answer === "busy") {
        throw new Refusal("capacity", "The first request with this Idempotency-Key is still in progress.", busyRetryMs);
      }
      try {
        if (answer === "taken" && check !== null) {
          await check();
          await uses.allow(use);
        }
        return await start(idempotencyKey === null ? null : `start token ${token.id} ${idempotencyKey}`);
      } catch (error) {
        if (beganNothing(error)) await uses.giveBack(use).catch(() => {});
        throw error;
      }
    },
  };
}

/** After other errors it is unknown whether the start began a delivery. */
function beganNothing(error: unknown): boolean {
  return error instanceof Refusal && error.code !== "store_unavailable" && error !== clientGone;
}

function short(text: string): string {
  return hash("sha256", text, "base64url").slice(0, hashLength);
}
