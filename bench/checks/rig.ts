/** The servers that are checked against, each a process of its own on a Redis of its own. */
import { forkSide } from "../support/child.ts";
import { type Source, thisCommit } from "../support/commit.ts";
import { type GatewayName, startGateway } from "../support/gateway.ts";
import type { Profile } from "../support/gateway-config.ts";
import type { Parts } from "../support/parts.ts";
import { startOwnRedis } from "../support/redis.ts";
import { startTelephony } from "../support/telephony.ts";
import { createSupply, type Supply } from "./supply.ts";

export type ServerName = GatewayName | "bare";

export interface Server {
  readonly name: ServerName;
  readonly url: string;
  readonly pid: number;
  readonly redisPid: number;
  readonly apiKey: string;
  readonly supply: Supply;
}

export interface Rig {
  readonly servers: readonly Server[];
  readonly redisVersion: string;
}

/** @param other one more gateway, of another commit; null: none */
export async function startRig(
  parts: Parts,
  other: Source | null,
  profile: Profile,
  progress: (line: string) => void,
): Promise<Rig> {
  const { programs, asterisk, asteriskPid } = await startTelephony(parts, progress);
  const { redisServer } = programs;
  const servers: Server[] = [];
  for (const [name, source] of [
    ["ours", thisCommit],
    ["other", other],
  ] as const) {
    if (source === null) continue;
    const gateway = await startGateway(parts, name, source, { redisServer, asterisk, profile });
    servers.push({ ...gateway, supply: createSupply(parts, gateway, asteriskPid) });
  }
  const redis = await startOwnRedis(parts, "the bare server", redisServer);
  const bare = await forkSide<{ url: string }>(
    parts,
    "the bare server",
    new URL("./bare-process.ts", import.meta.url),
    {
      BENCH_REDIS: redis.url,
    },
  );
  servers.push({
    ...{ name: "bare", url: bare.ready.url, pid: bare.pid, redisPid: redis.pid, apiKey: "none" },
    supply: { prepare: async () => {}, nextId: () => `bare${bareIds++ % manyIds}` },
  });
  return { servers, redisVersion: redisServer.version };
}

/** As many records as the gateways have. */
const manyIds = 2000;
let bareIds = 0;
