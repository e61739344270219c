/** Signs and verifies the tokens: JWS compact serialisation (RFC 7515 §7.1) of JWT claims (RFC 7519), ES256 only. */
import { type KeyObject, sign, verify } from "node:crypto";
import type { ProofKind } from "../verification/types.ts";
import type { ProofKey } from "./keys.ts";

/** What a token says. */
export interface ProofClaims {
  readonly iss: string;
  /** The app that started the verification: no other one may accept the token. */
  readonly aud: string;
  /** The verification's id: each read signs anew, and all tokens of one verification are one to redeem. */
  readonly jti: string;
  /** When it was verified, seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  /** What was proven: E.164, an address or a registration. */
  readonly to: string;
  readonly kind: ProofKind;
  readonly channel: string;
  readonly app: string;
  readonly reference: string | null;
  /** `client.session` of the start. */
  readonly session: string | null;
  /** Which side generated the code; null where none was typed. */
  readonly code: "gateway" | "app" | null;
  /** Of a test number: nothing was delivered, and nothing is proven. */
  readonly test: boolean;
}

/** Longest token that is read: far above one with the longest recipient, reference and session. */
const maxTokenLength = 12_000;
/** r and s of P-256, without padding (RFC 7518 §3.4). */
const signatureShape = /^[A-Za-z0-9_-]{86}$/;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** @returns a function that signs claims; the header is made once */
export function createSigner({ kid }: ProofKey, privateKey: KeyObject): (claims: ProofClaims) => string {
  const header = encode({ alg: "ES256", typ: "JWT", kid });
  return (claims) => {
    const signed = `${header}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  };
}

/** The claims of a token that one of the keys signed; null for anything else. Says nothing of expiry and app. */
export function readToken(token: string, keys: ReadonlyMap<string, ProofKey>): ProofClaims | null {
  if (token.length > maxTokenLength) return null;
  const [header = "", claims = "", signature = "", ...more] = token.split(".");
  if (more.length > 0 || !signatureShape.test(signature)) return null;
  const { alg, kid } = parse(header);
  const key = typeof kid === "string" ? keys.get(kid) : undefined;
  // The algorithm is ours to choose, never the token's (RFC 8725 §3.1).
  if (key === undefined || alg !== "ES256") return null;
  const options = { key: key.publicKey, dsaEncoding: "ieee-p1363" } as const;
  const isSigned = verify("sha256", Buffer.from(`${header}.${claims}`), options, Buffer.from(signature, "base64url"));
  // What our own key signed has the form that we gave it.
  return isSigned ? (parse(claims) as unknown as ProofClaims) : null;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
