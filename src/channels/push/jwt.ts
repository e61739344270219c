/** Signs JSON Web Tokens (RFC 7515, 7519) for Google (RS256), Apple and VAPID (ES256). */
import { type KeyObject, sign } from "node:crypto";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** @param header what it needs beside `alg`, which the key decides */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const alg = key.asymmetricKeyType === "ec" ? "ES256" : "RS256";
  const signed = `${encode({ ...header, alg })}.${encode(claims)}`;
  // JWS wants r and s side by side, not in DER (RFC 7518 §3.4).
  const signature = sign("sha256", Buffer.from(signed), alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key);
  return `${signed}.${signature.toString("base64url")}`;
}
