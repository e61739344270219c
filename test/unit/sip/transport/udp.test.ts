/** UDP flows: what the system says of a datagram, and floods of source ports; on real sockets. */
import { createSocket, Socket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { createTransactions } from "../../../../src/sip/transaction/index.ts";
import type { Flow } from "../../../../src/sip/transport/port.ts";
import { options, withTransports } from "../../../support/transports.ts";
import { inviteRequest, user } from "../transaction/wire.ts";

const start = withTransports();
const anywhere = { address: "127.0.0.1", port: 0 };
afterEach(() => {
  vi.restoreAllMocks();
});

/** The system refuses the next datagram. */
function refuseNext(code: string): void {
  vi.spyOn(Socket.prototype, "send").mockImplementationOnce((...args: unknown[]) => {
    const callback = args.at(-1) as (error: Error) => void;
    process.nextTick(callback, Object.assign(new Error(`send ${code}`), { code }));
  });
}

describe("a send error of UDP", () => {
  it.each(["EPERM", "ENOBUFS", "EAGAIN", "ENOMEM", "EMSGSIZE"])("%s counts as a lost datagram", async (code) => {
    const [near, far] = [await start({ udp: [anywhere] }), await start({ udp: [anywhere] })];
    const flow = near.flowTo(far.target("udp")) as Flow;
    refuseNext(code);
    expect(flow.send(options("lost"))).toBe(true);
    flow.send(options("next"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    expect([flow.open, near.closed, near.counters.lostDatagrams]).toEqual([true, [], 1]);
    expect(near.flowTo(far.target("udp"))).toBe(flow);
  });

  it("ENETUNREACH of a link that is down for a moment closes no flow: all calls of a carrier ended, and their phones rang on", async () => {
    const [near, far] = [await start({ udp: [anywhere] }), await start({ udp: [anywhere] })];
    const flow = near.flowTo(far.target("udp")) as Flow;
    for (let datagram = 1; datagram <= 3; datagram++) {
      refuseNext("ENETUNREACH");
      flow.send(options("lost"));
      await vi.waitFor(() => expect(near.counters.lostDatagrams).toBe(datagram));
    }
    flow.send(options("next"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    expect([flow.open, near.closed]).toEqual([true, []]);
  });

  it("counts from the first datagram that did not leave, and anew after one that did", async () => {
    const near = await start({ udp: [anywhere], limits: { unreachableMs: 50 } });
    const flow = near.flowTo({ protocol: "udp", address: "127.0.0.1", port: 9 }) as Flow;
    const refused = async (lost: number) => {
      refuseNext("ENETUNREACH");
      flow.send(options("a"));
      await vi.waitFor(() => expect([near.counters.lostDatagrams, flow.open]).toEqual([lost, true]));
    };
    const pause = () => new Promise((resolve) => setTimeout(resolve, 60));
    await refused(1);
    flow.send(options("b"));
    await pause();
    await refused(2);
    await pause();
    refuseNext("ENETUNREACH");
    flow.send(options("c"));
    await vi.waitFor(() => expect(flow.open).toBe(false));
  });

  it.each(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH"])(
    "%s, by which the far end stays out of reach, closes the flow",
    async (code) => {
      const near = await start({ udp: [anywhere], limits: { unreachableMs: 0 } });
      const flow = near.flowTo({ protocol: "udp", address: "127.0.0.1", port: 9 }) as Flow;
      refuseNext(code);
      flow.send(options("a"));
      await vi.waitFor(() => expect(near.closed).toEqual([{ flow, reason: `send ${code}` }]));
      expect([flow.open, near.counters.lostDatagrams]).toEqual([false, 0]);
    },
  );

  it("EPERM of a full conntrack table does not end a call: the INVITE arrives by its retransmission", async () => {
    const [near, far] = [await start({ udp: [anywhere] }), await start({ udp: [anywhere] })];
    const clock = { nowMs: () => performance.now(), after: systemClock.after };
    const layer = createTransactions({ transports: near, clock, random: cryptoRandom, timers: { t1Ms: 20 } });
    const caller = user();
    refuseNext("EPERM");
    layer.invite(inviteRequest, near.flowTo(far.target("udp")) as Flow, caller);
    await vi.waitFor(() => expect(far.received.length).toBeGreaterThan(0));
    expect([far.received[0]?.message, caller.heard]).toMatchObject([{ method: "INVITE" }, []]);
    layer.stop();
  });

  it("a queue that is full loses datagrams, and no flow", async () => {
    const near = await start({ udp: [anywhere] });
    const flow = near.flowTo({ protocol: "udp", address: "127.0.0.1", port: 9 }) as Flow;
    vi.spyOn(Socket.prototype, "getSendQueueCount").mockReturnValue(10_001);
    expect([flow.send(options("a")), flow.open, near.counters.lostDatagrams]).toEqual([true, true, 1]);
  });
});

describe("a flood of source ports, which anyone can write into datagrams", () => {
  it("does not push out the flow that calls of ours use", async () => {
    const [near, far] = [await start({ udp: [anywhere], limits: { udpFlows: 10 } }), await start({ udp: [anywhere] })];
    const ours = near.flowTo(far.target("udp")) as Flow;
    const flood = Array.from({ length: 30 }, () => createSocket("udp4"));
    for (const [index, socket] of flood.entries()) socket.send(options(index), near.target("udp").port, "127.0.0.1");
    await vi.waitFor(() => expect(near.received).toHaveLength(30));
    expect(near.flowTo(far.target("udp"))).toBe(ours);
    ours.send(options("call"));
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    for (const socket of flood) socket.close();
    await near.stop();
    expect(near.closed).toHaveLength(11);
  });

  it("does not either by the ports of its Vias, nor makes us read what comes from there", async () => {
    const near = await start({ udp: [anywhere], limits: { udpFlows: 10 }, admits: () => false });
    const target = { protocol: "udp", address: "127.0.0.1", port: 9 } as const;
    const ours = near.flowTo(target);
    const stranger = createSocket("udp4").bind(0, "127.0.0.1");
    await once(stranger, "listening");
    for (let port = 1000; port < 1030; port++) near.replyTo("127.0.0.1", port);
    near.replyTo("127.0.0.1", stranger.address().port);
    expect(near.flowTo(target)).toBe(ours);
    stranger.send(options("a"), near.target("udp").port, "127.0.0.1");
    await vi.waitFor(() => expect(near.counters.unknownSources).toBe(1));
    stranger.close();
  });

  it("a carrier of ever new addresses pushes out its own flows, not one that is in use", async () => {
    const near = await start({ udp: [anywhere], limits: { udpFlows: 10 } });
    const flowTo = (port: number) => near.flowTo({ protocol: "udp", address: "127.0.0.1", port });
    const ours = flowTo(1);
    for (let port = 1000; port < 1200; port++) {
      flowTo(port);
      expect(flowTo(1)).toBe(ours);
    }
  });
});
