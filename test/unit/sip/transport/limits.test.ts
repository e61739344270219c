/** Sources, limits, and connections whose far end is slow, silent or gone; on real sockets, with an injected clock for times. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TransportOptions } from "../../../../src/sip/transport/index.ts";
import type { Target } from "../../../../src/sip/transport/port.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { ok, options, withTransports } from "../../../support/transports.ts";

const start = withTransports();
const anywhere = { address: "127.0.0.1", port: 0 };
const sockets: Socket[] = [];
const servers: Server[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Connects to `target` as a far end that the test plays. */
async function dial(target: Target): Promise<Socket> {
  const socket = createConnection({ host: target.address, port: target.port }).on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** A far end that the test plays. */
async function listen(onSocket: (socket: Socket) => void = () => {}): Promise<Target> {
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    onSocket(socket);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return { protocol: "tcp", address: "127.0.0.1", port: (server.address() as { port: number }).port };
}

/** Transports whose time the test moves: `pass` moves it second by second, as their timer does. */
async function startTimed(given: Partial<TransportOptions> = {}) {
  const clock = new ManualClock();
  const transports = await start({ clock, nowMs: clock.nowMs, ...given });
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) clock.advance(1000);
  };
  return { transports: Object.assign(transports, { nowMs: clock.nowMs }), pass };
}

describe("a source that is not admitted", () => {
  it("has its datagrams dropped unread, until something was sent there", async () => {
    const far = await start({ udp: [anywhere], admits: () => false });
    const near = await start({ udp: [anywhere] });
    const target = far.target("udp");
    near.flowTo(target)?.send(options("a"));
    await vi.waitFor(() => expect(far.counters.unknownSources).toBe(1));
    expect(far.received).toEqual([]);
    far.flowTo(near.target("udp"))?.send(options("b"));
    await vi.waitFor(() => expect(near.received).toHaveLength(1));
    near.received[0]?.flow.send(ok("b"));
    await vi.waitFor(() => expect(far.received).toMatchObject([{ message: { status: 200 } }]));
  });

  it("has its connections closed at once", async () => {
    const asked: unknown[] = [];
    const far = await start({ tcp: [anywhere], admits: (...source) => asked.push(source) < 0 });
    const socket = await dial(far.target("tcp"));
    socket.write(options("a"));
    await once(socket.resume(), "close");
    expect([far.counters.unknownSources, far.connections.open, far.received]).toEqual([1, 0, []]);
    expect(asked).toEqual([["127.0.0.1", "tcp"]]);
  });
});

describe("port 0, which a datagram may come from", () => {
  it("takes nothing, and throws nothing", async () => {
    const near = await start({ udp: [anywhere] });
    const flow = near.flowTo({ protocol: "udp", address: "127.0.0.1", port: 0 });
    expect([flow?.send(ok("a")), flow?.open]).toEqual([false, false]);
  });
});

