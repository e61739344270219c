/** `onering doctor --canary` as an operator runs it: on a real Asterisk with two carriers, and on a line that leads back to us. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildApp } from "../../../src/app.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { callsOf, runCanary as doctor, invitesTo, startPhones } from "../../support/canary-phones.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const testNumber = "+447700900999";
let redisUrl: string;
let redis: Redis;
let asterisk: AsteriskServer;
let honest: SippCarrier;
let altering: SippCarrier;
/** What phones behind the two carriers saw, as a sandbox tells it; one of them shows From and not what was asserted. */
let phones: Awaited<ReturnType<typeof startPhones>>;
let phonesUrl: string;
let showsFrom = true;

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  redis = new Redis(redisUrl);
  honest = await runtime.carrier({ scenario: "ringing" });
  altering = await runtime.carrier({ scenario: "ringing" });
  const sip = await freePort("udp", "tcp");
  const udp = { host: "127.0.0.1", transport: "udp" as const, qualifySeconds: 0 };
  asterisk = await runtime.asterisk({
    ports: { sip },
    trunks: [
      { ...udp, name: "honest", port: honest.port },
      { ...udp, name: "altering", port: altering.port, fromUser: "15550000000" },
      // A carrier that brings every call back to us.
      { ...udp, name: "loop", port: sip, inbound: { from: ["127.0.0.1"] } },
      { ...udp, name: "gone", port: await freePort("udp"), transport: "tcp" },
    ],
  });
  phones = await startPhones(async () => [...(await callsOf(honest, false)), ...(await callsOf(altering, showsFrom))]);
  phonesUrl = phones.url;
});
afterAll(async () => {
  phones.stop();
  redis.disconnect();
});

/** A configuration in which all calls go over these trunks, in order of preference. */
function documentOf(trunks: readonly string[], canary: object): Record<string, unknown> {
  return {
    ...gatewayDocument({ redisUrl, asterisk }),
    canary: { number: testNumber, wait_ms: "5000", ...canary },
    trunks: Object.fromEntries(trunks.map((name) => [name, { asterisk: "local", endpoint: name, ranges: ["block"] }])),
    routes: [{ prefix: "+", trunks }],
  };
}

const outOfService = () => redis.hgetall("{admission}:out");

describe("onering doctor --canary", () => {
  const both = ["altering", "honest"];

  it("tells for each trunk whether the caller ID arrived, and in a dry run leaves all as it is", async () => {
    const { code, canary, output } = await doctor(documentOf(both, { sandbox_url: phonesUrl }), "--dry-run");
    expect(canary).toMatch(/FAIL {2}?Canary, trunk altering through local: .*altered: replaced by another number/);
    expect(canary).toMatch(/ok {3}Canary, trunk honest through local: the caller ID arrived as sent/);
    expect(canary).toMatch(/trunk altering stays in service: dry run/);
    expect(code).toBe(1);
    // The first number of the block shows how a trunk writes numbers; the one that called shows nowhere.
    expect(output.replaceAll("+447700900000", "")).not.toContain("447700900");
    expect(output).not.toContain("15550000000");
    expect(await outOfService()).toEqual({});
    expect([await invitesTo(altering), await invitesTo(honest)]).toEqual([1, 1]);
    await expect.poll(() => asterisk.cli("core show channels concise")).not.toContain("PJSIP");
  });

  it("takes out the trunk that alters it, on which no gateway then places anything; puts it back when it is clean", async () => {
    const taken = await doctor(documentOf(both, { sandbox_url: phonesUrl }));
    expect(taken.canary).toMatch(/trunk altering was taken out of service for all gateways/);
    expect(Object.keys(await outOfService())).toEqual(["trunk altering"]);
    expect((await outOfService())["trunk altering"]).toContain('"reason":"caller_id_altered"');

    const document = documentOf(both, { sandbox_url: phonesUrl });
    const config = resolveConfig({ name: "test", document, env: {} });
    const app = await buildApp(config, { logger: pino({ level: "silent" }) });
    const gateway = gatewayClient((await app.start()).url);
    try {
      await gateway.waitForHttp("/readyz", 200);
      const before = [await invitesTo(altering), await invitesTo(honest)];
      const { id } = await gateway.start("+447400660001");
      await gateway.waitForStatus(id, ["rung"]);
      expect([await invitesTo(altering), await invitesTo(honest)]).toEqual([before[0], (before[1] ?? 0) + 1]);

      showsFrom = false;
      const clean = await doctor(documentOf(both, { sandbox_url: phonesUrl }));
      expect(clean.canary).toMatch(/trunk altering through local: the caller ID arrived as sent/);
      expect(clean.canary).toMatch(/trunk altering is back in service/);
      expect(clean.code).toBe(0);
      expect(await outOfService()).toEqual({});
      const second = await gateway.start("+447400660002");
      await gateway.waitForStatus(second.id, ["rung"]);
      expect(await invitesTo(altering)).toBe((before[0] ?? 0) + 2);
    } finally {
      await app.stop();
    }
  });

  it("hears calls that come back to us on an inbound trunk, and tells what did not arrive and what is down", async () => {
    const { canary, output } = await doctor(documentOf(["loop", "honest", "gone"], { inbound_trunk: "loop" }));
    expect(canary, output).toMatch(/ok {3}Canary, trunk loop through local: the caller ID arrived as sent/);
    expect(canary).toMatch(/FAIL {2}?Canary, trunk honest through local: the call did not arrive/);
    expect(canary).toMatch(/FAIL {2}?Canary, trunk gone through local: (trunk down|the call did not arrive)/);
    expect(await outOfService()).toEqual({});
  });

  it("works over AMI alone, beside a gateway whose calls it leaves alone", async () => {
    const trunk = {
      name: "honest",
      host: "127.0.0.1",
      port: honest.port,
      transport: "udp" as const,
      qualifySeconds: 0,
    };
    const pbx = await runtime.asterisk({ trunks: [trunk], amiCallsApp: "onering" });
    const { user, password, port } = pbx.ami;
    const ami = { port: String(port), user, password };
    const document = {
      ...documentOf(["honest"], { sandbox_url: phonesUrl }),
      asterisks: { local: { driver: "asterisk-manager", ami } },
      calls: { ring_ms: "4000" },
    };
    const app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
      logger: pino({ level: "silent" }),
    });
    const gateway = gatewayClient((await app.start()).url);
    try {
      // It listens before it has reached Redis.
      await gateway.waitForHttp("/readyz", 200);
      const { id } = await gateway.start("+447400660003");
      await gateway.waitForStatus(id, ["ringing"]);
      expect((await doctor(document)).canary).toMatch(/ok {3}Canary, trunk honest through local: .*arrived as sent/);
      expect(await gateway.waitForStatus(id, ["rung"])).toMatchObject({ reason: "rang" });
    } finally {
      await app.stop();
    }
  });

  it("says so where nothing can be heard, and calls nobody", async () => {
    const before = await invitesTo(honest);
    const nobody = `http://127.0.0.1:${await freePort("tcp")}`;
    const { code, canary } = await doctor(documentOf(["honest"], { sandbox_url: phonesUrl }), "--sandbox", nobody);
    expect(code).toBe(1);
    expect(canary).toMatch(/FAIL {2}?Canary: cannot listen/);
    expect(await invitesTo(honest)).toBe(before);
  });
});
