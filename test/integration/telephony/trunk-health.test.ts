/** Trunk health by AMI, against the real Asterisk. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import { withRuntime } from "../../support/processes.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { keepingLogger } from "./world.ts";

const runtime = withRuntime();
let telephony: Telephony | undefined;
let logs = keepingLogger();

afterEach(async () => {
  await telephony?.stop();
  telephony = undefined;
});

/** Telephony with a trunk for each endpoint named. */
async function start(asterisk: AsteriskServer, endpoints: string[], ami: Partial<AsteriskServer["ami"]> | null = {}) {
  logs = keepingLogger();
  const trunk = (endpoint: string): TrunkConfig => ({
    ...plainNumbers,
    asterisk: "main",
    endpoint,
    ring_on: "180",
    ranges: ["block"],
    max_concurrent_calls: 10,
    calls_per_second: 10,
  });
  const config: Pick<Config, "asterisks" | "trunks" | "routes" | "routing" | "calls" | "limits"> = {
    asterisks: {
      main: {
        driver: "ari-websocket",
        ari_url: asterisk.ari.url,
        ari_user: asterisk.ari.user,
        ari_password: asterisk.ari.password,
        ari_app: "onering",
        ...(ami === null ? {} : { ami: { ...asterisk.ami, ...ami } }),
        // Asterisk lets whoever gives a wrong password wait for a second.
        request_timeout_ms: 3000,
        max_concurrent_calls: 10,
        calls_per_second: 10,
      },
    },
    trunks: Object.fromEntries(endpoints.map((endpoint) => [endpoint, trunk(endpoint)])),
    routes: [{ prefix: "+", trunks: endpoints }],
    routing: patientRouting,
    limits: noLimits,
    calls: {
      ring_ms: 1000,
      setup_limit_ms: 2000,
      max_queue_ms: 0,
      max_trunks: 1,
      second_call_gap_ms: 3000,
      drain_ms: 0,
    },
  };
  telephony = createTelephony({
    apps: appsOf(1),
    config,
    admission: freeAdmission,
    clock: systemClock,
    random: cryptoRandom,
    logger: logs.logger,
  });
  await telephony.start();
  return telephony;
}

const stateOf = (trunk: string) => telephony?.paths().find((one) => one.trunk === trunk);
const becomes = (trunk: string, state: object) =>
  vi.waitFor(() => expect(stateOf(trunk)).toMatchObject(state), { timeout: 15_000, interval: 50 });