describe("inbound connections", () => {
  it.each([
    ["of one source", { inboundConnectionsPerSource: 2 }],
    ["in all", { inboundConnections: 2 }],
  ])("%s are limited; one that ends makes room", async (_, limits) => {
    const far = await start({ tcp: [anywhere], limits });
    const [first] = [await dial(far.target("tcp")), await dial(far.target("tcp"))];
    await vi.waitFor(() => expect(far.connections.inbound).toBe(2));
    await once((await dial(far.target("tcp"))).resume(), "close");
    expect(far.counters.tooManyConnections).toBe(1);
    first.destroy();
    await vi.waitFor(() => expect(far.connections.inbound).toBe(1));
    (await dial(far.target("tcp"))).write(options("a"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
  });

  it("are used for requests only where the trunk asks for it", async () => {
    const near = await start({ tcp: [anywhere] });
    const socket = await dial(near.target("tcp"));
    socket.write(options("a"));
    await vi.waitFor(() => expect(near.received).toHaveLength(1));
    const target = { protocol: "tcp", address: "127.0.0.1", port: 9 } as const;
    expect(near.flowTo(target)).toBeNull();
    const reusing = { ...target, rules: { name: "trunk", reuseInbound: true } };
    expect(near.flowTo(reusing)).toBe(near.received[0]?.flow);
    expect(await near.connect(reusing)).toBe(near.received[0]?.flow);
    expect(near.flowTo({ ...reusing, address: "127.0.0.2" })).toBeNull();
  });

  it("of one far end: requests go over the one on which something came last, as its others may be dead", async () => {
    const { transports: near, pass } = await startTimed({ tcp: [anywhere] });
    const target = {
      protocol: "tcp",
      address: "127.0.0.1",
      port: 9,
      rules: { name: "t", reuseInbound: true },
    } as const;
    const [first, second] = [await dial(near.target("tcp")), await dial(near.target("tcp"))];
    for (const [times, socket] of [first, second, first].entries()) {
      pass(1);
      socket.write(options(times));
      await vi.waitFor(() => expect(near.received).toHaveLength(times + 1));
      expect(near.flowTo(target)).toBe(near.received[times]?.flow);
    }
    first.destroy();
    await vi.waitFor(() => expect(near.flowTo(target)).toBe(near.received[1]?.flow));
  });

  it("on which nothing comes are closed", async () => {
    const { transports: far, pass } = await startTimed({ tcp: [anywhere] });
    await dial(far.target("tcp"));
    await vi.waitFor(() => expect(far.connections.inbound).toBe(1));
    pass(599);
    expect(far.closed).toEqual([]);
    pass(2);
    await vi.waitFor(() => expect(far.closed).toMatchObject([{ reason: "idle" }]));
  });

  it("with a message that does not end are closed, with others that do are not", async () => {
    const { transports: far, pass } = await startTimed({ tcp: [anywhere] });
    const [slow, busy] = [await dial(far.target("tcp")), await dial(far.target("tcp"))];
    const halves = [options("a").slice(0, 50), `${options("a").slice(50)}${options("a").slice(0, 50)}`] as const;
    slow.write(halves[0]);
    busy.write(halves[0]);
    await vi.waitFor(() => expect(far.connections.inbound).toBe(2));
    for (let round = 1; round <= 3; round++) {
      pass(4);
      slow.write("X");
      busy.write(halves[1]);
      await vi.waitFor(() => expect(far.received).toHaveLength(round));
    }
    pass(4);
    await vi.waitFor(() => expect(far.closed).toMatchObject([{ reason: "a message that does not end" }]));
    expect(far.connections.inbound).toBe(1);
  });

  it("that bring no SIP are closed, and counted", async () => {
    const far = await start({ tcp: [anywhere] });
    const socket = await dial(far.target("tcp"));
    socket.write(`${options("a")}GET / HTTP/1.1\r\n\r\n${options("b")}`);
    await once(socket.resume(), "close");
    expect([far.received.length, far.counters.malformed]).toEqual([1, 1]);
    expect(far.closed).toMatchObject([{ reason: expect.stringContaining("Content-Length") }]);
  });

  it("answer pings at once, also between messages", async () => {
    const far = await start({ tcp: [anywhere] });
    const socket = await dial(far.target("tcp"));
    socket.write(`\r\n\r\n${options("a")}\r\n\r\n`);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    await vi.waitFor(() => expect(answer).toBe("\r\n\r\n"));
    expect(far.received).toHaveLength(1);
  });
});

describe("a far end that", () => {
  it("does not read: the flow closes where its buffer is full, once", async () => {
    const near = await start({ limits: { bufferedBytes: 200_000 } });
    const flow = await near.connect(await listen((socket) => socket.pause()));
    const message = options("a", "", "x".repeat(10_000));
    let sent = 0;
    // The kernel's buffers take some megabytes before ours fills.
    while (flow.send(message) && sent < 100_000) {
      sent += 1;
      if (sent % 10 === 0) await new Promise(setImmediate);
    }
    expect(flow.open).toBe(false);
    await vi.waitFor(() => expect(near.closed).toEqual([{ flow, reason: "the far end does not read" }]));
    await vi.waitFor(() => expect(near.connections.open).toBe(0));
    expect([near.counters.deadFlows, near.closed.length]).toEqual([1, 1]);
  });

  it("stops reading: the flow closes after 10 s without a byte taken, though its buffer is not full", async () => {
    const { transports: near, pass } = await startTimed({ limits: { bufferedBytes: 100_000_000 } });
    const flow = await near.connect(await listen((socket) => socket.pause()));
    const message = options("a", "", "x".repeat(60_000));
    // More than the kernel's buffers take.
    for (let sent = 0; sent < 500; sent++) flow.send(message);
    await new Promise(setImmediate);
    pass(11);
    expect(flow.open).toBe(false);
    await vi.waitFor(() => expect(near.closed).toEqual([{ flow, reason: "the far end does not read" }]));
  });

  it("answers no request within 32 s: the flow closes; one that answers stays, and so does one that we only answer", async () => {
    const { transports: near, pass } = await startTimed();
    const silent = await near.connect(await listen((socket) => socket.resume()));
    const alive = await near.connect(await listen((socket) => socket.on("data", () => socket.write(ok("a")))));
    const quiet = await near.connect(await listen((socket) => socket.resume()));
    silent.send(options("a"));
    alive.send(options("a"));
    quiet.send(ok("a"));
    quiet.send(options("a").replace("OPTIONS", "ACK"));
    await vi.waitFor(() => expect(near.received).toHaveLength(1));
    pass(31);
    expect(near.closed).toEqual([]);
    pass(60);
    await vi.waitFor(() => expect(near.closed).toEqual([{ flow: silent, reason: "no answer to a request" }]));
    expect([alive.open, quiet.open]).toEqual([true, true]);
  });

  it("said nothing since a moment: the flow closes for who asks; one that did stays", async () => {
    const { transports: near, pass } = await startTimed();
    const mute = await near.connect(await listen());
    const alive = await near.connect(await listen((socket) => socket.on("data", () => socket.write(ok("a")))));
    pass(1);
    const sinceMs = near.nowMs();
    pass(1);
    for (const flow of [mute, alive]) flow.send(options("a"));
    await vi.waitFor(() => expect(near.received).toHaveLength(1));
    const closed = await Promise.all([mute, alive].map((flow) => flow.closeIfSilentSince?.(sinceMs)));
    expect(closed).toEqual([true, false]);
    await vi.waitFor(() => expect(near.closed.map(({ flow }) => flow)).toEqual([mute]));
    expect([alive.open, near.counters.deadFlows]).toEqual([true, 1]);
  });

  it("answers no ping within 10 s: the flow closes; one that does stays", async () => {
    const { transports: near, pass } = await startTimed();
    const rules = { name: "trunk", pingSeconds: 30 };
    let pings = 0;
    const mute = await near.connect({ ...(await listen((socket) => socket.resume())), rules });
    const answering = await listen((socket) =>
      socket.on("data", (data) => {
        if (data.toString() === "\r\n\r\n") pings += 1;
        socket.write("\r\n");
      }),
    );
    const alive = await near.connect({ ...answering, rules });
    for (let round = 1; round <= 3; round++) {
      pass(30);
      await vi.waitFor(() => expect(pings).toBe(round));
      // Its answer is read.
      await new Promise((resolve) => setTimeout(resolve, 20));
      pass(1);
    }
    await vi.waitFor(() => expect(near.closed).toEqual([{ flow: mute, reason: "no answer to a ping" }]));
    expect(alive.open).toBe(true);
  });

  it("closes its half: the flow is over, and what we had sent arrives", async () => {
    let arrived = "";
    const near = await start();
    const target = await listen((socket) =>
      socket.on("data", (data) => {
        arrived += data.toString("latin1");
        socket.end(ok("a"));
      }),
    );
    const flow = await near.connect(target);
    flow.send(options("a"));
    await vi.waitFor(() => expect(near.closed).toEqual([{ flow, reason: "closed by the far end" }]));
    expect([near.received.length, arrived]).toEqual([1, options("a")]);
  });

  it("resets the connection: the flow is over, with the system's reason", async () => {
    const near = await start();
    const flow = await near.connect(await listen((socket) => socket.once("data", () => socket.resetAndDestroy())));
    flow.send(options("a"));
    await vi.waitFor(() =>
      expect(near.closed).toMatchObject([{ flow, reason: expect.stringContaining("ECONNRESET") }]),
    );
  });
});

it("UDP flows of a trunk that asks for it are kept alive by line breaks, which are no messages", async () => {
  const far = createSocket("udp4").bind(0, "127.0.0.1");
  await once(far, "listening");
  const { transports: near, pass } = await startTimed({ udp: [anywhere] });
  const target = {
    protocol: "udp",
    address: "127.0.0.1",
    port: far.address().port,
    rules: { name: "t", pingSeconds: 25 },
  } as const;
  near.flowTo(target);
  const came = once(far, "message");
  pass(26);
  expect(String((await came)[0])).toBe("\r\n");
  const { port } = near.target("udp");
  for (const noise of ["\r\n\r\n", "\0\0\0\0", ""]) far.send(noise, port, "127.0.0.1");
  far.send("noise that is no message", port, "127.0.0.1");
  await vi.waitFor(() => expect(near.counters.malformed).toBe(1));
  far.close();
});

it("a flood of datagrams of many ports keeps a bounded number of flows", async () => {
  const far = await start({ udp: [anywhere], limits: { udpFlows: 10 } });
  const ports = await Promise.all(
    Array.from({ length: 30 }, async (_, index) => {
      const socket = createSocket("udp4").bind(0, "127.0.0.1");
      await once(socket, "listening");
      socket.send(options(index), far.target("udp").port, "127.0.0.1");
      return socket;
    }),
  );
  await vi.waitFor(() => expect(far.received).toHaveLength(30));
  // Those forgotten still answer.
  const answer = once(ports[0] as NonNullable<(typeof ports)[0]>, "message");
  const first = far.received.find(({ flow }) => flow.remote.port === ports[0]?.address().port);
  expect([first?.flow.open, first?.flow.send(ok(0))]).toEqual([true, true]);
  await answer;
  for (const socket of ports) socket.close();
  await far.stop();
  expect(far.closed).toHaveLength(10);
});

it("more connections than allowed are not opened", async () => {
  const near = await start({ limits: { outgoingConnections: 1 } });
  await near.connect(await listen());
  await expect(near.connect(await listen())).rejects.toMatchObject({ name: "FlowError", why: "limit" });
});

it("the observer sees every message as it was on the wire, and nothing else", async () => {
  const seen: unknown[] = [];
  const observer: TransportOptions["observer"] = (direction, message, flow, atMs) =>
    seen.push([direction, message, flow.protocol, typeof atMs]);
  const [near, far] = [await start({ udp: [anywhere], observer }), await start({ udp: [anywhere], tcp: [anywhere] })];
  const folded = options("a", "\r\nv: x\r\n y", "body\xff");
  for (const protocol of ["udp", "tcp"] as const) {
    const flow = await near.connect(far.target(protocol));
    far.onMessage((_message, from) => from.send(folded));
    flow.send(ok("b"));
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen.splice(0)).toEqual([
      ["out", ok("b"), protocol, "number"],
      ["in", folded, protocol, "number"],
    ]);
  }
});
