/** Calls that come in while a gateway on ARI listens: the drivers refuse them unanswered, and tell of them. */
import { afterEach, describe, expect, it } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { AriConfig } from "../../../src/telephony/asterisk/access.ts";
import { createAriClientDriver } from "../../../src/telephony/asterisk/ari-client/index.ts";
import { createAriWebSocketDriver } from "../../../src/telephony/asterisk/ari-websocket/index.ts";
import type { CallControl, InboundCall } from "../../../src/telephony/call-control/port.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { recordCalls } from "../../support/call-log.ts";
import { withRuntime } from "../../support/processes.ts";
import { callIn } from "../../support/sipp.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";
import { keepingLogger } from "./world.ts";

const runtime = withRuntime();
const caller = "+447700900123";
const called = "+442079460000";
const asserted = [`<sip:${caller}@carrier.example>`];
const app = "onering";
/** What the caller gets for our "busy"; the dialplan's own refusal, where no gateway is connected, is a 403. */
const busy = 486;

describe.each([
  ["ari-websocket", createAriWebSocketDriver],
  ["ari-client", createAriClientDriver],
] as const)("the %s driver", (_, createDriver) => {
  const ends: (() => Promise<unknown>)[] = [];
  let logs = keepingLogger();
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
    for (const secret of [caller.slice(1), called.slice(1)]) expect(logs.text()).not.toContain(secret);
  });

  async function startDriver(asterisk: AsteriskServer, url = asterisk.ari.url) {
    logs = keepingLogger();
    const config: AriConfig = {
      driver: "ari-websocket",
      ari_url: url,
      ari_user: asterisk.ari.user,
      ari_password: asterisk.ari.password,
      ari_app: app,
      request_timeout_ms: 2000,
      max_concurrent_calls: 10,
      calls_per_second: 100,
    };
    const driver = createDriver({ asterisk: config, clock: systemClock, random: cryptoRandom, logger: logs.logger });
    ends.push(() => driver.stop());
    return { driver, told: inboundOf(driver), log: recordCalls(driver), start: () => driver.start() };
  }

  function inboundOf(driver: CallControl): InboundCall[] {
    const told: InboundCall[] = [];
    driver.onInbound((call) => told.push(call));
    return told;
  }

  /** An Asterisk with a trunk that takes calls. */
  const startAsterisk = () =>
    runtime.asterisk({
      trunks: [{ name: "calls-in.1", host: "127.0.0.1", port: 9, qualifySeconds: 0, inbound: {} }],
      inboundApps: [app],
    });
  const call = (asterisk: AsteriskServer, number = called) =>
    callIn({ to: asterisk.ports.sip, caller, called: number, transport: "tcp" });

  it("refuses a call as busy, unanswered, and tells who called what and by which endpoint", async () => {
    const asterisk = await startAsterisk();
    const { told, log, start } = await startDriver(asterisk);
    await start();
    const startedAtMs = Date.now();
    expect((await call(asterisk)).filter((status) => status !== 100)).toEqual([busy]);
    await expect.poll(() => told).toHaveLength(1);
    expect(told).toMatchObject([{ endpoint: "calls-in.1", invite: { called, asserted } }]);
    expect(told[0]?.atMs).toBeGreaterThanOrEqual(startedAtMs);
    expect(log.events).toEqual([]);
    await expect.poll(async () => (await ariRequest(asterisk, "GET", "/channels")).body).toEqual([]);
  });

  it("refuses it whatever its receiver throws, and takes the next", async () => {
    const asterisk = await startAsterisk();
    const { driver, start } = await startDriver(asterisk);
    driver.onInbound(() => {
      throw new Error("a receiver's mistake");
    });
    await start();
    expect((await call(asterisk)).at(-1)).toBe(busy);
    await expect.poll(() => logs.text()).toContain("a receiver's mistake");
    const told = inboundOf(driver);
    expect((await call(asterisk)).at(-1)).toBe(busy);
    await expect.poll(() => told).toHaveLength(1);
  });

  it("refuses a channel that the dialplan sent for another reason, and tells nobody", async () => {
    const asterisk = await startAsterisk();
    await asterisk.cli(`dialplan add extension 99,1,Stasis,"${app},other" into onering-inbound`);
    const { told, start } = await startDriver(asterisk);
    await start();
    expect((await call(asterisk, "99")).at(-1)).toBe(busy);
    expect(logs.text()).toContain("for an unknown reason");
    expect(told).toEqual([]);
  });

  it("refuses what came in while the connection was dead, as soon as it is back", async () => {
    const asterisk = await startAsterisk();
    const proxy = await startTcpProxy(asterisk.ports.http, "ari");
    ends.push(() => proxy.close());
    const { told, log, start } = await startDriver(asterisk, `http://127.0.0.1:${proxy.port}`);
    await start();
    proxy.blackHole();
    const refused = call(asterisk);
    // In the application, not just in Asterisk: without a connection the dialplan would refuse it.
    const held = { channel_ids: [expect.any(String)] };
    await expect.poll(async () => (await ariRequest(asterisk, "GET", `/applications/${app}`)).body).toMatchObject(held);
    proxy.cut();
    await log.connection(false);
    proxy.restore();
    await log.connection(true);
    expect((await refused).at(-1)).toBe(busy);
    await expect.poll(() => told).toMatchObject([{ invite: { called, asserted } }]);
  });
});
