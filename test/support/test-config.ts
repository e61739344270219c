/** Configurations for tests: the schema's defaults, and what a test is about. */
import { resolveConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";

/** The least that must be given: one trunk, one block of caller IDs, one app. A new copy each time, to be changed. */
export function leastConfig() {
  return {
    redis: { url: "redis://127.0.0.1:6379" } as Record<string, unknown>,
    // Tests start several gateways on one Redis, which a SQLite file does not permit.
    records: { url: "off" } as Record<string, unknown>,
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

/**
 * The least configuration as the gateway loads it, every default filled in.
 * @param overrides sections that replace those of the least one, or add to it
 * @throws {ConfigError}
 */
export function testConfig(overrides: Readonly<Record<string, unknown>> = {}): Config {
  return resolveConfig({ name: "test", document: { ...leastConfig(), ...overrides }, env: {} });
}

/**
 * A trunk as the gateway loads it.
 * @param own keys beside `asterisk`, `endpoint` and `ranges`, or in their place
 */
export function testTrunk(own: Readonly<Record<string, unknown>> = {}): Config["trunks"][string] {
  const { a } = testConfig({
    trunks: { a: { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], ...own } },
  }).trunks;
  if (a === undefined) throw new Error("the trunk is gone");
  return a;
}
