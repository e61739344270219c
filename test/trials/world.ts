/** One gateway with two apps, its Redis, its Asterisk and a carrier: real programs on loopback. */
import { apiKeyHash } from "../../src/apps/api-keys.ts";
import { startAsterisk } from "../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { startRedis } from "../../src/local/redis-server.ts";
import { type Answer, gatewayClient, startGateway } from "../support/gateway.ts";
import { type Bad, startCarrier } from "./carrier.ts";

const attackerKey = "or_the-key-of-the-attacking-app-of-a-trial";

export interface World {
  /** Starts a verification for the honest app, or with `isAttack` for the other one. */
  start(to: string, isAttack?: boolean): Promise<Answer>;
  get(path: string): Promise<Answer>;
  log(): string;
  stop(): Promise<void>;
}

export async function openWorld(
  bad: Bad,
  config: Record<string, Record<string, unknown> | readonly unknown[]> = {},
): Promise<World> {
  const programs = await findPrograms();
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const program of started.reverse()) await program.stop();
  };
  try {
    const redis = await startRedis(programs.redisServer);
    started.push(redis);
    const carrier = await startCarrier(bad);
    started.push(carrier);
    // Without OPTIONS: a flooded carrier that is late with one answer would take the only trunk away from both apps.
    const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "udp" as const };
    const asterisk = await startAsterisk(programs.asterisk, { trunks: [{ ...trunk, qualifySeconds: 0 }] });
    started.push(asterisk);
    const gateway = await startGateway({
      ...{ redisUrl: redis.url, asterisk },
      config: {
        apps: { attacker: { api_keys_sha256: [apiKeyHash(attackerKey)] } },
        calls: { ring_ms: "5000", setup_limit_ms: "20000", drain_ms: "0" },
        http: { port: "0", rate_limit_per_minute: "1000000", shed_at_delay_ms: "10000" },
        log: { level: "info" },
        ...config,
      },
    });
    started.push(gateway);
    await gateway.waitForHttp("/readyz", 200);
    const attacker = gatewayClient(gateway.url, attackerKey);
    return {
      start: (to, isAttack = false) => (isAttack ? attacker : gateway).post("/v1/verifications", { to }),
      get: gateway.get,
      log: gateway.log,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
