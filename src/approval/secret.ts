/**
 * The secret with which an app's approval questions are signed, in the form of Standard Webhooks. Derived (HKDF-SHA-256, RFC 5869),
 * so none is kept anywhere: an operator prints it where it is needed.
 */
import { hkdfSync } from "node:crypto";

const secretBytes = 32;

/** @param hmacKey `secrets.hmac_key` @param version `apps.<name>.approval.secret_version` */
export function approvalSecret(hmacKey: string, app: string, version: number): string {
  const bytes = hkdfSync("sha256", hmacKey, "", `onering approval ${version} ${app}`, secretBytes);
  return `whsec_${Buffer.from(bytes).toString("base64")}`;
}

/** Each signs: the present one, and during a rotation the one before. */
export function approvalSecrets(hmacKey: string, app: string, version: number): readonly string[] {
  return [version, version - 1].filter((one) => one > 0).map((one) => approvalSecret(hmacKey, app, one));
}
