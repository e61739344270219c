/**
 * How opt-outs are kept: HMAC-SHA-256 of the recipient under a key of their own. They last for years, so previous keys are read
 * as long as they are configured.
 */
import { createHmacSha256, type HmacSha256 } from "../shared/hmac.ts";
import { createKeyRing, type KeySecrets } from "../verification/key-ring.ts";

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
  const [newest, ...older] = [current, ...others].map(({ key }) => createHmacSha256(key.export()));
  const hashOf = (hmac: HmacSha256, to: string) =>
    // Without regard to case, as `Hashes.callee`.
    hmac.bytes(to.toLowerCase()).toString("base64url", 0, hashBytes);
  if (newest === undefined) throw new Error("a key ring has a current key");
  return {
    of: (to) => hashOf(newest, to),
    all: (to) => [newest, ...older].map((hmac) => hashOf(hmac, to)),
  };
}
