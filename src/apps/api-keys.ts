/** API keys: random, shown once, kept as hashes. */
import { hash } from "node:crypto";
import type { Random } from "../shared/random.ts";

/** 256 bits: guessing is out of reach, and 43 characters still fit a line. */
const keyBytes = 32;

/** The sandbox's published key: safe there because the sandbox listens on loopback only. Refused everywhere else. */
export const sandboxKey = "sandbox-key";

/**
 * A new API key: `or_` and 43 characters of base64url. The prefix lets secret scanners and people recognise one that
 * lies where it should not.
 */
export function generateApiKey(random: Random): string {
  return `or_${random.bytes(keyBytes).toString("base64url")}`;
}

/**
 * What the configuration keeps of a key: SHA-256 in small hex. A plain fast hash is right here, unlike for passwords:
 * the keys carry 256 random bits (128 would do), so there is nothing that a slow hash would protect from being guessed,
 * and every request pays for it.
 */
export function apiKeyHash(key: string): string {
  return hash("sha256", key);
}
