/** Two gateways on one Redis, each connected to the same two Asterisks, which lead to one carrier. */
import { type AsteriskServer, startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { startSipp } from "../../support/sipp.ts";
import { documentOf, longestLeaseMs } from "../configuration.ts";
import { type PhoneCall, readPhones } from "../phones.ts";
import { temporaryFolder } from "../programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../programs/gateway-process.ts";
import { type AppendFsync, startPersistentRedis } from "../programs/persistent-redis.ts";
import { createStops } from "../programs/stops.ts";
import { channelsLeft } from "../rest.ts";

/** As a quick carrier's: calls are under way, and have not rung, at any moment. */
const postDialDelayMs = 500;

export interface PairsWorld {
  readonly gateways: readonly [GatewayProcess, GatewayProcess];
  readonly all: readonly GatewayProcess[];
  readonly asterisks: readonly [AsteriskServer, AsteriskServer];
  readonly redisUrl: string;
  readonly longestLeaseMs: number;
  /** All calls of all phones so far, by callee. */
  phones(): Promise<Map<string, PhoneCall[]>>;
  /** The channels that both Asterisks have, in words. */
  left(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface PairsWorldOptions {
  readonly appendfsync: AppendFsync;
  /** Deadline of the gateways' commands; left out: the default. */
  readonly redisTimeoutMs?: number;
}

export async function startPairsWorld(options: PairsWorldOptions): Promise<PairsWorld> {
  const stops = createStops();
  try {
    const programs = await findPrograms();
    const carrier = stops.add(await startSipp({ scenario: "ringing", pauseMs: postDialDelayMs }));
    const trunk = {
      name: "carrier",
      host: "127.0.0.1",
      port: carrier.port,
      transport: "udp",
      qualifySeconds: 0,
    } as const;
    const asterisk = async () => stops.add(await startAsterisk(programs.asterisk, { trunks: [trunk] }));
    const asterisks = [await asterisk(), await asterisk()] as const;
    const redis = stops.add(await startPersistentRedis(programs.redisServer, options.appendfsync));
    const { dir } = stops.add(await temporaryFolder());
    const layout = {
      redisUrl: redis.url,
      ...(options.redisTimeoutMs !== undefined && { redisTimeoutMs: options.redisTimeoutMs }),
      ...{ asterisks: { a: asterisks[0], b: asterisks[1] }, driver: "ari-websocket" as const },
      trunks: { carrier: { asterisks: ["a", "b"] } },
      routes: [{ prefix: "+", trunks: ["carrier"] }],
    };
    const gateway = async (name: string) => {
      const document = documentOf(layout, `onering-${name}`);
      return stops.add(await startGatewayProcess({ name, dir, document }));
    };
    const gateways = [await gateway("one"), await gateway("two")] as const;
    for (const one of gateways) await one.ready();
    return {
      ...{
        gateways,
        all: gateways,
        asterisks,
        redisUrl: redis.url,
        longestLeaseMs: longestLeaseMs(documentOf(layout, "onering")),
      },
      phones: () => readPhones([carrier]),
      left: () => channelsLeft(asterisks),
      stop: () => stops.stop(),
    };
  } catch (error) {
    await stops.stop();
    throw error;
  }
}
