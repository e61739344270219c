/** `onering key`: a new API key for an app, and its hash for the configuration. */
import { apiKeyHash, generateApiKey } from "../apps/api-keys.ts";
import { cryptoRandom } from "../shared/random.ts";

export function printNewKey(): number {
  const key = generateApiKey(cryptoRandom);
  process.stdout.write(
    `API key, for the app alone; it is shown only now:\n  ${key}\n\nfor apps.<name>.api_keys_sha256 in onering.yaml:\n  ${apiKeyHash(key)}\n`,
  );
  return 0;
}
