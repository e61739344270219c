/**
 * Sealing of what must be kept and read back, such as a code that the app gave: AES-256-GCM (NIST SP 800-38D) with a
 * random nonce; the id of what it belongs to is additional data, so that no sealed value can be moved to another record.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../shared/random.ts";
import { createKeyRing, type KeySecrets } from "./key-ring.ts";

/** SP 800-38D, 8.2.2: 96 random bits, for at most 2^32 values under one key. That is 136 years at one a second. */
const nonceBytes = 12;
const tagBytes = 16;

export interface Sealing {
  /**
   * @param id of the record that the value belongs to
   * @returns `<key id>.<base64url of nonce, ciphertext and tag>`; as long as the value, so its length is visible
   */
  seal(id: string, value: string): string;
  /** The value; null where it was sealed for another id, was changed, or its key is no longer configured. */
  open(id: string, sealed: string): string | null;
}

/** The id that a client's session is sealed for: apart from the verification's code, so that neither can stand for the other. */
export const sealedSessionId = (verificationId: string) => `session ${verificationId}`;

/**
 * @param hmacKey `secrets.hmac_key`
 * @param own `secrets.sealing_key`, or the secrets of another purpose
 * @param purpose a constant: what is sealed for one purpose cannot be opened for another
 */
export function createSealing(random: Random, hmacKey: string, own?: KeySecrets, purpose = "sealing"): Sealing {
  const keys = createKeyRing(purpose, hmacKey, own);
  return {
    seal(id, value) {
      const { id: keyId, key } = keys.current;
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(id));
      const sealed = Buffer.concat([nonce, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${keyId}.${sealed.toString("base64url")}`;
    },

    open(id, sealed) {
      const [keyId = "", text = "", ...more] = sealed.split(".");
      const found = keys.find(keyId);
      const bytes = Buffer.from(text, "base64url");
      if (found === undefined || more.length > 0 || bytes.length < nonceBytes + tagBytes) return null;
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv("aes-256-gcm", found.key, nonce, { authTagLength: tagBytes })
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
      } catch {
        // The tag does not match.
        return null;
      }
    },
  };
}
