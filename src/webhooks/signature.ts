/** Signatures and secrets as Standard Webhooks 1.0.0 has them (standardwebhooks specification, "Signature scheme"). */
import { createHmac } from "node:crypto";
import type { Random } from "../shared/random.ts";

/** The specification asks for 24 to 64 bytes. */
const secretBytes = 32;
const prefix = "whsec_";

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

function sign(secret: string, text: string): string {
  return createHmac("sha256", Buffer.from(secret.slice(prefix.length), "base64"))
    .update(text)
    .digest("base64");
}
