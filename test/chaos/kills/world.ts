/** One gateway, one Redis, one Asterisk and four carriers: whatever of the first three is harmed, the rest stays. */
import { startAsterisk } from "../../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { type Driver, documentOf, longestLeaseMs } from "../configuration.ts";
import { type PhoneCall, readPhones } from "../phones.ts";
import { temporaryFolder } from "../programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../programs/gateway-process.ts";
import { type AppendFsync, startPersistentRedis } from "../programs/persistent-redis.ts";
import { createStops } from "../programs/stops.ts";
import { carrierMs, plans } from "../states.ts";

export const victims = ["gateway", "asterisk", "redis"] as const;
export type Victim = (typeof victims)[number];
/** With SIGKILL, or with SIGSTOP: a machine that swaps, a disk that hangs, a virtual machine that is moved. */
export const harms = ["kill", "freeze"] as const;
export type Harm = (typeof harms)[number];

export interface World {
  readonly gateway: GatewayProcess;
  readonly redisUrl: string;
  readonly longestCallMs: number;
  /** Of a callee who gets two calls. */
  readonly longestLeaseMs: number;
  /** All calls of all phones so far, by callee. */
  phones(): Promise<Map<string, PhoneCall[]>>;
  /** How many channels Asterisk has. */
  channels(): Promise<number>;
  flush(victim: Victim, harm: Harm): Promise<void>;
  /** Starts it again, or lets it go on. */
  mend(victim: Victim, harm: Harm): Promise<void>;
  stop(): Promise<void>;
}

/** The gateway's ari_app: only with it may AMI place calls. */
const app = "onering";

export async function startWorld(options: {
  readonly appendfsync: AppendFsync;
  readonly driver: Driver;
}): Promise<World> {
  const stops = createStops();
  try {
    const programs = await findPrograms();
    const carrier = async (...[scenario]: Parameters<typeof startSipp>) => stops.add(await startSipp(scenario));
    const quick = await carrier({ scenario: "ringing" });
    const carriers: Readonly<Record<string, SippCarrier>> = {
      quick,
      paced: quick,
      slow: await carrier({ scenario: "ringing", pauseMs: carrierMs.slowRing }),
      "slow-hangup": await carrier({ scenario: "slow-hangup", pauseMs: carrierMs.slowHangup }),
      congested: await carrier({
        ...{ scenario: "final", pauseMs: carrierMs.congested },
        keys: { status: "503 Service Unavailable" },
      }),
    };
    const trunks = Object.entries(carriers).map(([name, { port }]) => {
      return { name, host: "127.0.0.1", port, transport: "udp", qualifySeconds: 0 } as const;
    });
    const asterisk = stops.add(await startAsterisk(programs.asterisk, { trunks, amiCallsApp: app }));
    const redis = stops.add(await startPersistentRedis(programs.redisServer, options.appendfsync));
    const layout = {
      ...{ redisUrl: redis.url, congestedOnPurpose: true },
      ...{ asterisks: { only: asterisk }, driver: options.driver },
      trunks: Object.fromEntries(
        Object.keys(carriers).map((name) => [
          name,
          { asterisks: ["only"], ...(name === "paced" ? { callsPerSecond: 4 } : {}) },
        ]),
      ),
      routes: Object.values(plans).map(({ prefix, trunks }) => ({ prefix, trunks })),
    };
    const { dir } = stops.add(await temporaryFolder());
    const document = documentOf(layout, app);
    const gateway = stops.add(await startGatewayProcess({ name: "only", dir, document }));
    await gateway.ready();
    const byVictim = { gateway, asterisk, redis };
    let frozen: number | null = null;
    const thaw = async () => {
      if (frozen !== null) process.kill(frozen, "SIGCONT");
      frozen = null;
    };
    // What is frozen cannot end.
    stops.add({ stop: thaw });
    return {
      gateway,
      redisUrl: redis.url,
      longestCallMs: longestLeaseMs(document),
      longestLeaseMs: longestLeaseMs(document, 2),
      phones: () => readPhones([...new Set(Object.values(carriers))]),
      async channels() {
        const { body } = await ariRequest(asterisk, "GET", "/channels");
        return (body as unknown[]).length;
      },
      async flush(victim, harm) {
        if (harm === "kill") return byVictim[victim].kill();
        frozen = byVictim[victim].pid;
        process.kill(frozen, "SIGSTOP");
      },
      mend: (victim, harm) => (harm === "kill" ? byVictim[victim].restart() : thaw()),
      stop: () => stops.stop(),
    };
  } catch (error) {
    await stops.stop();
    throw error;
  }
}