describe("the health of trunks", () => {
  it("follows the carrier: away, back, and calls go to the trunk that is there", async () => {
    const [port, otherPort] = [await freePort("udp"), await freePort("udp")];
    const udp = { host: "127.0.0.1", transport: "udp" as const };
    const asterisk = await runtime.asterisk({
      trunks: [
        { ...udp, name: "first", port, qualifySeconds: 1 },
        { ...udp, name: "second", port: otherPort, qualifySeconds: 0 },
      ],
    });
    let carrier = await runtime.carrier({ scenario: "ringing", port });
    await start(asterisk, ["first", "second", "missing"]);
    await becomes("first", { usable: true, why: "up" });
    expect(await telephony?.slots.reserve("+447700900123", "shop")).toMatchObject({ trunk: "first" });
    // Never asked with OPTIONS: Asterisk cannot tell, so it counts as usable.
    expect(stateOf("second")).toMatchObject({ usable: true });
    expect(stateOf("missing")).toMatchObject({
      trunk: "missing",
      usable: false,
      why: "Asterisk has no endpoint missing",
    });

    await carrier.stop();
    await becomes("first", { usable: false, why: "the carrier does not answer OPTIONS" });
    expect(await telephony?.slots.reserve("+447700900123", "shop")).toMatchObject({ trunk: "second" });

    carrier = await runtime.carrier({ scenario: "ringing", port });
    await becomes("first", { usable: true });
    expect(await telephony?.slots.reserve("+447700900123", "shop")).toMatchObject({ trunk: "first" });

    await asterisk.restart();
    await becomes("first", { usable: true, why: "up" });
    expect(logs.text()).not.toContain(asterisk.ami.password);
  });

  it("has a carrier asked again that missed one OPTIONS: Asterisk alone asks only every half minute", async () => {
    const port = await freePort("udp");
    const trunk = { name: "carrier", host: "127.0.0.1", port, transport: "udp", qualifySeconds: 3600 } as const;
    const asterisk = await runtime.asterisk({ trunks: [trunk] });
    await start(asterisk, ["carrier"]);
    await becomes("carrier", { usable: false, why: "the carrier does not answer OPTIONS" });
    await runtime.carrier({ scenario: "ringing", port });
    await becomes("carrier", { usable: true, why: "up" });
  });

  it("follows the registration with the carrier", async () => {
    const [good, bad] = await Promise.all([
      runtime.carrier({ scenario: "registrar", keys: { status: "200 OK" } }),
      runtime.carrier({ scenario: "registrar", keys: { status: "403 Forbidden" } }),
    ]);
    const account = { host: "127.0.0.1", transport: "udp" as const, username: "acc1", password: "carrier-secret" };
    const trunk = { ...account, register: true, qualifySeconds: 0 };
    const asterisk = await runtime.asterisk({
      trunks: [
        { ...trunk, name: "good", port: good.port },
        { ...trunk, name: "bad", port: bad.port },
      ],
    });
    await start(asterisk, ["good", "bad"]);
    await becomes("good", { usable: true, why: "up" });
    await becomes("bad", { usable: false, why: "registration with the carrier: Rejected" });
    // AMI tells passwords of carriers in its lists.
    expect(logs.text()).not.toContain("carrier-secret");
  });

  it("is not known, and so does not stop calls, without AMI, with a wrong password and while AMI is away", async () => {
    const asterisk = await runtime.asterisk({
      trunks: [{ name: "gone", host: "127.0.0.1", port: await freePort("udp"), transport: "udp", qualifySeconds: 1 }],
    });
    await start(asterisk, ["gone"], null);
    expect(stateOf("gone")).toMatchObject({ usable: true, why: expect.stringContaining("no AMI") });
    await telephony?.stop();

    await start(asterisk, ["gone"], { password: "wrong" });
    expect(stateOf("gone")).toMatchObject({ usable: true, why: "not known: Authentication failed" });
    expect(logs.text()).not.toContain('"wrong"');
    await telephony?.stop();

    await start(asterisk, ["gone"], { password: "x\r\n\r\nAction: Originate" });
    expect(stateOf("gone")).toMatchObject({ usable: true, why: expect.stringContaining("one line") });
    await telephony?.stop();

    const proxy = await startTcpProxy(asterisk.ports.ami, "ami");
    await start(asterisk, ["gone"], { port: proxy.port });
    await becomes("gone", { usable: false, why: "the carrier does not answer OPTIONS" });
    proxy.cut();
    await becomes("gone", { usable: true, why: expect.stringContaining("not known") });
    proxy.restore();
    await becomes("gone", { usable: false });
    await telephony?.stop();

    proxy.blackHole();
    await start(asterisk, ["gone"], { port: proxy.port });
    expect(stateOf("gone")).toMatchObject({ usable: true, why: "not known: AMI login took longer than 3000 ms" });
    await telephony?.stop();
    await proxy.close();
  });

  it("says at once that Asterisk is away", async () => {
    const asterisk = await runtime.asterisk({
      trunks: [{ name: "carrier", host: "127.0.0.1", port: 9, transport: "udp", qualifySeconds: 0 }],
    });
    await start(asterisk, ["carrier"]);
    expect(stateOf("carrier")).toMatchObject({ usable: true });
    await asterisk.kill();
    await becomes("carrier", { usable: false, why: "Asterisk main is not connected" });
    expect(await telephony?.slots.reserve("+447700900123", "shop")).toEqual({
      none: "telephony_unavailable",
      retryAfterMs: 5000,
    });
    await asterisk.restart();
    await becomes("carrier", { usable: true, why: "up" });
  });
});
