/**
 * A proof of work without a third party: the page searches for a number so that the SHA-256 of `<challenge>.<number>` begins
 * with enough zero bits. The challenge is the start token's, so that it is signed, expires, and is used once with the token; it
 * fits with the number into one block of SHA-256.
 */
import { hash } from "node:crypto";
import type { HumanCheckConfig } from "./config.ts";
import type { HumanCheck } from "./port.ts";

/** 43 characters of challenge, a dot and these fill the 55 bytes of a single block. */
const maxDigits = 11;
const solution = new RegExp(`^(0|[1-9]\\d{0,${maxDigits - 1}})$`);

export function createProofOfWork(name: string, { bits }: Pick<HumanCheckConfig, "bits">): HumanCheck {
  return {
    failOpen: false,
    task: (challenge) => ({ check: name, provider: "proof_of_work", site_key: null, action: null, challenge, bits }),
    async verify(answer, { challenge }) {
      if (!solution.test(answer)) return { kind: "failed", why: "no_number" };
      return leadingZeroBits(hash("sha256", `${challenge}.${answer}`, "buffer")) >= bits
        ? { kind: "passed" }
        : { kind: "failed", why: "too_few_zero_bits" };
    },
  };
}

export function leadingZeroBits(digest: Buffer): number {
  const at = digest.findIndex((byte) => byte !== 0);
  return at < 0 ? digest.length * 8 : at * 8 + Math.clz32(digest[at] as number) - 24;
}
