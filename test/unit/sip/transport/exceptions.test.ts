/** Whatever is thrown where bytes of a socket are handled ends a connection at most, never the process. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection } from "node:net";
import { expect, it, vi } from "vitest";
import { ok, options, withTransports } from "../../../support/transports.ts";

const start = withTransports();
const anywhere = { address: "127.0.0.1", port: 0 };
const bug = new Error("a bug");
const throwing = () => {
  throw bug;
};

it.each(["udp", "tcp"] as const)("a receiver that throws over %s: the next message is read", async (protocol) => {
  const onError = vi.fn();
  const [near, far] = [await start(), await start({ udp: [anywhere], tcp: [anywhere], onError })];
  const sender = await start({ udp: [anywhere] });
  const from = protocol === "udp" ? sender : near;
  let received = 0;
  far.onMessage(() => {
    received += 1;
    if (received === 1) throw bug;
  });
  const target = far.target(protocol);
  (await from.connect(target)).send(options("a"));
  await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(bug));
  if (protocol === "tcp") await vi.waitFor(() => expect(far.closed).toHaveLength(1));
  await vi.waitFor(async () => {
    (await from.connect(target)).send(options("b"));
    expect(received).toBeGreaterThan(1);
  });
});

it("an observer that throws: messages are sent and received", async () => {
  const onError = vi.fn();
  const [near, far] = [await start({ udp: [anywhere], observer: throwing, onError }), await start({ udp: [anywhere] })];
  far.onMessage((_message, flow) => flow.send(ok("a")));
  expect(near.flowTo(far.target("udp"))?.send(options("a"))).toBe(true);
  // Once for what was sent, once for what came.
  await vi.waitFor(() => expect(onError.mock.calls).toEqual([[bug], [bug]]));
});

it("a receiver of lost flows that throws", async () => {
  const onError = vi.fn();
  const [near, far] = [await start({ onError }), await start({ tcp: [anywhere] })];
  await near.connect(far.target("tcp"));
  near.onClosed(throwing);
  await far.stop();
  await vi.waitFor(() => expect(onError).toHaveBeenCalledWith(bug));
});

it("a judge of sources that throws: the datagram and the connection are dropped", async () => {
  const onError = vi.fn();
  const far = await start({ udp: [anywhere], tcp: [anywhere], admits: throwing, onError });
  const socket = createSocket("udp4");
  socket.send(options("a"), far.target("udp").port, "127.0.0.1");
  await vi.waitFor(() => expect(onError).toHaveBeenCalledTimes(1));
  socket.close();
  const connection = createConnection({ host: "127.0.0.1", port: far.target("tcp").port });
  await once(connection.resume(), "close");
  expect([onError.mock.calls.length, far.connections.open]).toEqual([2, 0]);
});

it("connections to ever new addresses of one trunk leave room for those to others", async () => {
  const near = await start({ limits: { outgoingConnections: 8 }, farEndAt: () => "" });
  const fars = await Promise.all(Array.from({ length: 9 }, () => start({ tcp: [anywhere] })));
  const to = (far: (typeof fars)[number] | undefined, name: string) =>
    near.connect({ protocol: "tcp", ...anywhere, ...far?.target("tcp"), rules: { name } });
  const greedy = await Promise.allSettled(fars.slice(0, 8).map((far) => to(far, "greedy")));
  expect(greedy.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
  expect((await to(fars[8], "fine")).open).toBe(true);
  // One that is closed makes room.
  await fars[0]?.stop();
  await vi.waitFor(async () => expect((await to(fars[5], "greedy")).open).toBe(true));
});

it("connections of one trunk leave room for those of others", async () => {
  const far = await start({
    ...{ tcp: [anywhere], limits: { inboundConnections: 8 } },
    farEndAt: (address) => (address === "127.0.0.1" ? "greedy" : "fine"),
  });
  const dial = async (localAddress: string) => {
    const socket = createConnection({ host: "127.0.0.1", port: far.target("tcp").port, localAddress });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  };
  const greedy = await Promise.all(Array.from({ length: 8 }, () => dial("127.0.0.1")));
  await vi.waitFor(() => expect(far.counters.tooManyConnections).toBe(4));
  const fine = await dial("127.0.0.2");
  fine.write(options("a"));
  await vi.waitFor(() => expect(far.received).toHaveLength(1));
  for (const socket of [...greedy, fine]) socket.destroy();
});
