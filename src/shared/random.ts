/** Randomness as the domain sees it. Injected, so that tests are reproducible. */
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
  bytes: (length) => randomBytes(length),
};
