/** The key of a Google service account, as Firebase hands it out. */
import { createPrivateKey, type KeyObject } from "node:crypto";

export interface ServiceAccount {
  readonly projectId: string;
  readonly email: string;
  readonly keyId: string;
  readonly key: KeyObject;
  readonly tokenUrl: URL;
}

/** Reads it; `problem` quotes nothing of it. */
export function parseServiceAccount(text: string): { readonly account: ServiceAccount } | { readonly problem: string } {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return { problem: "the JSON of a service account's key; this is no JSON" };
  }
  const { type, project_id, client_email, private_key_id, private_key, token_uri } = value;
  if (type !== "service_account") return { problem: "a key whose `type` is service_account" };
  if (typeof project_id !== "string" || !/^[a-z0-9:.-]{4,60}$/.test(project_id))
    return { problem: "a valid `project_id`" };
  if (typeof client_email !== "string" || !client_email.includes("@")) return { problem: "a `client_email`" };
  if (typeof token_uri !== "string" || !URL.canParse(token_uri)) return { problem: "a `token_uri`" };
  const key = readKey(private_key);
  if (key === null) return { problem: "a `private_key`: an RSA key in PEM" };
  const keyId = typeof private_key_id === "string" ? private_key_id : "";
  return { account: { projectId: project_id, email: client_email, keyId, key, tokenUrl: new URL(token_uri) } };
}

function readKey(pem: unknown): KeyObject | null {
  try {
    const key = createPrivateKey(String(pem));
    return key.asymmetricKeyType === "rsa" ? key : null;
  } catch {
    return null;
  }
}
