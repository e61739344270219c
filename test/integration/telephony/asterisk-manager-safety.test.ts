/** What is AMI's own: the ways in which the asterisk-manager package hurts when it is not held, rights, and calls in. */

import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { amiOf } from "../../../src/telephony/asterisk/access.ts";
import { AmiSession } from "../../../src/telephony/asterisk/ami/session.ts";
import { createAsteriskManagerDriver } from "../../../src/telephony/asterisk/asterisk-manager/index.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import type { CallControl, InboundCall } from "../../../src/telephony/call-control/port.ts";
import { originate } from "../../support/ari-request.ts";
import { type CallLog, recordCalls } from "../../support/call-log.ts";
import { withRuntime } from "../../support/processes.ts";
import { callIn } from "../../support/sipp.ts";
import { keepingLogger, withWorld } from "./world.ts";

const world = withWorld({ listensAt: "ami", driver: "asterisk-manager" });
const runtime = withRuntime();
let drivers: CallControl[] = [];
let logs = keepingLogger();

async function start(changed: Partial<AsteriskConfig> = {}): Promise<{ driver: CallControl; log: CallLog }> {
  logs = keepingLogger();
  const asterisk = amiOf(world().config(changed));
  const driver = createAsteriskManagerDriver({
    asterisk,
    clock: systemClock,
    random: cryptoRandom,
    logger: logs.logger,
  });
  drivers.push(driver);
  const log = recordCalls(driver);
  await driver.start();
  if (changed.ami === undefined) await log.connection(true);
  return { driver, log };
}

const call = (callId: string) => ({
  callId,
  endpoint: "carrier",
  callee: "+447700900123",
  callerId: "+12025550147",
  failSafeSeconds: 20,
});
const refusalOf = (placing: Promise<void>) => placing.then(() => "placed").catch((error) => error.refusal);

afterEach(async () => {
  world().proxy.restore();
  for (const driver of drivers) await driver.stop();
  drivers = [];
  expect(logs.text()).not.toContain(world().asterisk.ami.password);
});

