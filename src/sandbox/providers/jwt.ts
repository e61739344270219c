/** Checks JSON Web Tokens as Google, Apple and push services do. */
import { type KeyObject, verify } from "node:crypto";

export interface Jwt {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The token's content where its signature is the key's; null otherwise. */
export function readJwt(token: string, key: KeyObject): Jwt | null {
  const [header = "", claims = "", signature = "", ...more] = token.split(".");
  if (more.length > 0) return null;
  const isEc = key.asymmetricKeyType === "ec";
  const signed = Buffer.from(`${header}.${claims}`);
  const options = isEc ? ({ key, dsaEncoding: "ieee-p1363" } as const) : key;
  if (!verify("sha256", signed, options, Buffer.from(signature, "base64url"))) return null;
  const content = { header: partOf(header), claims: partOf(claims) };
  return content.header.alg === (isEc ? "ES256" : "RS256") ? content : null;
}

function partOf(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as Record<string, unknown>;
}
