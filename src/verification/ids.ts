/**
 * Verification ids: `v`, the callee's bucket in 4 hex digits, and 128 random bits in 22 url-safe characters.
 * The bucket determines the Redis Cluster slot without a lookup; 128 bits cannot be guessed (RFC 9562 §6.9 asks ≥ 122).
 */
import type { Random } from "../shared/random.ts";

const pattern = /^v([0-9a-f]{4})[A-Za-z0-9_-]{22}$/;

/** @param bucket 4 hex digits */
export function newVerificationId(bucket: string, random: Random): string {
  return `v${bucket}${random.bytes(16).toString("base64url")}`;
}

/** The bucket of a well-formed id; null for any other string, which cannot be an id. */
export function bucketOfId(id: string): string | null {
  return pattern.exec(id)?.[1] ?? null;
}

/**
 * Names one call of a verification. It becomes Asterisk's channel id, so the same call cannot be placed twice.
 * @param attempt 1 for the first call
 */
export function attemptIdOf(verificationId: string, attempt: number): string {
  return `${verificationId}-${attempt}`;
}

const attemptPattern = /^v[0-9a-f]{4}[A-Za-z0-9_-]{22}-[1-9][0-9]{0,5}$/;

/** Whether `text` is what `attemptIdOf` makes. */
export function isAttemptId(text: string): boolean {
  return attemptPattern.test(text);
}
