/** Signatures and secrets as Standard Webhooks 1.0.0 has them (standardwebhooks specification, "Signature scheme"). */
import { createHmacSha256, type HmacSha256 } from "../shared/hmac.ts";
import type { Random } from "../shared/random.ts";

/** The specification asks for 24 to 64 bytes. */
const secretBytes = 32;
const prefix = "whsec_";
/** Secrets of the endpoints that this gateway delivers to; each takes about 2 KB. */
const mostKept = 1000;

/** A new secret: `whsec_` and base64. */
export function newSecret(random: Random): string {
  return `${prefix}${random.bytes(secretBytes).toString("base64")}`;
}

/** @param secrets each signs; receivers accept the message where one of them fits (rotation) */
export function signedHeaders(
  message: { readonly id: string; readonly timestampMs: number; readonly body: string },
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(message.timestampMs / 1000));
  const text = `${message.id}.${timestamp}.${message.body}`;
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets.map((secret) => `v1,${sign(secret, text)}`).join(" "),
  };
}

const kept = new Map<string, HmacSha256>();

/** A key object for each delivery took a tenth of its time. */
function sign(secret: string, text: string): string {
  let hmac = kept.get(secret);
  if (hmac === undefined) {
    if (kept.size >= mostKept) kept.clear();
    hmac = createHmacSha256(Buffer.from(secret.slice(prefix.length), "base64"));
    kept.set(secret, hmac);
  }
  return hmac.base64(text);
}
