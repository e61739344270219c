/** What both sides call through: one Asterisk, one SIPp carrier that rings, and for the gateway its Redis. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { apiKeyHash, generateApiKey } from "../../src/apps/api-keys.ts";
import { startAsterisk } from "../../src/local/asterisk/asterisk.ts";
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { startRedis } from "../../src/local/redis-server.ts";
import { cryptoRandom } from "../../src/shared/random.ts";
import { startSipp } from "../../test/support/sipp.ts";
import type { Parts } from "./arrangement.ts";
import { type Side, type SideName, startBare, startOurs } from "./side.ts";

const endpoint = "carrier";
/** More than ever ring at once: the bench looks for the machine's limit, not for a configured one. */
const maxConcurrentCalls = 5000;
/** Admission runs, and never makes a call wait. */
const mostCallsPerSecond = 10_000;

export interface Rig {
  readonly sides: Readonly<Record<SideName, Side>>;
  readonly asteriskVersion: string;
  readonly parts: Parts;
  readonly asteriskPid: number;
  stop(): Promise<void>;
}

/** Starts everything; whatever started is ended again where a later part fails. */
export async function startRig(progress: (line: string) => void): Promise<Rig> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const programs = await ensureRuntime({ forTests: true, progress });
    const carrier = await startSipp({ scenario: "ringing", transport: "tcp", trace: false });
    stops.push(() => carrier.stop());
    const trunk = { name: endpoint, host: "127.0.0.1", port: carrier.port, transport: "tcp" } as const;
    const asterisk = await startAsterisk(programs.asterisk, { trunks: [trunk] });
    stops.push(() => asterisk.stop());
    const redis = await startRedis(programs.redisServer);
    stops.push(() => redis.stop());
    const dir = await mkdtemp(path.join(tmpdir(), "onering-bench-"));
    stops.push(() => rm(dir, { recursive: true, force: true }));

    const apiKey = generateApiKey(cryptoRandom);
    const configPath = path.join(dir, "onering.yaml");
    await writeFile(configPath, stringify(gatewayConfig({ asterisk, redis, apiKey })));
    const ours = await startOurs(configPath, apiKey);
    stops.push(() => ours.stop());
    const { url: ariUrl, user: ariUser, password: ariPassword } = asterisk.ari;
    const startPeer = async (control: "http" | "websocket") => {
      const peer = await startBare({ control, ariUrl, ariUser, ariPassword, endpoint });
      stops.push(() => peer.stop());
      return peer;
    };
    const sides = { ours, bare_http: await startPeer("http"), bare_websocket: await startPeer("websocket") };
    const parts = {
      telephonyPids: [asterisk.pid, carrier.pid],
      // This process is the load.
      gatewayPids: [...Object.values(sides).map((side) => side.pid), redis.pid, process.pid],
    };
    return { sides, parts, asteriskVersion: programs.asterisk.version, asteriskPid: asterisk.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function gatewayConfig(parts: {
  asterisk: Awaited<ReturnType<typeof startAsterisk>>;
  redis: { url: string };
  apiKey: string;
}) {
  const { ari, ami } = parts.asterisk;
  return {
    http: { port: 0, rate_limit_per_minute: 1_000_000 },
    redis: { url: parts.redis.url },
    secrets: { hmac_key: randomBytes(32).toString("hex") },
    asterisks: {
      local: {
        ari_url: ari.url,
        ari_user: ari.user,
        ari_password: ari.password,
        ami: { host: ami.host, port: ami.port, user: ami.user, password: ami.password },
        max_concurrent_calls: maxConcurrentCalls,
        calls_per_second: mostCallsPerSecond,
      },
    },
    trunks: {
      carrier: {
        asterisk: "local",
        endpoint,
        ranges: ["block"],
        max_concurrent_calls: maxConcurrentCalls,
        calls_per_second: mostCallsPerSecond,
      },
    },
    ranges: { block: { prefix: "+44770090", digits: 4 } },
    routes: [{ prefix: "+", trunks: ["carrier"] }],
    apps: { bench: { api_keys_sha256: [apiKeyHash(parts.apiKey)] } },
    calls: { setup_limit_ms: 5000, drain_ms: 5000 },
    // One block stands in for the many that so many calls would need; every call is counted all the same.
    caller_id_reputation: { attempts_per_hour: 1000, attempts_per_day: 5000 },
    log: { level: "warn" },
  };
}
