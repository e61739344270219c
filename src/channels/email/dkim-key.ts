/** The DKIM key: private in the configuration, public in a DNS record (RFC 6376 § 3.6.1). */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** RFC 8301 § 3.2: signers must use at least 1024 bits and should use 2048. */
const leastBits = 1024;
export const recommendedBits = 2048;

export type DkimKey = { readonly key: KeyObject; readonly bits: number } | { readonly expected: string };

/**
 * Reads a private key in PEM; `\n` written out, as environment files have it, counts as a line break.
 * @returns the key, or what is needed instead; quotes nothing of it
 */
export function readDkimKey(pem: string): DkimKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.replaceAll("\\n", "\n"));
  } catch {
    return { expected: "a private key in PEM without a passphrase (`openssl genrsa 2048`)" };
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  // Receivers need not know Ed25519 (RFC 8463), and the signer has RSA only: other keys would leave messages unsigned.
  if (key.asymmetricKeyType !== "rsa") return { expected: `an RSA key (this one is ${key.asymmetricKeyType})` };
  return bits < leastBits
    ? { expected: `an RSA key of at least ${leastBits} bits (this one has ${bits})` }
    : { key, bits };
}

/** Base64 of the public key as it is published. */
export function publicKeyOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
}

/** The name and the text of the TXT record to publish. */
export function dkimRecord(domain: string, selector: string, key: KeyObject): { name: string; text: string } {
  return { name: dkimRecordName(domain, selector), text: `v=DKIM1; k=rsa; p=${publicKeyOf(key)}` };
}

export function dkimRecordName(domain: string, selector: string): string {
  return `${selector}._domainkey.${domain}`;
}

/** Whether DMARC's relaxed alignment can hold (RFC 7489 § 3.1.1): one domain is the other or above it. */
export function isAligned(from: string, signing: string): boolean {
  const [one, two] = [from.toLowerCase(), signing.toLowerCase()];
  return one === two || one.endsWith(`.${two}`) || two.endsWith(`.${one}`);
}
