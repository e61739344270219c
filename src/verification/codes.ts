/**
 * The code of a verification's messages and voice calls: derived, never stored. The idea is RFC 4226 (HOTP), without its
 * bias: a value mod 10^n is not uniform, so digits are drawn by rejection instead.
 *
 * One verification and recipient has one code for all of its channels; a new generation has a new one (docs/adr/0034).
 */
import { createHmacSha256, type HmacSha256 } from "../shared/hmac.ts";
import type { VerificationSettings } from "./config.ts";
import { createKeyRing, type KeySecrets } from "./key-ring.ts";

/** Fewer digits are guessed too easily, more are mistyped. */
export const codeDigits = { min: 4, max: 10 } as const;

/**
 * NIST SP 800-63B, 5.1.3.2: an out-of-band code is valid for at most 10 minutes. From its first sending: a resend
 * within this time sends the same code and does not prolong it.
 */
export const codeLifetimeMs = 600_000;
/** A delivery whose code would be accepted for less than this gets the next generation: the person must have time to type. */
export const leastLifetimeMs = 60_000;

/** The fewest digits of a code that all wrong checks of one callee find with at most `max_guess_probability`. */
export function leastCodeDigits(
  limits: Pick<VerificationSettings, "wrong_checks_per_callee" | "max_guess_probability">,
): number {
  return Math.ceil(Math.log10(limits.wrong_checks_per_callee / limits.max_guess_probability) - 1e-9);
}

/** Below it a byte's last decimal digit is uniform: 250 = 25 × 10. */
const unbiasedBytes = 250;

/** Everything that a code depends on. */
export interface CodeInput {
  readonly verificationId: string;
  /** Separates codes of different use. */
  readonly kind: string;
  /** The canonical `to`. */
  readonly recipient: string;
  /** 1 for the first code of this recipient. */
  readonly generation: number;
  /** Digits, within `codeDigits`. */
  readonly length: number;
  /** How many codes before it were equal to the code of another recipient of the verification. */
  readonly redraw?: number;
}

export interface Codes {
  /** Names the key of new codes; to be stored with a verification, so that a resend finds the same key. */
  readonly keyId: string;
  /**
   * The code: ASCII digits, uniformly distributed.
   * @param keyId the key that the verification began with; without it the current one
   * @returns null where that key is no longer configured: the next generation has the current key
   * @throws {RangeError} where the length is outside of `codeDigits`
   */
  derive(input: CodeInput, keyId?: string): string | null;
}

/**
 * @param hmacKey `secrets.hmac_key`
 * @param own `secrets.code_key`
 */
export function createCodes(hmacKey: string, own?: KeySecrets): Codes {
  const keys = createKeyRing("code", hmacKey, own);
  const hmacs = new Map(keys.all.map(({ id, key }) => [id, createHmacSha256(key.export())]));
  return {
    keyId: keys.current.id,
    derive(input, keyId = keys.current.id) {
      const hmac = hmacs.get(keyId);
      return hmac === undefined ? null : digitsOf(hmac, input);
    },
  };
}

function digitsOf(hmac: HmacSha256, input: CodeInput): string {
  const { verificationId, kind, recipient, generation, length, redraw = 0 } = input;
  if (!Number.isInteger(length) || length < codeDigits.min || length > codeDigits.max) {
    throw new RangeError(`a code has ${codeDigits.min} to ${codeDigits.max} digits, not ${length}`);
  }
  let digits = "";
  // One block nearly always suffices; fewer than 10 of its 32 bytes are accepted once in 10^30.
  for (let block = 0; digits.length < length; block++) {
    // JSON keeps the parts apart: no two inputs have the same text.
    const text = JSON.stringify([verificationId, kind, recipient, generation, length, redraw, block]);
    for (const byte of hmac.bytes(text)) {
      if (byte < unbiasedBytes && digits.length < length) digits += byte % 10;
    }
  }
  return digits;
}