describe("the asterisk-manager package, held", () => {
  it("never replays what it could not send: no stale call after a reconnect", async () => {
    const { driver, log } = await start();
    const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    world().proxy.cut();
    await log.connection(false);
    expect(await refusalOf(driver.originate(call("stale")))).toBe("not_connected");
    await expect(driver.hangup("stale")).rejects.toThrow("no connection");
    world().proxy.restore();
    await log.connection(true);
    // A call of now shows that what was to be replayed would have been by then.
    await driver.originate(call("fresh"));
    await log.event("fresh", "alerting");
    await driver.hangup("fresh");
    await log.event("fresh", "ended");
    const invites = (await carrier.messages()).filter(({ method }) => method === "INVITE");
    expect(new Set(invites.map((invite) => invite.header("Call-ID").join())).size).toBe(1);
  });

  it.each(["user", "password"] as const)("sends nothing with a line break in its %s", async (field) => {
    const sent: string[] = [];
    const server = createServer((socket) => socket.on("data", (data) => sent.push(String(data))));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ami = { host: "127.0.0.1", port, user: "u", password: "p" };
    const { driver } = await start({
      ami: { ...ami, [field]: "x\r\n\r\nAction: Originate\r\nChannel: PJSIP/1@carrier" },
    });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toContain("must be one line");
    expect(sent).toEqual([]);
    server.close();
  });

  it("lets go of a connection that is dead, instead of leaving it half open", async () => {
    const refused = vi.fn();
    // Never ends by itself what the other end has half closed, as a dead one would not; its words are refused in the end.
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let writing: NodeJS.Timeout | undefined;
      socket.on("error", refused).on("close", () => clearInterval(writing));
      socket.on("end", () => {
        writing = setInterval(() => socket.write("still there?"), 5);
      });
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const { driver } = await start({
      ami: { host: "127.0.0.1", port, user: "u", password: "p" },
      request_timeout_ms: 200,
    });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toContain("no_answer: AMI login took longer than 200 ms");
    await expect.poll(() => refused).toHaveBeenCalled();
    server.close();
  });

  it.each(["error", "close", "end", "connect", "rawevent", "managerevent", "response", "__proto__"])(
    "takes an event named %s for an event",
    async (name) => {
      const { driver, log } = await start();
      world().proxy.inject(`Event: ${name}\r\nActionID: ${name}\r\n__proto__: x\r\nconstructor: y`);
      await world().carrier([{ send: "486 Busy Here" }, "ack"]);
      await driver.originate(call("after"));
      expect(await log.event("after", "ended")).toMatchObject({ sipStatus: 486 });
      expect(log.connections).toEqual([true]);
    },
  );

  it("hangs up a channel of its own that shows up though nobody wants it", async () => {
    const { driver, log } = await start();
    const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    // Asterisk hangs, the request runs into its deadline, the caller gives up; then Asterisk goes on and rings.
    process.kill(world().asterisk.pid, "SIGSTOP");
    expect(await refusalOf(driver.originate(call("late")))).toBe("no_response");
    await driver.hangup("late").catch(() => undefined);
    process.kill(world().asterisk.pid, "SIGCONT");
    await log.connection(true);
    await vi.waitFor(async () => expect(await world().channels()).toEqual([]), { timeout: 8000 });
    const invites = (await carrier.messages()).some(({ method }) => method === "INVITE");
    if (invites) await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
  });

  it("believes in a call whose failure overtakes the news of its channel", async () => {
    const { driver, log } = await start();
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    // For a moment Asterisk has nothing but that to say.
    process.kill(world().asterisk.pid, "SIGSTOP");
    systemClock.after(50, () => process.kill(world().asterisk.pid, "SIGCONT"));
    const placing = driver.originate(call("overtaken"));
    world().proxy.inject("Event: OriginateResponse\r\nResponse: Failure\r\nActionID: onering.overtaken.\r\nReason: 0");
    await placing;
    await log.event("overtaken", "alerting");
    await driver.hangup("overtaken");
    await log.event("overtaken", "ended");
    expect(log.types("overtaken")).toEqual(["alerting", "ended"]);
  });

  it("tells a duplicate from a trunk that is down, though Asterisk says the same of both", async () => {
    const { driver, log } = await start();
    const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    await driver.originate(call("taken"));
    await log.event("taken", "alerting");
    // Asterisk says twice that it rings; the second time must not come after the next line. This answer comes after both.
    expect(await refusalOf(driver.originate({ ...call("nowhere"), endpoint: "no-such-trunk" }))).toBe("trunk_down");
    // The driver thinks that it is over, while it rings on.
    world().proxy.inject("Event: Hangup\r\nUniqueid: onering.taken.\r\nCause: 16");
    await log.event("taken", "ended");
    expect(await refusalOf(driver.originate(call("taken")))).toBe("duplicate");
    await driver.hangup("taken");
    await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
    const invites = (await carrier.messages()).filter(({ method }) => method === "INVITE");
    expect(new Set(invites.map((invite) => invite.header("Call-ID").join())).size).toBe(1);
  });

  it("writes nothing to the console", async () => {
    const outputs = (["log", "info", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
    const { driver, log } = await start();
    world().proxy.cut();
    await log.connection(false);
    world().proxy.restore();
    await log.connection(true);
    expect(await refusalOf(driver.originate({ ...call("nowhere"), endpoint: "no-such-trunk" }))).toBe("trunk_down");
    for (const output of outputs) expect(output).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe("an Asterisk on AMI", () => {
  it("sends only what tells something, and nothing of other people's calls", async () => {
    const { driver, log } = await start();
    const seen: string[] = [];
    const session = await AmiSession.open({
      ami: { ...world().asterisk.ami },
      deadlineMs: 2000,
      clock: systemClock,
      eventMask: "system,call,user",
      onEvent: ({ event, uniqueid, destuniqueid }) => seen.push(`${event} ${uniqueid ?? destuniqueid ?? ""}`),
      onClose: () => undefined,
    });
    await world().carrier([{ send: "180 Ringing" }, { pauseMs: 50 }, { send: "486 Busy Here" }, "ack"]);
    const numbers = { trunk: "carrier", callee: "+447700900123", callerId: "+12025550147" };
    await originate(world().asterisk, { ...numbers, channelId: "another-gateway.x." });
    await driver.originate(call("mine"));
    await log.event("mine", "ended");
    await expect.poll(() => world().channels()).toEqual([]);
    session.close();
    const names = new Set(seen.map((line) => line.split(" ")[0]));
    const told = ["Newchannel", "Newstate", "DialState", "DialEnd", "OriginateResponse", "Hangup", "FullyBooted"];
    expect([...names].filter((name) => !told.includes(String(name)))).toEqual([]);
    expect(seen.filter((line) => line.includes("another-gateway"))).toEqual([]);
    expect(seen.filter((line) => line.includes("onering.mine."))).not.toEqual([]);
  });

  it("is not connected to by a user without the rights, and says which are missing", async () => {
    const asterisk = await runtime.asterisk({ trunks: [] });
    const { driver } = await start({ ami: asterisk.ami });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toContain("the AMI user may not Originate");
    expect(logs.text()).toContain("write = system,reporting,originate");
  });

  it("tells of a call that comes in, which the dialplan refuses by itself", async () => {
    const trunk = { name: "calls-in", host: "127.0.0.1", port: 9, qualifySeconds: 0, inbound: {} };
    const asterisk = await runtime.asterisk({ trunks: [trunk], amiCallsApp: "onering" });
    const { driver, log } = await start({ ami: asterisk.ami });
    await log.connection(true);
    const calls: InboundCall[] = [];
    driver.onInbound((inbound) => {
      calls.push(inbound);
      throw new Error("a receiver's mistake");
    });
    const numbers = { caller: "+447700900123", called: "+442079460000" };
    const statuses = await callIn({ to: asterisk.ports.sip, ...numbers, transport: "tcp" });
    expect(statuses.at(-1)).toBeGreaterThanOrEqual(400);
    const invite = { called: numbers.called, asserted: [`<sip:${numbers.caller}@carrier.example>`], privacy: "" };
    await expect.poll(() => calls).toMatchObject([{ invite, endpoint: "calls-in", atMs: expect.any(Number) }]);
    const header = "P-Asserted-Identity: <sip:+447700900199@example.net>\nPrivacy: id";
    await callIn({ to: asterisk.ports.sip, ...numbers, header, transport: "tcp" });
    await expect.poll(() => calls).toHaveLength(2);
    expect(calls[1]).toMatchObject({ invite: { called: numbers.called, privacy: "id" } });
    // Another secret, and a dialplan that has none at all.
    const file = path.join(asterisk.dir, "etc/extensions.conf");
    const setToken = async (token: string) => {
      await writeFile(file, (await readFile(file, "utf8")).replace(/Token: [\w-]+/, `Token: ${token}`));
      await asterisk.cli("dialplan reload");
    };
    await setToken("another-secret-of-24-chars");
    await callIn({ to: asterisk.ports.sip, ...numbers, transport: "tcp" });
    await expect.poll(() => calls).toHaveLength(3);
    expect(calls[2]).toMatchObject({ invite });
    await setToken("short");
    await callIn({ to: asterisk.ports.sip, ...numbers, transport: "tcp" });
    await expect.poll(() => calls).toHaveLength(4);
    expect(calls[3]).toMatchObject({ invite: "forged", endpoint: "calls-in" });
    expect(driver.connected).toBe(true);
    expect(logs.text()).not.toContain("447700900123");
  });
});
