/**
 * Start tokens: each lets a page begin one verification. What the app's backend fixed for it (the recipient, a reference, the
 * person's session) is sealed inside, because a page is not to read all of that.
 */
import type { Random } from "../shared/random.ts";
import type { Sealing } from "../verification/sealing.ts";
import { decodePart, encodePart, type SignedToken, type TokenCodec } from "./codec.ts";

const idBytes = 16;

/** What the backend fixed. */
export interface StartGrant {
  /** Parts of the start's body, as the API takes them. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The channels that the page may choose from, the default first; null: those of the app. */
  readonly channels: readonly string[] | null;
  /** The countries that it may verify numbers of; null: those of the app. */
  readonly countries: readonly string[] | null;
  /** Id of the API key that it was made with; null: a key of the configuration. */
  readonly keyId: string | null;
}

export interface StartToken {
  readonly app: string;
  readonly id: string;
  readonly expiresAtMs: number;
  /** What a proof of work is made for: nothing else has it. */
  readonly challenge: string;
}

export interface StartTokens {
  /** @throws {RangeError} where the grant makes it too long */
  make(app: string, grant: StartGrant, expiresAtMs: number): { readonly token: string; readonly challenge: string };
  /** Null where it is no start token, or has expired; opens no grant, so that it is cheap for strangers' tokens. */
  claims(token: SignedToken, nowMs: number): StartToken | null;
  /** Null where its key is no longer configured. */
  grant(token: SignedToken): StartGrant | null;
}

export function createStartTokens(codec: TokenCodec, sealing: Sealing, random: Random): StartTokens {
  return {
    make(app, { body, channels, countries, keyId }, expiresAtMs) {
      const id = random.bytes(idBytes).toString("base64url");
      const open = encodePart([app, id, Math.floor(expiresAtMs / 1000)]);
      const token = codec.sign("s", `${open}.${sealing.seal(id, JSON.stringify([body, channels, countries, keyId]))}`);
      return { token, challenge: challengeOf(token.slice(token.lastIndexOf(".") + 1)) };
    },
    claims({ kind, payload, mac }, nowMs) {
      if (kind !== "s") return null;
      const [app, id, until] = readOpen(payload);
      return nowMs < until * 1000 ? { app, id, expiresAtMs: until * 1000, challenge: challengeOf(mac) } : null;
    },
    grant({ payload }) {
      const [, id] = readOpen(payload);
      const opened = sealing.open(id, payload.slice(payload.indexOf(".") + 1));
      if (opened === null) return null;
      const [body, channels, countries, keyId] = JSON.parse(opened);
      return { body, channels, countries, keyId };
    },
  };
}

function readOpen(payload: string): [string, string, number] {
  return decodePart(payload.slice(0, payload.indexOf("."))) as [string, string, number];
}

/** The token's MAC: as random as its key, so nobody can begin to work before the token is made. */
function challengeOf(mac: string): string {
  return mac;
}
