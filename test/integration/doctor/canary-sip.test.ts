/** `onering doctor --canary` over the gateway's own SIP: SIPp as two carriers, and a trunk that leads back to a running gateway. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import { examineByCanary } from "../../../src/doctor/canary/command.ts";
import { describe as describeFinding } from "../../../src/doctor/finding.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { callsOf, invitesTo, runCanary, startPhones } from "../../support/canary-phones.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { monitorRedis } from "../../support/redis-monitor.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const testNumber = "+447700900999";
/** Apart from the carriers' address: a call from here comes in by the trunk `loop`. */
const ownHost = "127.0.0.2";
const account = { username: "15550000000", password: "of-the-account", register: {}, qualify_seconds: "0" };
let redisUrl: string;
let redis: Redis;
let honest: SippCarrier;
let altering: SippCarrier;
let phones: Awaited<ReturnType<typeof startPhones>>;
/** The phone behind `altering` shows From, which has the account there. */
let showsFrom = true;
let sip: Record<string, unknown>;
let sipTrunks: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  redis = new Redis(redisUrl);
  [honest, altering] = await Promise.all([
    runtime.carrier({ scenario: "ringing" }),
    runtime.carrier({ scenario: "ringing", transport: "tcp" }),
  ]);
  const udpPort = await freePort("udp", "tcp");
  sip = { host: ownHost, udp_port: String(udpPort) };
  const carrier = (port: number, transport: string) => ({ host: "127.0.0.1", port: String(port), transport });
  sipTrunks = {
    honest: carrier(honest.port, "udp"),
    altering: carrier(altering.port, "tcp"),
    loop: { ...carrier(udpPort, "udp"), host: ownHost },
    gone: carrier(await freePort("tcp"), "tcp"),
  };
  phones = await startPhones(async () => [...(await callsOf(honest, false)), ...(await callsOf(altering, showsFrom))]);
});
afterAll(() => {
  phones.stop();
  redis.disconnect();
});

/** A configuration without an Asterisk, in which all calls go over these trunks, in order of preference. */
function documentOf(names: readonly string[], canary: object, own: object) {
  const trunks = names.map((name) => {
    const inbound = name === "loop" ? { inbound: { trusted: true } } : {};
    return [name, { sip: { ...sipTrunks[name], ...structuredClone(own) }, ranges: ["block"], ...inbound }] as const;
  });
  return {
    ...gatewayDocument({ redisUrl }),
    ...{ sip, trunks: Object.fromEntries(trunks), routes: [{ prefix: "+", trunks: names }] },
    secrets: { hmac_key: "a-key-that-is-shared-by-gateway-and-doctor-in-this-test" },
    canary: { number: testNumber, wait_ms: "5000", ...canary },
  };
}

const outOfService = () => redis.hgetall("{admission}:out");

/** As the command does it, in this process. */
async function canaryOf(document: Record<string, unknown>): Promise<string> {
  const config = resolveConfig({ name: "test", document, env: {} });
  const options = { number: null, sandboxUrl: null, dryRun: false, takeOutLast: false };
  let text = "";
  for await (const finding of examineByCanary(config, options)) text += describeFinding(finding);
  return text;
}

// No OPTIONS: SIPp would take each for a call.
const quiet = { qualify_seconds: "0" };
let app: App;
let gateway: ReturnType<typeof gatewayClient>;

beforeAll(async () => {
  const document = documentOf(["altering", "honest", "loop"], { inbound_trunk: "loop" }, quiet);
  app = await buildApp(resolveConfig({ name: "test", document, env: {} }), { logger: pino({ level: "silent" }) });
  gateway = gatewayClient((await app.start()).url);
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(() => app?.stop());

describe("onering doctor --canary over SIP trunks", () => {
  it("takes the trunk out that alters the caller ID, on which no gateway then places anything, and puts it back", async () => {
    // From then has the account, which that phone shows.
    const document = documentOf(["altering", "honest", "gone"], { sandbox_url: phones.url }, account);
    const { code, canary, output } = await runCanary(document);
    expect(canary, output).toMatch(
      /FAIL {2}?Canary, trunk altering through sip: .*altered: replaced by another number/,
    );
    expect(output).toContain("compare sip.identity of the trunk");
    expect(canary).toMatch(/ok {3}Canary, trunk honest through sip: the caller ID arrived as sent/);
    expect(canary).toMatch(/FAIL {2}?Canary, trunk gone through sip: trunk down/);
    expect(canary).toMatch(/trunk altering was taken out of service for all gateways/);
    expect(code).toBe(1);
    expect(output).not.toContain(account.username);
    expect((await outOfService())["trunk altering"]).toContain('"reason":"caller_id_altered"');
    // The registration is the gateway's, and its port too; each call was hung up as soon as it had arrived.
    const all = [...(await honest.messages()), ...(await altering.messages())];
    expect(all.filter(({ method }) => method === "REGISTER")).toEqual([]);
    for (const carrier of [honest, altering]) {
      expect(await invitesTo(carrier)).toBe(1);
      const seen = await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
      expect(seen.flatMap(({ header }) => header("Via")).join()).not.toContain(`${ownHost}:${sip.udp_port}`);
    }

    const { id } = await gateway.start("+447400660001");
    await gateway.waitForStatus(id, ["rung"]);
    expect([await invitesTo(altering), await invitesTo(honest)]).toEqual([1, 2]);

    showsFrom = false;
    const clean = await canaryOf(documentOf(["altering", "honest"], { sandbox_url: phones.url }, account));
    expect(clean).toMatch(/trunk altering is back in service/);
    expect(await outOfService()).toEqual({});
  });

  it("sees calls that come in to the gateway digit for digit, kept sealed, and tells what did not arrive", async () => {
    const monitor = await monitorRedis(redisUrl);
    const text = await canaryOf(documentOf(["loop", "honest"], { inbound_trunk: "loop", wait_ms: "1000" }, quiet));
    monitor.close();
    const written = monitor.text().match(/"[a-z]+" "{canary}:arrivals".*/gi) ?? [];
    expect(text).toMatch(/ok {3}Canary, trunk loop through sip: the caller ID arrived as sent/);
    expect(text).toMatch(/FAIL {2}?Canary, trunk honest through sip: the call did not arrive/);
    expect(written.some((command) => /^"rpush"/i.test(command))).toBe(true);
    expect(written.join()).not.toContain("4477009");
    expect(await redis.keys("{canary}*")).toEqual([]);
  });
});
