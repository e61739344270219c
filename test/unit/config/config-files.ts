/** A configuration that loads, to break in one place at a time. */

import { resolveConfig } from "../../../src/config/load.ts";
import { ConfigError, pathText } from "../../../src/typed-yaml/errors.ts";

/** The least that must be given. */
export function leastConfig() {
  return {
    redis: { url: "redis://127.0.0.1:6379" } as Record<string, unknown>,
    secrets: { hmac_key: "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa" } as Record<string, unknown>,
    asterisks: {
      pbx: { ari_url: "http://127.0.0.1:8088", ari_user: "onering", ari_password: "s3xY-pass" },
    } as Record<string, unknown>,
    trunks: { a: { asterisk: "pbx", endpoint: "carrier", ranges: ["block"] } } as Record<string, unknown>,
    ranges: { block: { prefix: "+4477009", digits: 4 } } as Record<string, unknown>,
    routes: [{ prefix: "+", trunks: ["a"] }] as unknown[],
    apps: { shop: { api_keys_sha256: ["ab".repeat(32)] } } as Record<string, unknown>,
  };
}

export type Change = (config: ReturnType<typeof leastConfig> & Record<string, unknown>) => void;

/** What is wrong with the least configuration after a change: `path: given → expected`. */
export function problemsAfter(change: Change, env: Record<string, string> = {}): string[] {
  const document = leastConfig();
  change(document);
  try {
    resolveConfig({ name: "test", document, env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ path, given, expected }) => `${pathText(path)}: ${given} → ${expected}`);
  }
}
