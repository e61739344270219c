/**
 * The key that signs PASSporTs, and the certificate that carriers verify them with (RFC 8226, ATIS-1000080): P-256 alone, as
 * RFC 8225 section 8.1 has only ES256.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

export interface SigningKey {
  readonly key: KeyObject;
  /** Of the certificate, milliseconds since the epoch; null where none was given. */
  readonly expiresAtMs: number | null;
}

/** What is wrong with a key or certificate, in words that quote nothing of them. */
export interface KeyProblem {
  readonly part: "private_key" | "certificate";
  readonly given: string;
  readonly expected: string;
}

/** DER of the object identifier of TNAuthorizationList: 1.3.6.1.5.5.7.1.26 (RFC 8226 section 9). */
const tnAuthorizationList = Buffer.from("06082b0601050507011a", "hex");

/**
 * Reads and checks them. A `\n` that is written out, as environment files have it, counts as a line break.
 * @param certificate PEM, our own first; null: the operator gives none, so only the key is checked
 */
export function readSigningKey(privateKey: string, certificate: string | null, nowMs: number): SigningKey | KeyProblem {
  const key = readKey(privateKey);
  if ("part" in key) return key;
  if (certificate === null) return { key, expiresAtMs: null };
  const leaf = readCertificate(certificate);
  if (leaf === null) return wrong("certificate", "no certificate", "a certificate in PEM, our own before its issuers'");
  if (!leaf.checkPrivateKey(key)) {
    return wrong("certificate", "the certificate of another key", "the certificate that was issued for private_key");
  }
  const [fromMs, toMs] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
  if (!(fromMs <= nowMs)) return wrong("certificate", `not valid before ${leaf.validFrom}`, "one that is valid now");
  if (!(nowMs < toMs)) return wrong("certificate", `expired on ${leaf.validTo}`, "one that is valid now");
  return { key, expiresAtMs: toMs };
}

/** Whether a certificate says which numbers its holder may sign for (RFC 8226): carriers reject one that does not. */
export function hasTnAuthorizationList(certificate: string): boolean {
  return readCertificate(certificate)?.raw.includes(tnAuthorizationList) ?? false;
}

function readKey(pem: string): KeyObject | KeyProblem {
  const expected = "a private key on the curve P-256, in PEM, without a passphrase";
  const text = linesOf(pem);
  if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) {
    return wrong("private_key", "a key with a passphrase", expected);
  }
  try {
    const key = createPrivateKey(text);
    const curve = key.asymmetricKeyDetails?.namedCurve;
    if (curve === "prime256v1") return key;
    const kind = curve === undefined ? (key.asymmetricKeyType ?? "unknown") : `curve ${curve}`;
    return wrong("private_key", `a key of another kind (${kind})`, expected);
  } catch {
    return wrong("private_key", "what is no private key", expected);
  }
}

function readCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(linesOf(pem));
  } catch {
    return null;
  }
}

const linesOf = (pem: string) => pem.trim().replaceAll("\\n", "\n");

function wrong(part: KeyProblem["part"], given: string, expected: string): KeyProblem {
  return { part, given, expected };
}
