/** `onering key`: a new API key for an app, and its hash for the configuration; or a key that signs results. */

import { approvalSecret } from "../approval/secret.ts";
import { apiKeyHash, generateApiKey } from "../apps/api-keys.ts";
import { loadConfig } from "../config/load.ts";
import { newProofKey, readProofKey } from "../proofs/keys.ts";
import { ownEntry } from "../shared/own-entry.ts";
import { cryptoRandom } from "../shared/random.ts";

export function printNewKey(): number {
  const key = generateApiKey(cryptoRandom);
  process.stdout.write(
    `API key, for the app alone; it is shown only now:\n  ${key}\n\nfor apps.<name>.api_keys_sha256 in onering.yaml:\n  ${apiKeyHash(key)}\n`,
  );
  return 0;
}

/** The key goes to standard output alone, so that it can be written into a file. */
export function printNewProofKey(): number {
  const pem = newProofKey();
  const key = readProofKey(pem, true);
  if ("expected" in key) throw new Error("a new key cannot be read");
  process.stdout.write(pem);
  process.stderr.write(
    `Private key that signs results, for proofs.signing_key in onering.yaml; it is shown only now.\nIts public key has the kid ${key.kid}\n`,
  );
  return 0;
}

/**
 * The secret with which questions to an app's approval webhook are signed. Derived from the gateway's own, so that none is kept.
 * @throws {ConfigError}
 */
export async function printApprovalSecret(app: string, path: string): Promise<number> {
  const { apps, secrets } = await loadConfig({ path, env: process.env });
  const version = ownEntry(apps, app)?.approval?.secret_version ?? 1;
  process.stdout.write(`${approvalSecret(secrets.hmac_key, app, version)}\n`);
  if (!Object.hasOwn(apps, app))
    process.stderr.write(`${app} is no app of this file: the secret is that of version 1.\n`);
  return 0;
}
