/** The capture on a real socket of loopback. */
import { createSocket, Socket } from "node:dgram";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freePort } from "../../../../src/local/process/free-port.ts";
import type { SipCaptureConfig } from "../../../../src/telephony/sip-capture/config.ts";
import {
  createSipCapture,
  type Evidence,
  type RunningSipCapture,
} from "../../../../src/telephony/sip-capture/index.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { settled } from "../telephony-config.ts";
import { hepPacket, sip } from "./packets.ts";

let clock: ManualClock;
let capture: RunningSipCapture;
let sender: Socket;
let port: number;
let logged: string;
let markers = 0;
/** How long the capture waits for a call of which it saw nothing. */
const overtakenMs = 250;

async function start(changed: Partial<SipCaptureConfig> = {}, longestCallMs = 60_000): Promise<void> {
  port = await freePort("udp");
  clock = new ManualClock();
  logged = "";
  const config = { host: "127.0.0.1", port, allow_from: [], wait_ms: 1000, max_calls: 100, trace_calls: 0, ...changed };
  const logger = pino({ level: "debug" }, { write: keep });
  capture = createSipCapture({ config, longestCallMs, clock, logger });
  await capture.start();
}

function keep(line: string): void {
  logged += line;
}

function send(callId: string, ...starts: string[]): void {
  for (const start of starts) sender.send(hepPacket(sip(start, { callId }), { callId }), port, "127.0.0.1");
}

/** All that was sent has arrived: what is sent last is heard last. */
async function allHeard(): Promise<void> {
  const marker = `marker-${markers++}`;
  send(marker, "INVITE", "486 Busy");
  expect(await capture.settle(marker)).not.toBeNull();
}

/** What `settle` gave, once it did. */
function settling(callId: string): { readonly got: Evidence | null | undefined } {
  const result: { got: Evidence | null | undefined } = { got: undefined };
  void capture.settle(callId).then((evidence) => (result.got = evidence));
  return result;
}

beforeEach(async () => {
  sender = createSocket("udp4");
  await start();
});
afterEach(() => {
  capture.stop();
  sender.close();
});

