/**
 * The text of a token: `ort_<kind><key id>.<payload>.<MAC>`, the MAC being HMAC-SHA-256 (RFC 2104) over all before its dot.
 * The prefix lets secret scanners recognise a token that leaked; kind and key id are signed with the rest.
 */
import { timingSafeEqual } from "node:crypto";
import { createHmacSha256, type HmacSha256 } from "../shared/hmac.ts";
import { createKeyRing, type KeySecrets } from "../verification/key-ring.ts";

/** `c`: a client token. `s`: a start token. */
export type TokenKind = "c" | "s";

export const tokenPrefix = "ort_";

/** Of a whole token. Fits into the 8 KiB that a request's headers may have, and bounds what a stranger makes the gateway hash. */
export const maxTokenLength = 3072;

/** HMAC-SHA-256 in base64url. */
const macLength = 43;
const shape = new RegExp(`^(${tokenPrefix}([cs])([\\w-]{8})\\.([\\w.-]+))\\.([\\w-]{${macLength}})$`);

export interface SignedToken {
  readonly kind: TokenKind;
  /** As it was given to `sign`. */
  readonly payload: string;
  /** Unique to the token, where its payload is. */
  readonly mac: string;
}

export interface TokenCodec {
  /** @param payload of `A-Z a-z 0-9 _ - .` @throws {RangeError} where the token would be longer than `maxTokenLength` */
  sign(kind: TokenKind, payload: string): string;
  /** Null for everything that was not signed by `sign` with a key that is still configured, character by character. */
  read(token: string): SignedToken | null;
}

/**
 * @param hmacKey `secrets.hmac_key`
 * @param own `secrets.token_key`
 */
export function createTokenCodec(hmacKey: string, own?: KeySecrets): TokenCodec {
  const keys = createKeyRing("tokens", hmacKey, own);
  const macs = new Map<string, HmacSha256>(keys.all.map(({ id, key }) => [id, createHmacSha256(key.export())]));

  return {
    sign(kind, payload) {
      const signed = `${tokenPrefix}${kind}${keys.current.id}.${payload}`;
      const token = `${signed}.${macs.get(keys.current.id)?.base64url(signed)}`;
      if (token.length > maxTokenLength) throw new RangeError(`a token of ${token.length} characters`);
      return token;
    },

    read(token) {
      if (token.length > maxTokenLength) return null;
      const [, signed = "", kind = "", keyId = "", payload = "", mac = ""] = shape.exec(token) ?? [];
      const hmac = macs.get(keyId);
      if (hmac === undefined) return null;
      // Text with text: base64url has several spellings of the same bytes, and only the one that was signed may pass.
      if (!timingSafeEqual(Buffer.from(hmac.base64url(signed)), Buffer.from(mac))) return null;
      return { kind: kind as TokenKind, payload, mac };
    },
  };
}

/** A payload's part: JSON in base64url. */
export function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The value of a part that was signed. */
export function decodePart(part: string): unknown {
  return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
}
