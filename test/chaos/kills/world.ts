/** The gateway, Redis, and what is next to the gateway on the way to the phones; what is not harmed stays. */
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { type Driver, documentOf, longestLeaseMs } from "../configuration.ts";
import type { PhoneCall } from "../phones.ts";
import { temporaryFolder } from "../programs/folder.ts";
import { type GatewayProcess, startGatewayProcess } from "../programs/gateway-process.ts";
import { type AppendFsync, startPersistentRedis } from "../programs/persistent-redis.ts";
import { createStops } from "../programs/stops.ts";
import { ariApp, asteriskSide, ownEnd, type Program, programOf, sipSide } from "./far-side.ts";

const victims = ["gateway", "asterisk", "carrier", "redis"] as const;
export type Victim = (typeof victims)[number];
/** With SIGKILL, or with SIGSTOP: a machine that swaps, a disk that hangs, a virtual machine that is moved. */
export const harms = ["kill", "freeze"] as const;
export type Harm = (typeof harms)[number];

/** Without an Asterisk the carriers are next to the gateway; behind one nothing that the gateway does depends on them alone. */
export function victimsOf(driver: Driver): readonly Victim[] {
  return victims.filter((victim) => victim !== (driver === "sip" ? "asterisk" : "carrier"));
}

export interface World {
  /** The one that is harmed, and that the app talks to. */
  readonly gateway: GatewayProcess;
  /** With that one. */
  readonly gateways: 1 | 2;
  readonly all: readonly GatewayProcess[];
  readonly redisUrl: string;
  readonly longestCallMs: number;
  /** Of a callee who gets two calls. */
  readonly longestLeaseMs: number;
  /** All calls of all phones so far, by callee. */
  phones(): Promise<Map<string, PhoneCall[]>>;
  /** What is left of calls on the way to the phones, in words. */
  left(): Promise<readonly string[]>;
  flush(victim: Victim, harm: Harm): Promise<void>;
  /** Starts it again, or lets it go on. */
  mend(victim: Victim, harm: Harm): Promise<void>;
  stop(): Promise<void>;
}

export async function startWorld(options: {
  readonly appendfsync: AppendFsync;
  readonly driver: Driver;
  readonly gateways: 1 | 2;
}): Promise<World> {
  const { appendfsync, driver, gateways } = options;
  const stops = createStops();
  try {
    const programs = await findPrograms();
    const farSide = driver === "sip" ? await sipSide(stops) : await asteriskSide(stops, programs.asterisk, driver);
    const redis = stops.add(await startPersistentRedis(programs.redisServer, appendfsync));
    const { dir } = stops.add(await temporaryFolder());
    const document = async () => {
      const own = await ownEnd(farSide);
      return documentOf({ redisUrl: redis.url, congestedOnPurpose: true, ...farSide.layout, ...own }, ariApp);
    };
    const start = async (name: string) =>
      stops.add(await startGatewayProcess({ name, dir, document: await document() }));
    const gateway = await start("only");
    // Beside an Asterisk the other gateway would do nothing: calls go on in Asterisk.
    const standby = farSide.ownSip && gateways === 2 ? await start("standby") : null;
    await gateway.ready();
    await standby?.ready();
    const byVictim: Partial<Record<Victim, Program>> = {
      ...farSide.programs,
      gateway: programOf(gateway),
      redis: programOf(redis),
    };
    const victimOf = (victim: Victim): Program => {
      const program = byVictim[victim];
      if (program === undefined) throw new Error(`there is no ${victim} with the driver ${driver}`);
      return program;
    };
    let frozen: readonly number[] = [];
    const thaw = async () => {
      for (const pid of frozen) process.kill(pid, "SIGCONT");
      frozen = [];
    };
    // What is frozen cannot end.
    stops.add({ stop: thaw });
    const longest = await document();
    return {
      ...{ gateway, gateways, redisUrl: redis.url },
      all: standby === null ? [gateway] : [gateway, standby],
      longestCallMs: longestLeaseMs(longest),
      longestLeaseMs: longestLeaseMs(longest, 2),
      phones: () => farSide.phones(),
      left: () => farSide.left(redis.url),
      async flush(victim, harm) {
        const program = victimOf(victim);
        if (harm === "kill") await program.kill();
        else {
          frozen = program.pids;
          for (const pid of frozen) process.kill(pid, "SIGSTOP");
        }
      },
      async mend(victim, harm) {
        if (harm === "kill") await victimOf(victim).restart();
        else await thaw();
      },
      stop: () => stops.stop(),
    };
  } catch (error) {
    await stops.stop();
    throw error;
  }
}
