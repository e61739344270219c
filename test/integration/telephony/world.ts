/** A real Asterisk with one trunk to whatever carrier a test starts, and a proxy in front of ARI or AMI that can break. */
import pino, { type Logger } from "pino";
import { afterAll, beforeAll } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Step, withScenarios } from "../../support/scenarios.ts";
import type { Speaks } from "../../support/server-messages.ts";
import { type SippCarrier, startSipp } from "../../support/sipp.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";

export interface World {
  readonly asterisk: AsteriskServer;
  readonly proxy: TcpProxy;
  /** Starts SIPp behind the trunk `carrier` in place of the one before. */
  carrier(steps: readonly Step[]): Promise<SippCarrier>;
  /** How to reach this Asterisk, through the proxy. Deadlines are short, so that failures are soon seen. */
  config(changed?: Partial<AsteriskConfig>): AsteriskConfig;
  /** What a configuration says with this password in place of the right one. */
  withPassword(password: string): Partial<AsteriskConfig>;
  /** Names of the channels that are up in Asterisk. */
  channels(): Promise<readonly string[]>;
}

export interface WorldOptions {
  /** Before which of Asterisk's interfaces the proxy stands, and which the configuration names; default ARI. */
  readonly listensAt?: Speaks;
  /** Default: the schema's own. */
  readonly driver?: AsteriskConfig["driver"];
}

/** Call it at the top of a test file; `world()` is there in tests. */
export function withWorld({ listensAt = "ari", driver = "ari-websocket" }: WorldOptions = {}): () => World {
  const runtime = withRuntime();
  const writeScenario = withScenarios();
  let world: World | undefined;
  let carrier: SippCarrier | undefined;

  beforeAll(async () => {
    const [port, silent] = [await freePort("udp"), await freePort("udp")];
    const udp = { host: "127.0.0.1", transport: "udp" as const };
    const asterisk = await runtime.asterisk({
      trunks: [
        { ...udp, name: "carrier", port, qualifySeconds: 0 },
        { ...udp, name: "silent", port: silent, qualifySeconds: 0 },
        { ...udp, name: "gone", port: silent, qualifySeconds: 1 },
      ],
      ...(listensAt === "ami" ? { amiCallsApp: "onering" } : {}),
    });
    const proxy = await startTcpProxy(listensAt === "ari" ? asterisk.ports.http : asterisk.ports.ami, listensAt);
    const ami = { ...asterisk.ami, port: proxy.port };
    world = {
      asterisk,
      proxy,
      async carrier(steps) {
        await carrier?.stop();
        const scenario = await writeScenario(steps);
        carrier = await startSipp({ scenario, port });
        return carrier;
      },
      config: (changed) => ({
        driver,
        ari_url: listensAt === "ari" ? `http://127.0.0.1:${proxy.port}` : asterisk.ari.url,
        ari_user: asterisk.ari.user,
        ari_password: asterisk.ari.password,
        ari_app: "onering",
        ...(listensAt === "ami" ? { ami } : {}),
        request_timeout_ms: 2000,
        max_concurrent_calls: 100,
        calls_per_second: 1000,
        ...changed,
      }),
      withPassword: (password) => (listensAt === "ari" ? { ari_password: password } : { ami: { ...ami, password } }),
      async channels() {
        const { body } = await ariRequest(asterisk, "GET", "/channels");
        return (body as { id: string }[]).map((channel) => channel.id);
      },
    };
  });
  afterAll(async () => {
    await carrier?.stop();
    await world?.proxy.close();
  });

  return () => {
    if (world === undefined) throw new Error("the world is there in tests only");
    return world;
  };
}

/** A logger that keeps what it is told. */
export function keepingLogger(): { logger: Logger; text(): string } {
  let kept = "";
  const write = (line: string) => {
    kept += line;
  };
  return { logger: pino({ level: "debug" }, { write }), text: () => kept };
}
