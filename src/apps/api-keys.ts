/** API keys: random, shown once, kept as hashes. */
import { hash } from "node:crypto";
import type { Random } from "../shared/random.ts";

/** 256 bits: not guessable, and 43 characters still fit on a line. */
const keyBytes = 32;

/** The sandbox's published key: safe there because the sandbox listens on loopback only. Refused everywhere else. */
export const sandboxKey = "sandbox-key";
/** The same for the sandbox's operator API. */
export const sandboxOperatorKey = "sandbox-operator-key";

/**
 * A new API key: `or_` and 43 characters of base64url. The prefix lets secret scanners recognise a leaked key.
 */
export function generateApiKey(random: Random): string {
  return `or_${random.bytes(keyBytes).toString("base64url")}`;
}

/**
 * The stored form of a key: SHA-256 in lowercase hex. A fast hash is right here, unlike for passwords: keys
 * have 256 random bits (128 would do), so a slow hash would add no protection against guessing, and each request would
 * pay for it.
 */
export function apiKeyHash(key: string): string {
  return hash("sha256", key);
}
