/** `onering key`: a new API key for an app, and its hash for the configuration; or a key that signs results. */
import { apiKeyHash, generateApiKey } from "../apps/api-keys.ts";
import { newProofKey, readProofKey } from "../proofs/keys.ts";
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
