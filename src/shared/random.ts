/** Randomness as the domain sees it. Injected, so that tests are reproducible. */
import { randomBytes, randomInt } from "node:crypto";

export interface Random {
  /** Uniform integer, 0 ≤ n < `limit`, `limit` ≤ 2^48 − 1. */
  below(limit: number): number;
  /** Uniform bytes. */
  bytes(length: number): Buffer;
}

/** A request to the system for each id took more time than the rest of making it (`npm run bench -- calls`). */
const poolBytes = 4096;
let pool = Buffer.alloc(0);
let used = 0;

function pooledBytes(length: number): Buffer {
  if (length > poolBytes / 8) return randomBytes(length);
  if (used + length > pool.length) {
    pool = randomBytes(poolBytes);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + length));
  // What was given out must not be read from here again.
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** The operating system's cryptographic generator. */
export const cryptoRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: pooledBytes,
};
