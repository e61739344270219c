import { createSocket, type Socket } from "node:dgram";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../../../src/local/process/free-port.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { parseHep } from "../../../../src/sip/hep.ts";
import type { Flow } from "../../../../src/sip/transport/port.ts";
import { createSipCapture } from "../../../../src/telephony/sip-capture/index.ts";
import { createHepSender, type HepSender } from "../../../../src/telephony/sip-trunks/hep-sender.ts";
import { sip } from "../sip-capture/packets.ts";

const logger = { info() {}, warn() {}, error() {}, child: () => logger } as never;
const flow = (more: Partial<Flow> = {}): Flow => ({
  protocol: "udp",
  reliable: false,
  remote: { address: "198.51.100.7", port: 5080 },
  sentBy: "192.0.2.1:5070",
  open: true,
  send: () => true,
  ...more,
});

const started: { stop?: () => void; close?: () => void }[] = [];
afterEach(() => {
  for (const one of started.splice(0)) {
    one.stop?.();
    one.close?.();
  }
});

async function collector(): Promise<{
  port: number;
  packets: Buffer[];
  socket: Socket;
  seen(count: number): Promise<void>;
}> {
  const socket = createSocket("udp4");
  started.push(socket);
  const packets: Buffer[] = [];
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  return {
    port: socket.address().port,
    packets,
    socket: socket.on("message", (packet) => packets.push(packet)),
    seen: (count) => expect.poll(() => packets.length, { interval: 5 }).toBeGreaterThanOrEqual(count),
  };
}

async function sender(port: number, more: object = {}, host = "127.0.0.1"): Promise<HepSender> {
  const config = { host, port, capture_id: 2001, ...more };
  const made = createHepSender({
    ...{ config, own: ["192.0.2.1", "2001:db8::1"], clock: systemClock, logger },
    monotonicMs: () => performance.now(),
  });
  started.push(made);
  await made.start();
  return made;
}

/** All chunks of a packet, by type; values in hex. */
function chunksOf(packet: Buffer): Record<number, string> {
  const chunks: Record<number, string> = {};
  for (let at = 6; at < packet.length; at += packet.readUInt16BE(at + 4)) {
    chunks[packet.readUInt16BE(at + 2)] = packet.toString("hex", at + 6, at + packet.readUInt16BE(at + 4));
  }
  return chunks;
}

