/** One Redis and the two servers on it, each a process of its own. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { stringify } from "yaml";
import { apiKeyHash, generateApiKey } from "../../src/apps/api-keys.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { startRedis } from "../../src/local/redis-server.ts";
import { createStore } from "../../src/redis/index.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import { childDeadlineMs, forkSide, leave } from "../support/child.ts";
import { app, createSupply, type Supply } from "./supply.ts";

export interface Server {
  readonly url: string;
  readonly pid: number;
}

export interface Rig {
  readonly ours: Server;
  readonly bare: Server;
  readonly apiKey: string;
  readonly redis: { readonly pid: number; readonly version: string };
  readonly supply: Supply;
  stop(): Promise<void>;
}

/** Starts everything; whatever started is ended again where a later part fails. */
export async function startRig(progress: (line: string) => void): Promise<Rig> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const programs = await ensureRuntime({ forTests: false, progress });
    const redis = await startRedis(programs.redisServer);
    stops.push(() => redis.stop());
    const dir = await mkdtemp(path.join(tmpdir(), "onering-bench-"));
    stops.push(() => rm(dir, { recursive: true, force: true }));
    const apiKey = generateApiKey(cryptoRandom);
    const configPath = path.join(dir, "onering.yaml");
    await writeFile(configPath, stringify(gatewayConfig(redis.url, apiKey)));
    const config = await loadConfig({ path: configPath, env: {} });

    const logger = pino({ level: "silent" });
    const store = createStore({
      redis: config.redis,
      reputation: config.caller_id_reputation,
      clock: systemClock,
      logger,
    });
    stops.push(() => store.close());
    while (!(await store.ping())) await new Promise((resolve) => setTimeout(resolve, 10));

    // The gateway of the other bench: the whole product, composed as in production.
    const ours = await startServer("../calls/gateway-process.ts", { BENCH_CONFIG: configPath });
    stops.push(ours.stop);
    const bare = await startServer("./bare-process.ts", { BENCH_REDIS: redis.url });
    stops.push(bare.stop);
    const supply = createSupply(store, config);
    return { ours, bare, apiKey, redis: { pid: redis.pid, version: programs.redisServer.version }, supply, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startServer(file: string, env: Record<string, string>) {
  const child = forkSide(new URL(file, import.meta.url), env);
  try {
    const [{ url }] = (await once(child, "message", { signal: AbortSignal.timeout(childDeadlineMs) })) as [
      { url: string },
    ];
    return { url, pid: child.pid ?? 0, stop: () => leave(child) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Checks need no telephony: nothing listens where this configuration looks for Asterisk. */
function gatewayConfig(redisUrl: string, apiKey: string) {
  return {
    http: { port: 0, rate_limit_per_minute: 1_000_000 },
    redis: { url: redisUrl },
    secrets: { hmac_key: randomBytes(32).toString("hex") },
    asterisks: { none: { ari_url: "http://127.0.0.1:1", ari_user: "none", ari_password: "none" } },
    trunks: { carrier: { asterisk: "none", endpoint: "carrier", ranges: ["block"] } },
    ranges: { block: { prefix: "+4420794", digits: 6 } },
    routes: [{ prefix: "+", trunks: ["carrier"] }],
    apps: { [app]: { api_keys_sha256: [apiKeyHash(apiKey)] } },
    // As many checks a verification as can be configured: fewer verifications to prepare.
    verification: { max_checks: 10, wrong_checks_per_callee: 100, ttl_seconds: 600 },
  };
}
