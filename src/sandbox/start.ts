/** Builds the sandbox: private Redis and Asterisk, simulated carrier and phone, and the gateway that production runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Logger } from "pino";
import { type App, buildApp } from "../app.ts";
import { sandboxKey } from "../apps/api-keys.ts";
import type { Config } from "../config/schema.ts";
import { startAsterisk } from "../local/asterisk/asterisk.ts";
import type { Programs } from "../local/fetch/programs.ts";
import { freePort } from "../local/process/free-port.ts";
import { startRedis } from "../local/redis-server.ts";
import { systemClock } from "../shared/clock.ts";
import { cryptoRandom } from "../shared/random.ts";
import { Activity } from "./activity.ts";
import type { Timings } from "./carrier/behaviours.ts";
import { startCarrier } from "./carrier/index.ts";
import { sandboxChannels } from "./channels/index.ts";
import { type Environment, sandboxConfig, trunkName } from "./config.ts";
import { Inbox } from "./inbox.ts";
import { Phone } from "./phone.ts";
import type { StandInTimings } from "./providers/provider.ts";
import { sandboxRoutes } from "./routes.ts";
import { startStandIns } from "./stand-ins.ts";

/** How often Asterisk asks the carrier whether it is there, in seconds. */
const QUALIFY_SECONDS = 5;

export interface SandboxOptions {
  readonly programs: Programs;
  /** From `sandboxEnvironment`. */
  readonly env: Environment;
  readonly logger: Logger;
  /** How long the simulated network takes; defaults suit a person who watches. */
  readonly timings?: Partial<Timings & StandInTimings>;
}

export interface Sandbox {
  readonly url: string;
  readonly config: Config;
  readonly phone: Phone;
  readonly inbox: Inbox;
  /** Ends everything that was started. */
  stop(): Promise<void>;
}

/**
 * Starts a sandbox. What had been started before something failed is stopped again.
 * @throws {ConfigError} for a wrong setting @throws where a program does not start or the port is taken
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const started: { stop(): Promise<unknown> }[] = [];
  const stop = async () => {
    // The last started goes first: the gateway ends its calls before Asterisk and the carrier are gone.
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  const track = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    started.push(part);
    return part;
  };
  try {
    return { ...(await build(options, track)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(
  { programs, env, logger, timings = {} }: SandboxOptions,
  track: <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>,
): Promise<Omit<Sandbox, "stop">> {
  const clock = systemClock;
  const random = cryptoRandom;
  const phone = new Phone();
  const inbox = new Inbox(random);
  const activity = new Activity();
  const carrier = await track(startCarrier({ clock, random, logger, timings, onCall: (call) => phone.update(call) }));
  const standIns = await track(
    startStandIns(
      sandboxChannels.flatMap((channel) => channel.standIns?.({ clock, random, logger, timings }) ?? []),
      (message) => inbox.receive(message),
    ),
  );
  const trunk = { name: trunkName, host: carrier.address, port: carrier.port, transport: "udp" } as const;
  const hepPort = await freePort("udp");
  // Both settle before either's failure is thrown, so that the one that did start is stopped.
  const [redis, asterisk] = await Promise.allSettled([
    track(startRedis(programs.redisServer)),
    track(
      startAsterisk(programs.asterisk, {
        hepPort,
        trunks: [{ ...trunk, qualifySeconds: QUALIFY_SECONDS, inbound: {} }],
        // The default of `ari_app`.
        inboundApps: ["onering"],
      }),
    ),
  ]);
  if (redis.status === "rejected") throw redis.reason;
  if (asterisk.status === "rejected") throw asterisk.reason;
  const config = sandboxConfig(
    {
      redisUrl: redis.value.url,
      recordsFile: path.join((await track(temporaryFolder())).dir, "records.sqlite"),
      asterisk: asterisk.value,
      asteriskVersion: programs.asterisk.version,
      hepPort,
    },
    [...sandboxChannels.map(({ config = {} }) => config), ...standIns.configs],
    env,
    random,
  );
  const channelParts = { clock, random, sipPort: asterisk.value.ports.sip };
  const routes = sandboxRoutes({
    ...{ phone, inbox, activity, standIns, clock },
    apiKey: sandboxKey,
    channels: () => app.channels,
    channelRoutes: sandboxChannels.flatMap((channel) => channel.routes?.(channelParts) ?? []),
  });
  const app: App = await track(
    buildApp(config, {
      logger,
      clock,
      random,
      onEvent: (event) => activity.receive(event),
      sandbox: true,
      extraPlugins: [routes],
    }),
  );
  const { url } = await app.start();
  standIns.setGateway(url);
  return { url, config, phone, inbox };
}

/** What is recorded ends with the sandbox, as its Redis does. */
async function temporaryFolder(): Promise<{ readonly dir: string; stop(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-sandbox-"));
  return { dir, stop: () => rm(dir, { recursive: true, force: true }) };
}
