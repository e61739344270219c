/** Randomness as the domain sees it. Injected, so that tests can repeat what happened. */
import { randomBytes, randomInt } from "node:crypto";

export interface Random {
  /** Uniform integer, 0 ≤ n < `limit`, `limit` ≤ 2^48 − 1. */
  below(limit: number): number;
  /** Uniform bytes. */
  bytes(length: number): Buffer;
}

/** The operating system's cryptographic generator. */
export const cryptoRandom: Random = {
  below: (limit) => randomInt(limit),
  bytes: pooledBytes(),
};

/** One draw of many bytes costs as much as one of few: 3 % of a busy gateway's time, for two ids a call. */
const poolBytes = 4096;

function pooledBytes(): Random["bytes"] {
  let pool = Buffer.alloc(0);
  return (length) => {
    if (length > poolBytes) return randomBytes(length);
    if (pool.length < length) pool = randomBytes(poolBytes);
    // A copy: the pool forgets what it gave.
    const drawn = Buffer.from(pool.subarray(0, length));
    pool.fill(0, 0, length);
    pool = pool.subarray(length);
    return drawn;
  };
}