describe("copies of SIP messages", () => {
  it("are read back whole by our own SIP capture: the evidence of a call", async () => {
    const port = await freePort("udp");
    const capture = createSipCapture({
      config: {
        host: "127.0.0.1",
        port,
        allow_from: [],
        password: "correct horse",
        wait_ms: 1000,
        max_calls: 100,
        trace_calls: 0,
      },
      longestCallMs: 60_000,
      clock: systemClock,
      logger,
    });
    started.push(capture);
    await capture.start();
    const { observer } = await sender(port, { password: "correct horse" });
    const one = flow();
    const startMs = performance.now();
    observer("out", sip("INVITE"), one, startMs);
    observer("in", sip("100 Trying", { toTag: null }), one, startMs + 10);
    observer("in", sip("180 Ringing"), one, startMs + 60.25);
    observer("out", sip("CANCEL"), one, startMs + 70);
    observer("in", sip("200 OK", { method: "CANCEL" }), one, startMs + 80);
    observer("in", sip("487 Request Terminated"), one, startMs + 81);
    const evidence = await capture.settle("call-1");
    expect(evidence).toMatchObject({ over: true, final: { status: 487 } });
    const { inviteAtMs = 0, alertingAtMs, canceledAtMs } = evidence ?? {};
    expect((alertingAtMs ?? 0) - inviteAtMs).toBeCloseTo(60.25, 2);
    expect((canceledAtMs ?? 0) - inviteAtMs).toBeCloseTo(70, 2);
    expect(Math.abs(inviteAtMs - Date.now())).toBeLessThan(5000);
  });

  it("carry both ends, the transport, the capture id and the message byte by byte", async () => {
    const { port, packets, seen } = await collector();
    const { observer } = await sender(port);
    const message = sip("INVITE").replace("CSeq", "Subject: Z\u00fcrich \u00ff\r\nCSeq");
    observer("out", message, flow(), performance.now());
    observer(
      "in",
      message,
      flow({ protocol: "tls", remote: { address: "2001:db8::7", port: 5061 } }),
      performance.now(),
    );
    await seen(2);
    expect(chunksOf(packets[0] ?? Buffer.alloc(0))).toMatchObject({
      ...{ 1: "02", 2: "11", 3: "c0000201", 4: "c6336407", 7: "13ce", 8: "13d8", 11: "01", 12: "000007d1" },
      ...{ 15: Buffer.from(message, "latin1").toString("hex"), 17: Buffer.from("call-1").toString("hex") },
    });
    expect(chunksOf(packets[1] ?? Buffer.alloc(0))).toMatchObject({
      ...{ 1: "0a", 2: "06", 7: "13c5", 8: "13ce" },
      ...{ 5: "20010db8000000000000000000000007", 6: "20010db8000000000000000000000001" },
    });
    expect(parseHep(packets[0] ?? Buffer.alloc(0), null)?.sip.toString("latin1")).toBe(message);
  });

  it("are dropped and counted where the queue is full, and never sent in the caller's turn", async () => {
    const { port, packets, seen } = await collector();
    const made = await sender(port);
    const one = flow();
    for (let at = 0; at < 5000; at++) made.observer("out", sip("INVITE", { callId: `c-${at}` }), one, 0);
    expect([made.counts.sent, made.counts.dropped]).toEqual([0, 904]);
    expect(packets).toHaveLength(0);
    await expect.poll(() => made.counts.sent + made.counts.dropped, { interval: 5 }).toBe(5000);
    await seen(1);
  });

  it("that were sent are not kept, though for a while more come in each turn than are sent", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const { port } = await collector();
    const made = await sender(port);
    const push = (count: number, one: Flow) => {
      for (let at = 0; at < count; at++) made.observer("out", sip("INVITE"), one, 0);
    };
    /** More than one turn's. */
    const pushFirst = () => {
      const first = flow();
      push(33, first);
      return new WeakRef(first);
    };
    const first = pushFirst();
    const second = flow();
    for (let turn = 0; turn < 300; turn++) {
      await nextTurn();
      push(40, second);
    }
    gc();
    expect(made.counts.sent).toBeGreaterThan(33);
    expect(made.counts.sent + made.counts.dropped).toBeLessThan(12_033);
    expect(first.deref()).toBeUndefined();
  });

  it("that do not fit into a datagram are dropped alone", async () => {
    const { port, packets, seen } = await collector();
    const made = await sender(port);
    made.observer("in", `${sip("INVITE")}${"x".repeat(65_500)}`, flow(), 0);
    made.observer("in", sip("INVITE"), flow(), 0);
    await seen(1);
    expect(packets).toHaveLength(1);
    expect(made.counts.dropped).toBe(1);
  });

  it("are lost without an error where nobody receives them, and arrive again once somebody does", async () => {
    const port = await freePort("udp");
    const made = await sender(port);
    for (let at = 0; at < 3; at++) {
      made.observer("out", sip("INVITE"), flow(), 0);
      await expect.poll(() => made.counts.sent + made.counts.dropped, { interval: 5 }).toBe(at + 1);
    }
    const socket = createSocket("udp4");
    started.push(socket);
    await new Promise<void>((bound) => socket.bind(port, "127.0.0.1", bound));
    const arrived = new Promise((resolve) => socket.once("message", resolve));
    // The first may still be answered by the error of the one before.
    made.observer("out", sip("INVITE"), flow(), 0);
    made.observer("out", sip("INVITE"), flow(), 0);
    await arrived;
  });

  it("are dropped while the collector has no address", async () => {
    const made = await sender(9060, {}, "collector.invalid");
    made.observer("out", sip("INVITE"), flow(), 0);
    await expect.poll(() => made.counts.dropped, { interval: 5 }).toBe(1);
  });

  it("are dropped where no route leads to the collector", async () => {
    // The system refuses to connect to it, as to an address without a route.
    const made = await sender(9060, {}, "255.255.255.255");
    made.observer("out", sip("INVITE"), flow(), 0);
    await expect.poll(() => made.counts.dropped, { interval: 5 }).toBe(1);
  });
});
