/** Keys of signed results: EC keys on P-256 (ES256, RFC 7518 §3.4), in PEM or as a JWK, and their public form (RFC 7517). */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from "node:crypto";

/** As `/.well-known/jwks.json` publishes it. */
export interface PublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "ES256";
}

export interface ProofKey {
  /** The JWK's thumbprint (RFC 7638): the same at every gateway, and no two keys share one. */
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
  /** Null where only the public part is known. */
  readonly privateKey: KeyObject | null;
}

export type ReadKey = ProofKey | { readonly expected: string };

const expected = (what: string) => ({
  expected: `${what} on the curve P-256, in PEM or as a JWK (\`onering key --jwt\`)`,
});

/**
 * Reads a key; `\n` written out, as environment files have it, counts as a line break.
 * @param mustSign a private key is needed
 * @returns the key, or what is needed instead; quotes nothing of it
 */
export function readProofKey(text: string, mustSign: boolean): ReadKey {
  const what = mustSign ? "a private key" : "a key";
  const key = parse(text.trim());
  if (key === null || (mustSign && key.type !== "private")) return expected(what);
  if (key.asymmetricKeyType !== "ec" || key.asymmetricKeyDetails?.namedCurve !== "prime256v1") return expected(what);
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const kid = hash("sha256", JSON.stringify({ crv: "P-256", kty: "EC", x, y }), "base64url");
  const jwk: PublicJwk = { kty: "EC", crv: "P-256", x, y, kid, use: "sig", alg: "ES256" };
  return { kid, publicKey, jwk, privateKey: key.type === "private" ? key : null };
}

/** A new private key in PEM (PKCS #8). */
export function newProofKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function parse(text: string): KeyObject | null {
  try {
    if (text.startsWith("{")) {
      const key = JSON.parse(text) as { readonly d?: unknown };
      const jwk = { key, format: "jwk" } as never;
      return key.d === undefined ? createPublicKey(jwk) : createPrivateKey(jwk);
    }
    const pem = text.replaceAll("\\n", "\n");
    return /PRIVATE KEY-----/.test(pem) ? createPrivateKey(pem) : createPublicKey(pem);
  } catch {
    return null;
  }
}
