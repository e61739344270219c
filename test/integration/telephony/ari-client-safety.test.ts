/** How the ari-client package hurts when it is not held, each against the real Asterisk where one can. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { createAriClientDriver } from "../../../src/telephony/asterisk/ari-client/index.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import type { CallControl } from "../../../src/telephony/call-control/port.ts";
import { type CallLog, recordCalls } from "../../support/call-log.ts";
import { keepingLogger, withWorld } from "./world.ts";

const world = withWorld();
let drivers: CallControl[] = [];
let logs = keepingLogger();

async function start(changed: Partial<AsteriskConfig> = {}): Promise<{ driver: CallControl; log: CallLog }> {
  logs = keepingLogger();
  const asterisk = ariOf(world().config(changed));
  const driver = createAriClientDriver({ asterisk, clock: systemClock, random: cryptoRandom, logger: logs.logger });
  drivers.push(driver);
  const log = recordCalls(driver);
  await driver.start();
  if (changed.ari_url === undefined) await log.connection(true);
  return { driver, log };
}

const call = (callId: string) => ({
  callId,
  endpoint: "carrier",
  callee: "+447700900123",
  callerId: "+12025550147",
  failSafeSeconds: 20,
});

/** A server that answers everything with the same. */
async function serving(status: number, type: string, body: string): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": type });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

afterEach(async () => {
  world().proxy.restore();
  for (const driver of drivers) await driver.stop();
  drivers = [];
  expect(logs.text()).not.toContain(world().asterisk.ari.password);
});

describe("the ari-client package, held", () => {
  it("hangs up a channel of its own that shows up though nobody wants it", async () => {
    const { driver, log } = await start();
    const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    // Asterisk hangs, the request runs into its deadline, the caller gives up; then Asterisk goes on and rings.
    process.kill(world().asterisk.pid, "SIGSTOP");
    const refused = await driver.originate(call("late")).catch((error) => error.refusal);
    expect(refused).toBe("no_response");
    await driver.hangup("late").catch(() => undefined);
    process.kill(world().asterisk.pid, "SIGCONT");
    await log.connection(true);
    await vi.waitFor(async () => expect(await world().channels()).toEqual([]), { timeout: 8000 });
    // Either Asterisk saw our hang-up first and never placed the call, or the call was canceled.
    const invites = (await carrier.messages()).some(({ method }) => method === "INVITE");
    if (invites) await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
  });

  it.each([
    ["a web page", 200, "text/html", "<h1>It works</h1>"],
    ["other JSON", 200, "application/json", '{"hello":1}'],
    ["a server without ARI", 404, "text/html", "Not Found"],
    ["a broken server", 500, "text/plain", "oops"],
  ])("tells %s from Asterisk", async (_, status, type, body) => {
    const { url, server } = await serving(status, type, body);
    const { driver } = await start({ ari_url: url });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toContain("not_ari");
    server.close();
  });

  it("survives a server that promises ARI and then describes no API", async () => {
    const info = JSON.stringify({ system: { version: "22.0.0" }, status: { startup_time: "now" } });
    const { url, server } = await serving(200, "application/json", info);
    const { driver } = await start({ ari_url: url, request_timeout_ms: 300 });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toContain("no connection to Asterisk");
    server.close();
    server.closeAllConnections();
  });

  it("lets one Asterisk into a process: a second client would send the first one's password", async () => {
    const { driver } = await start();
    await expect(start({ ari_app: "onering-2" })).rejects.toThrow(/one Asterisk per process/);
    expect(driver.connected).toBe(true);
  });

  it("gives way to another process with the same application, instead of going to and fro", async () => {
    const { driver, log } = await start();
    const { url, user, password } = world().asterisk.ari;
    const other = new WebSocket(`${url.replace("http", "ws")}/ari/events?app=onering&api_key=${user}:${password}`);
    await log.connection(false);
    expect(logs.text()).toContain("another process took our ARI application");
    const pauseMs = Number(/"pauseMs":(\d+)/.exec(logs.text())?.[1]);
    expect(pauseMs).toBeGreaterThanOrEqual(5000);
    expect(driver.connected).toBe(false);
    other.close();
  });

  it("writes nothing to the console", async () => {
    const outputs = (["log", "info", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
    const { driver, log } = await start();
    world().proxy.cut();
    await log.connection(false);
    world().proxy.restore();
    await log.connection(true);
    await driver.originate({ ...call("nowhere"), endpoint: "no-such-trunk" }).catch(() => undefined);
    for (const output of outputs) expect(output).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
