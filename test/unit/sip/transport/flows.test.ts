/** Messages over UDP, TCP and both families, on real sockets. */
import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { headerOf } from "../../../../src/sip/message.ts";
import { createTransports } from "../../../../src/sip/transport/index.ts";
import { type Flow, FlowError } from "../../../../src/sip/transport/port.ts";
import { ok, options, withTransports } from "../../../support/transports.ts";

const start = withTransports();
const anywhere = { address: "127.0.0.1", port: 0 };
const anywhere6 = { address: "::1", port: 0 };
const everything = { udp: [anywhere, anywhere6], tcp: [anywhere, anywhere6] };

const idsOf = (received: readonly { readonly message: Parameters<typeof headerOf>[0] }[]) =>
  received.map(({ message }) => headerOf(message, "call-id"));

describe.each([
  ["udp", "127.0.0.1"],
  ["udp", "::1"],
  ["tcp", "127.0.0.1"],
  ["tcp", "::1"],
] as const)("over %s to %s", (protocol, address) => {
  it("a request arrives, and its answer comes back on the same flow", async () => {
    const [near, far] = [await start(everything), await start(everything)];
    const bound = far.bound.find((one) => one.protocol === protocol && one.address === address);
    if (bound === undefined) throw new Error("not bound");
    const target = { ...bound, ...(address === "::1" && { address: "0:0:0:0:0:0:0:1" }) };
    const flow = near.flowTo(target) ?? (await near.connect(target));
    expect(await near.connect(target)).toBe(flow);
    expect(near.flowTo(target)).toBe(flow);
    const own = near.bound.find((one) => one.protocol === protocol && one.address === address);
    expect(flow).toMatchObject({
      protocol,
      reliable: protocol !== "udp",
      open: true,
      sentBy: address === "::1" ? `[::1]:${own?.port}` : `127.0.0.1:${own?.port}`,
    });
    expect(flow.send(options("a"))).toBe(true);
    await vi.waitFor(() => expect(far.received).toHaveLength(1));
    const [request] = far.received;
    expect(request?.message).toMatchObject({ kind: "request", method: "OPTIONS", rest: "" });
    if (protocol === "udp") expect(request?.flow.remote).toEqual({ address, port: own?.port });
    expect(request?.flow.send(ok("a"))).toBe(true);
    await vi.waitFor(() => expect(near.received).toHaveLength(1));
    expect(near.received[0]?.flow).toBe(flow);
    expect(near.received[0]?.message).toMatchObject({ kind: "response", status: 200 });
    expect([near.counters.sent, near.counters.received]).toEqual([1, 1]);
  });
});

it("1000 messages of one turn arrive in order in few writes over TCP", async () => {
  const [near, far] = [await start(), await start({ tcp: [anywhere] })];
  const flow = await near.connect(far.target("tcp"));
  const ids = Array.from({ length: 1000 }, (_, index) => `${index}`);
  for (const id of ids) expect(flow.send(options(id, "", id))).toBe(true);
  await vi.waitFor(() => expect(far.received).toHaveLength(1000));
  expect(idsOf(far.received)).toEqual(ids);
  expect(far.received.map(({ message }) => message.rest)).toEqual(ids);
});

it("nothing listens: refused at once, and not tried again for a while", async () => {
  // Longer than the socket takes from its error to its close, which is the same failure.
  const near = await start({ limits: { firstBackoffMs: 400 } });
  const gone = await start({ tcp: [anywhere] });
  const target = gone.target("tcp");
  await gone.stop();
  const refused = expect.objectContaining({ name: "FlowError", why: "refused" });
  await expect(near.connect(target)).rejects.toEqual(refused);
  const failures = await Promise.allSettled(Array.from({ length: 100 }, () => near.connect(target)));
  expect(failures.every(({ status }) => status === "rejected")).toBe(true);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(near.counters.failedConnects).toBe(1);
  await vi.waitFor(async () => {
    await near.connect(target).catch(() => undefined);
    expect(near.counters.failedConnects).toBe(2);
  });
});

it("a flow that the far end closes is reported once, and the next connect opens another", async () => {
  const [near, far] = [await start(), await start({ tcp: [anywhere] })];
  const target = far.target("tcp");
  const flow = await near.connect(target);
  flow.send(options("a"));
  await vi.waitFor(() => expect(far.received).toHaveLength(1));
  await far.stop();
  await vi.waitFor(() => expect(near.closed).toEqual([{ flow, reason: "closed by the far end" }]));
  expect([flow.open, flow.send(options("b")), near.flowTo(target)]).toEqual([false, false, null]);
  expect(far.closed).toMatchObject([{ reason: "stopped" }]);
  await expect(near.connect(target)).rejects.toBeInstanceOf(FlowError);
});

it.each(["udp", "tcp"] as const)(
  "a %s port that is taken is an error of start, after which nothing is left open",
  async (protocol) => {
    const first = await start(everything);
    const { address, port } = first.target(protocol);
    const second = createTransports({
      clock: systemClock,
      random: cryptoRandom,
      udp: [anywhere],
      [protocol]: [{ address, port }],
    });
    await expect(second.start()).rejects.toThrow(/EADDRINUSE/);
    await second.stop();
    expect(second.connections.open).toBe(0);
  },
);

it("stop writes what was sent in the same turn", async () => {
  const [near, far] = [await start(), await start({ tcp: [anywhere] })];
  const flow = await near.connect(far.target("tcp"));
  for (let id = 0; id < 50; id++) flow.send(options(id));
  await near.stop();
  await vi.waitFor(() => expect(far.received).toHaveLength(50));
  expect(near.flowTo(far.target("tcp"))).toBeNull();
  await expect(near.connect(far.target("tcp"))).rejects.toMatchObject({ why: "stopped" });
});

describe("over UDP", () => {
  it("an INVITE over 1300 bytes is refused; a response is not, nor a BYE, without which a phone would stay answered", async () => {
    const [near, far] = [await start({ udp: [anywhere] }), await start({ udp: [anywhere] })];
    const flow = near.flowTo(far.target("udp")) as Flow;
    const long = `\r\nX: ${"x".repeat(1300)}`;
    const invite = options("a", long).replaceAll("OPTIONS", "INVITE");
    expect([flow.send(invite), flow.open, near.counters.tooLarge]).toEqual([false, true, 1]);
    expect(flow.send(options("a", long).replaceAll("OPTIONS", "BYE"))).toBe(true);
    expect(flow.send(ok("a").replace("CSeq", `X: ${"x".repeat(2000)}\r\nCSeq`))).toBe(true);
    await vi.waitFor(() => expect(far.received).toHaveLength(2));
  });

  it("a network that refuses datagrams closes the flow, and the next one is new", async () => {
    const near = await start({ udp: [anywhere], limits: { unreachableMs: 0 } });
    const target = { protocol: "udp", address: "255.255.255.255", port: 9 } as const;
    const flow = near.flowTo(target) as Flow;
    expect(flow.send(options("a"))).toBe(true);
    await vi.waitFor(() => expect(near.closed).toMatchObject([{ flow }]));
    expect(near.flowTo(target)).not.toBe(flow);
  });
});
