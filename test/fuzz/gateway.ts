/** A gateway in a process of its own, without telephony: messages go to memory, records to a SQLite file. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { apiKeyHash } from "../../src/apps/api-keys.ts";
import { Child } from "../../src/local/process/child.ts";
import { leastConfig } from "../support/test-config.ts";

export const keys = { shop: "or_key-of-shop", bank: "or_key-of-bank", operator: "or_key-of-anna" } as const;

const program = path.join(import.meta.dirname, "../support/message-gateway.ts");
/** Of this process: no token of it outlives a run. */
const signingKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
});
const startLimitMs = 30_000;

export interface FuzzedGateway {
  readonly port: number;
  /** What it wrote at level error, and what it printed as it died. */
  complaints(): string;
  hasEnded(): boolean;
  stop(): Promise<void>;
  /** As kill -9. */
  kill(): Promise<void>;
}

/** @param more sections in place of these */
export function fuzzedDocument(redisUrl: string, recordsUrl: string, more: Readonly<Record<string, unknown>> = {}) {
  const app = (key: string) => ({
    api_keys_sha256: [apiKeyHash(key)],
    mixed_proofs: true,
    needs_person: false,
    client_tokens: true,
  });
  return {
    ...leastConfig(),
    asterisks: { pbx: { ari_url: "http://127.0.0.1:9", ari_user: "nobody", ari_password: "nothing-there" } },
    trunks: { a: { asterisk: "pbx", endpoint: "carrier", ranges: ["block"], inbound: { trusted: true } } },
    call_in: { numbers: ["+442079460001", "+442079460002"] },
    // A body that never comes holds its connection for so long.
    http: {
      port: 0,
      shed_at_delay_ms: 10_000,
      shutdown_linger_ms: 0,
      request_timeout_ms: 1000,
      rate_limit_per_minute: 1_000_000,
    },
    redis: { url: redisUrl, command_timeout_ms: 5000 },
    records: { url: recordsUrl, migrate: "on_start" },
    apps: { shop: { ...app(keys.shop), custom_code: true }, bank: app(keys.bank) },
    admin: { api_keys_sha256: [apiKeyHash(keys.operator)] },
    verification: { start_gap_seconds: 0, starts_per_callee_per_hour: 5 },
    calls: { drain_ms: 100 },
    // Receivers are on this machine.
    webhooks: { allow_private: true, endpoints_per_app: 70, concurrency: 5000, deadline_ms: 1000 },
    proofs: { signing_key: signingKey },
    opt_out: { link_base_url: "http://127.0.0.1:9" },
    ...more,
  };
}

/** @param document the whole configuration */
export async function startFuzzedGateway(document: object): Promise<FuzzedGateway> {
  const env = { MESSAGE_GATEWAY: JSON.stringify(document), QUIET: "1" };
  const child = await Child.start("gateway", { command: process.execPath, args: [], env }, [program]);
  await child.waitUntil(
    async () => /^url /m.test(child.output),
    startLimitMs,
    async () => child.output,
  );
  return {
    port: Number(new URL(/^url (\S+)$/m.exec(child.output)?.[1] ?? "").port),
    complaints: () =>
      child.output
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("url "))
        .join("\n"),
    hasEnded: () => !child.running,
    stop: async () => {
      await child.stop();
    },
    kill: async () => {
      await child.kill();
    },
  };
}

/** A place for records that is removed. */
export async function scratchRecords(): Promise<{
  readonly url: string;
  /** The folder that they lie in, for other files too. */
  readonly folder: string;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(path.join(tmpdir(), "onering-fuzz-"));
  return {
    folder,
    url: `sqlite:${path.join(folder, "records.sqlite")}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