describe("the SIP capture", () => {
  it("gives what it knows at once where the INVITE is over", async () => {
    send("call-1", "INVITE", "180 Ringing", "486 Busy");
    await allHeard();
    expect(await capture.settle("call-1")).toMatchObject({ final: { status: 486 }, over: true });
  });

  it("waits for the end of the INVITE, no longer than wait_ms", async () => {
    send("call-1", "INVITE", "180 Ringing", "CANCEL");
    await allHeard();
    const soon = settling("call-1");
    send("call-1", "487 Terminated");
    await allHeard();
    expect(soon.got).toMatchObject({ final: { status: 487 }, over: true });

    send("call-2", "INVITE", "180 Ringing", "CANCEL");
    await allHeard();
    const never = settling("call-2");
    clock.pass(999);
    await settled();
    expect(never.got).toBeUndefined();
    clock.pass(1);
    await settled();
    expect(never.got).toMatchObject({ canceledAtMs: 0, over: false });
    expect(clock.pending).toBe(0);
  });

  it("knows a voice call to its end, and forgets what is older than any call of ours", async () => {
    capture.stop();
    await start({}, 306_000);
    send("voice", "INVITE", "180 Ringing", "200 OK");
    await allHeard();
    clock.pass(305_000);
    send("next", "INVITE");
    await allHeard();
    expect(await capture.settle("voice")).toMatchObject({ alertingAtMs: 0, final: { status: 200 } });
    clock.pass(340_000);
    send("another", "INVITE");
    await allHeard();
    const forgotten = settling("next");
    clock.pass(overtakenMs);
    await settled();
    expect(forgotten.got).toBeNull();
  });

  it("soon takes a challenge for the end, unless the INVITE is sent again", async () => {
    send("call-1", "INVITE", "401 Unauthorized");
    await allHeard();
    const rejected = settling("call-1");
    clock.pass(overtakenMs);
    await settled();
    expect(rejected.got).toMatchObject({ final: { status: 401 }, over: false });

    send("call-2", "INVITE", "407 Proxy Authentication Required");
    await allHeard();
    const answered = settling("call-2");
    sender.send(hepPacket(sip("INVITE", { callId: "call-2", cseq: 2 }), { callId: "call-2" }), port, "127.0.0.1");
    await allHeard();
    clock.pass(999);
    await settled();
    expect(answered.got).toBeUndefined();
    clock.pass(1);
    await settled();
    expect(answered.got).toMatchObject({ final: null, over: false });
  });

  it("soon gives up on a call of which it hears nothing", async () => {
    const unseen = settling("never-heard-of");
    clock.pass(overtakenMs);
    await settled();
    expect(unseen.got).toBeNull();
  });

  it("waits a moment for packets that the end overtook", async () => {
    const overtaken = settling("call-1");
    send("call-1", "INVITE", "404 Not Found");
    await allHeard();
    expect(overtaken.got).toMatchObject({ final: { status: 404 } });
  });

  it("forgets a call once it was asked for it", async () => {
    send("call-1", "INVITE", "486 Busy");
    await allHeard();
    await capture.settle("call-1");
    const again = settling("call-1");
    clock.pass(overtakenMs);
    await settled();
    expect(again.got).toBeNull();
  });

  it("is not kept by noise from hearing what comes after", async () => {
    for (const noise of ["", "HEP3", "x".repeat(2000), "HEP3\u0000\u0006"]) sender.send(noise, port, "127.0.0.1");
    await allHeard();
    expect(logged).not.toContain("error");
  });

  it("asks for the password where one is set", async () => {
    capture.stop();
    await start({ password: "correct horse" });
    send("call-1", "INVITE", "486 Busy");
    for (const start of ["INVITE", "486 Busy"])
      sender.send(hepPacket(sip(start, { callId: "good" }), { callId: "good", password: "correct horse" }), port);
    expect(await capture.settle("good")).not.toBeNull();
    const refused = settling("call-1");
    clock.pass(overtakenMs);
    await settled();
    expect(refused.got).toBeNull();
  });

  it("says once that Asterisk does not seem to send, not once a call", async () => {
    for (const callId of ["a", "b"]) {
      void capture.settle(callId);
      clock.pass(overtakenMs);
      await settled();
    }
    expect(logged.match(/hep\.conf/g)).toHaveLength(1);
  });

  it("lets calls go on while its port is taken, and takes it when it is free", async () => {
    const second = createSipCapture({
      config: { host: "127.0.0.1", port, allow_from: [], wait_ms: 1000, max_calls: 100, trace_calls: 0 },
      longestCallMs: 60_000,
      clock,
      logger: pino({ level: "silent" }),
    });
    await second.start();
    expect(await second.settle("call-1")).toBeNull();
    capture.stop();
    await settled();
    capture = second;
    clock.pass(2000);
    await expect.poll(() => heardNow(), { timeout: 5000 }).toBe(true);
  });

  it("shares a multicast group of loopback with the other gateways of its host: each hears all", async () => {
    capture.stop();
    await start({ host: "239.255.90.60" });
    const other = createSipCapture({
      config: { host: "239.255.90.60", port, allow_from: [], wait_ms: 1000, max_calls: 100, trace_calls: 0 },
      longestCallMs: 60_000,
      clock,
      logger: pino({ level: "silent" }),
    });
    await other.start();
    await new Promise<void>((resolve) => sender.bind(0, "127.0.0.1", resolve));
    sender.setMulticastInterface("127.0.0.1");
    const heard = [capture, other].map((one) => one.settle("call-1"));
    for (const start of ["INVITE", "486 Busy"]) {
      sender.send(hepPacket(sip(start, { callId: "call-1" }), { callId: "call-1" }), port, "239.255.90.60");
    }
    expect(await Promise.all(heard)).toMatchObject([{ final: { status: 486 } }, { final: { status: 486 } }]);
    other.stop();
  });

  it("has a socket of its own in each of several processes, which node:cluster would share", async () => {
    capture.stop();
    const bind = vi.spyOn(Socket.prototype, "bind");
    await start({ host: "239.255.90.60" });
    expect(bind.mock.calls).toContainEqual([{ port, address: "239.255.90.60", exclusive: true }, expect.any(Function)]);
    bind.mockRestore();
  });

  it("gives what waits for it what it knows when it is stopped", async () => {
    send("call-1", "INVITE", "180 Ringing", "CANCEL");
    await allHeard();
    const waiting = settling("call-1");
    capture.stop();
    await settled();
    expect(waiting.got).toMatchObject({ canceledAtMs: 0, over: false });
  });
});

async function heardNow(): Promise<boolean> {
  const marker = `marker-${markers++}`;
  send(marker, "INVITE", "486 Busy");
  const result = settling(marker);
  await new Promise((resolve) => sender.send("", port, "127.0.0.1", resolve));
  await settled();
  clock.pass(overtakenMs);
  await settled();
  return result.got !== undefined && result.got !== null;
}
