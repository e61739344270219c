/** Two gateways on one Redis before the same providers and, for calls, the same Asterisk and carriers. */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { type AsteriskServer, startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { apiKey } from "../../support/gateway.ts";
import { openRtpEar, type RtpEar } from "../../support/rtp-ear.ts";
import { scenarioXml } from "../../support/scenarios.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { type Document, documentOf } from "../configuration.ts";
import { type PhoneCall, readPhones } from "../phones.ts";
import { temporaryFolder } from "../programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../programs/gateway-process.ts";
import { type AppendFsync, startPersistentRedis } from "../programs/persistent-redis.ts";
import { createStops, type Stops } from "../programs/stops.ts";
import { channelsLeft } from "../rest.ts";
import { type Carrier, carrierPrefixes } from "./lines.ts";
import { type Providers, startProviders } from "./providers.ts";

/** No longer than a step needs: the last one begins after two waits, and a minute is left to it. */
export const ttlMs = 120_000;

export interface DeliveriesWorld {
  /** The first one is killed, again and again; the other one lives. */
  readonly doomed: GatewayProcess;
  readonly survivor: GatewayProcess;
  readonly all: readonly GatewayProcess[];
  readonly redisUrl: string;
  /** What is left of calls in Asterisk, in words. */
  left(): Promise<readonly string[]>;
  readonly providers: Providers;
  /** Of the person whose phone hears a code. */
  readonly ear: RtpEar;
  /** All calls of all phones so far, by callee. */
  phones(): Promise<Map<string, PhoneCall[]>>;
  stop(): Promise<void>;
}

/** A carrier says nothing for so long: the gateway is killed before. */
const silentMs = 20_000;

/** @param options.calls whether there are an Asterisk and carriers; without them nothing listens there */
export async function startDeliveriesWorld(options: {
  readonly appendfsync: AppendFsync;
  readonly calls: boolean;
}): Promise<DeliveriesWorld> {
  const stops = createStops();
  try {
    const programs = await findPrograms();
    const providers = stops.add(await startProviders());
    const { dir } = stops.add(await temporaryFolder());
    const ear = await openRtpEar();
    stops.add({ stop: async () => ear.close() });
    const carriers: Readonly<Record<string, SippCarrier>> = options.calls ? await startCarriers(stops, dir, ear) : {};
    const trunks = Object.entries(carriers).map(([name, { port }]) => {
      return { name, host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 } as const;
    });
    const asterisk = options.calls ? stops.add(await startAsterisk(programs.asterisk, { trunks })) : nowhere;
    const redis = stops.add(await startPersistentRedis(programs.redisServer, options.appendfsync));
    const names = Object.keys(carrierPrefixes) as Carrier[];
    const layout = {
      ...{ redisUrl: redis.url, asterisks: { only: asterisk }, driver: "ari-websocket" as const },
      trunks: Object.fromEntries(names.map((name) => [name, { asterisks: ["only"] }])),
      routes: names.map((name) => ({ prefix: carrierPrefixes[name], trunks: [name] })),
    };
    const gateway = async (name: string) => {
      const document = withMessages(documentOf(layout, `onering-${name}`), providers);
      return stops.add(await startGatewayProcess({ name, dir, document }));
    };
    const [doomed, survivor] = [await gateway("doomed"), await gateway("survivor")];
    await Promise.all([doomed.ready(), survivor.ready()]);
    providers.setGateway(survivor.url);
    return {
      ...{ doomed, survivor, all: [doomed, survivor], providers, ear, redisUrl: redis.url },
      left: async () => (options.calls ? channelsLeft([asterisk]) : []),
      phones: () => readPhones(Object.values(carriers)),
      stop: () => stops.stop(),
    };
  } catch (error) {
    await stops.stop();
    throw error;
  }
}

async function startCarriers(stops: Stops, dir: string, ear: RtpEar): Promise<Record<Carrier, SippCarrier>> {
  const start = async (...[options]: Parameters<typeof startSipp>) => stops.add(await startSipp(options));
  const speaking = path.join(dir, "speaking.xml");
  const answer = { send: "200 OK", mediaPort: ear.port };
  await writeFile(speaking, scenarioXml([{ send: "180 Ringing" }, answer, "ack", "bye"]));
  return {
    silent: await start({ scenario: "ringing", pauseMs: silentMs }),
    ringing: await start({ scenario: "ringing" }),
    answering: await start({ scenario: "answer" }),
    speaking: await start({ scenario: speaking }),
  };
}

function withMessages(document: Document, providers: Providers): Document {
  return {
    ...document,
    ...providers.config,
    apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)], mixed_proofs: true, needs_person: false } },
    verification: { ttl_seconds: ttlMs / 1000, start_gap_seconds: 0 },
    // A phone still rings when all others are in their states.
    calls: { ...(document.calls as object), ring_ms: 5000 },
    voice: { ring_ms: 5000, max_call_ms: 15_000 },
  };
}

const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
const nowhere: Pick<AsteriskServer, "ari" | "ami"> = { ari: nothing, ami: nothing };
