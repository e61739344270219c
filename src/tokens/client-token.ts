/**
 * Client tokens: what a browser or a phone may hold of one verification. Nothing is stored; the same verification always has
 * the same token, so that a repeated start answers it again.
 */
import { decodePart, encodePart, type SignedToken, type TokenCodec } from "./codec.ts";

/**
 * The longest life of a client token. The verification ends sooner: every delivery prolongs it, so that its end is not known
 * when the token is made, and every request by the token looks at the record.
 */
const maxLifeMs = 3_600_000;
/** For so long after its expiry a verification may be read by its token, so that a page sees how it ended. */
export const endReadableMs = 60_000;

export interface ClientClaims {
  readonly app: string;
  readonly verification: string;
  /** The channels of a resend; null: all that the app may use. */
  readonly channels: readonly string[] | null;
}

export interface ClientTokens {
  /** @param about its `createdAtMs` is that of the verification */
  make(about: ClientClaims & { readonly createdAtMs: number }): string;
  /** Null where it is no client token, or has expired. */
  claims(token: SignedToken, nowMs: number): ClientClaims | null;
}

export function createClientTokens(codec: TokenCodec): ClientTokens {
  return {
    make({ app, verification, channels, createdAtMs }) {
      const until = Math.floor((createdAtMs + maxLifeMs) / 1000);
      return codec.sign("c", encodePart([app, verification, until, channels]));
    },
    claims({ kind, payload }, nowMs) {
      if (kind !== "c") return null;
      const [app, verification, until, channels] = decodePart(payload) as [string, string, number, string[] | null];
      return nowMs < until * 1000 ? { app, verification, channels } : null;
    },
  };
}
