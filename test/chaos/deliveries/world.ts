/** Two gateways on one Redis before the same providers and, for voice, the same Asterisk and carriers. */
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { type AsteriskServer, startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { apiKey } from "../../support/gateway.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { type Document, documentOf } from "../configuration.ts";
import { type PhoneCall, readPhones } from "../phones.ts";
import { temporaryFolder } from "../programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../programs/gateway-process.ts";
import { type AppendFsync, startPersistentRedis } from "../programs/persistent-redis.ts";
import { createStops } from "../programs/stops.ts";
import { prefixes } from "./lines.ts";
import { type Providers, startProviders } from "./providers.ts";

/** No longer than a step needs: the last one begins after two waits, and a minute is left to it. */
export const ttlMs = 120_000;

export interface DeliveriesWorld {
  /** The first one is killed, again and again; the other one lives. */
  readonly doomed: GatewayProcess;
  readonly survivor: GatewayProcess;
  readonly providers: Providers;
  /** All calls of all phones so far, by callee. */
  phones(): Promise<Map<string, PhoneCall[]>>;
  stop(): Promise<void>;
}

/** A carrier that is silent for so long: the gateway is killed before. */
const silentMs = 20_000;

/** @param options.voice whether there are an Asterisk and carriers; without them nothing listens there */
export async function startDeliveriesWorld(options: {
  readonly appendfsync: AppendFsync;
  readonly voice: boolean;
}): Promise<DeliveriesWorld> {
  const stops = createStops();
  try {
    const programs = await findPrograms();
    const providers = stops.add(await startProviders());
    const carriers: Record<string, SippCarrier> = {};
    if (options.voice) {
      carriers.calling = stops.add(await startSipp({ scenario: "ringing", pauseMs: silentMs }));
      carriers.ringing = stops.add(await startSipp({ scenario: "ringing" }));
      carriers.answered = stops.add(await startSipp({ scenario: "answer" }));
    }
    const trunks = Object.entries(carriers).map(([name, { port }]) => {
      return { name, host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 } as const;
    });
    const asterisk = options.voice ? stops.add(await startAsterisk(programs.asterisk, { trunks })) : nowhere;
    const redis = stops.add(await startPersistentRedis(programs.redisServer, options.appendfsync));
    const { dir } = stops.add(await temporaryFolder());
    const names = ["calling", "ringing", "answered"] as const;
    const layout = {
      ...{ redisUrl: redis.url, asterisks: { only: asterisk }, driver: "ari-websocket" as const },
      trunks: Object.fromEntries(names.map((name) => [name, { asterisks: ["only"] }])),
      routes: names.map((name) => ({ prefix: prefixes[name], trunks: [name] })),
    };
    const gateway = async (name: string) => {
      const document = withMessages(documentOf(layout, `onering-${name}`), providers);
      return stops.add(await startGatewayProcess({ name, dir, document }));
    };
    const [doomed, survivor] = [await gateway("doomed"), await gateway("survivor")];
    await Promise.all([doomed.ready(), survivor.ready()]);
    providers.setGateway(survivor.url);
    return {
      ...{ doomed, survivor, providers },
      phones: () => readPhones(Object.values(carriers)),
      stop: () => stops.stop(),
    };
  } catch (error) {
    await stops.stop();
    throw error;
  }
}

function withMessages(document: Document, providers: Providers): Document {
  return {
    ...document,
    ...providers.config,
    apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)], mixed_proofs: true, needs_person: false } },
    verification: { ttl_seconds: ttlMs / 1000, start_gap_seconds: 0 },
    voice: { ring_ms: 5000, max_call_ms: 15_000 },
  };
}

const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
const nowhere: Pick<AsteriskServer, "ari" | "ami"> = { ari: nothing, ami: nothing };
