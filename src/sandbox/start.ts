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
import { type Environment, qualifySeconds, type SandboxEngine, sandboxConfig, trunkName } from "./config.ts";
import { Inbox } from "./inbox.ts";
import { Phone } from "./phone.ts";
import type { StandInTimings } from "./providers/provider.ts";
import { sandboxRoutes } from "./routes.ts";
import { startStandIns } from "./stand-ins.ts";

export type SandboxDriver = SandboxEngine["kind"];

export interface SandboxOptions {
  readonly programs: Programs;
  /** From `sandboxEnvironment`. */
  readonly env: Environment;
  readonly logger: Logger;
  /** Default: a private Asterisk. `sip`: the gateway itself, straight to the carrier. */
  readonly driver?: SandboxDriver;
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
  { programs, env, logger, driver = "asterisk", timings = {} }: SandboxOptions,
  track: <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>,
): Promise<Omit<Sandbox, "stop">> {
  const clock = systemClock;
  const random = cryptoRandom;
  const phone = new Phone();
  const inbox = new Inbox(random);
  const activity = new Activity();
  const carrier = await track(startCarrier({ clock, random, logger, timings, onCall: (call) => phone.update(call) }));
  const offered = sandboxChannels.filter((channel) => driver === "asterisk" || channel.needsMedia !== true);
  const standIns = await track(
    startStandIns(
      offered.flatMap((channel) => channel.standIns?.({ clock, random, logger, timings }) ?? []),
      (message) => inbox.receive(message),
    ),
  );
  // Both settle before either's failure is thrown, so that the one that did start is stopped.
  const [redis, engine] = await Promise.allSettled([
    track(startRedis(programs.redisServer)),
    driver === "sip" ? ownSip(carrier) : privateAsterisk(programs, carrier, track),
  ]);
  if (redis.status === "rejected") throw redis.reason;
  if (engine.status === "rejected") throw engine.reason;
  const config = sandboxConfig(
    {
      redisUrl: redis.value.url,
      recordsFile: path.join((await track(temporaryFolder())).dir, "records.sqlite"),
      engine: engine.value.engine,
    },
    [...offered.map(({ config = {} }) => config), ...standIns.configs],
    env,
    random,
  );
  const channelParts = { clock, random, sipPort: engine.value.sipPort };
  const routes = sandboxRoutes({
    ...{ phone, inbox, activity, standIns, clock },
    apiKey: sandboxKey,
    channels: () => app.channels,
    channelRoutes: offered.flatMap((channel) => channel.routes?.(channelParts) ?? []),
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

interface Carrier {
  readonly address: string;
  readonly port: number;
}

async function ownSip({ address, port }: Carrier): Promise<{ engine: SandboxEngine; sipPort: number }> {
  const sipPort = await freePort("udp", "tcp");
  return { sipPort, engine: { kind: "sip", sipPort, carrier: { host: address, port } } };
}

async function privateAsterisk(
  programs: Programs,
  { address: host, port }: Carrier,
  track: <T extends { stop(): Promise<unknown> }>(starting: Promise<T>) => Promise<T>,
): Promise<{ engine: SandboxEngine; sipPort: number }> {
  const hepPort = await freePort("udp");
  const asterisk = await track(
    startAsterisk(programs.asterisk, {
      hepPort,
      trunks: [{ name: trunkName, host, port, transport: "udp", qualifySeconds, inbound: {} }],
      // The default of `ari_app`.
      inboundApps: ["onering"],
    }),
  );
  return {
    sipPort: asterisk.ports.sip,
    engine: { kind: "asterisk", asterisk, hepPort, version: programs.asterisk.version },
  };
}

/** What is recorded ends with the sandbox, as its Redis does. */
async function temporaryFolder(): Promise<{ readonly dir: string; stop(): Promise<void> }> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-sandbox-"));
  return { dir, stop: () => rm(dir, { recursive: true, force: true }) };
}
