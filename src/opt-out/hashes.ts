/**
 * How opt-outs are kept: HMAC-SHA-256 of the recipient under a key of their own. They last for years, so previous keys are read
 * as long as they are configured.
 */
import { createHmac } from "node:crypto";
import { createKeyRing, type Key, type KeySecrets } from "../verification/key-ring.ts";

/** 128 bits: in links they cost characters. */
const hashBytes = 16;

export interface OptOutHashes {
  /** Under the current key: what is written. */
  of(to: string): string;
  /** Under every key, the current one first: what is read. */
  all(to: string): readonly string[];
}

/** @param own `secrets.opt_out_key` */
export function createOptOutHashes(hmacKey: string, own?: KeySecrets): OptOutHashes {
  const { current, all } = createKeyRing("opt-outs", hmacKey, own);
  const others = all.filter(({ id }) => id !== current.id);
  const hashOf = ({ key }: Key, to: string) =>
    // Without regard to case, as `Hashes.callee`.
    createHmac("sha256", key).update(to.toLowerCase()).digest().toString("base64url", 0, hashBytes);
  return {
    of: (to) => hashOf(current, to),
    all: (to) => [current, ...others].map((key) => hashOf(key, to)),
  };
}
