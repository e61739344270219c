/** What must have left the process before an INVITE does: `beforeWrite`, on real sockets. */
import { Socket as UdpSocket } from "node:dgram";
import { Socket as TcpSocket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Flow } from "../../../../src/sip/transport/port.ts";
import { options, withTransports } from "../../../support/transports.ts";

const start = withTransports();
const anywhere = { address: "127.0.0.1", port: 0 };
const invite = (id: string) => options(id).replaceAll("OPTIONS", "INVITE");
let did: string[];
afterEach(() => {
  vi.restoreAllMocks();
});

/** A flow whose writes are seen. */
async function flowOver(protocol: "udp" | "tcp", beforeWrite: () => void): Promise<Flow> {
  const far = await start({ [protocol]: [anywhere] });
  const onError = (error: unknown) => did.push(String(error));
  const near = await start({ udp: [anywhere], beforeWrite, onError });
  const flow = await near.connect(far.target(protocol));
  did = [];
  const first = (data: unknown) => did.push(String(data).slice(0, 6));
  const { send } = UdpSocket.prototype;
  vi.spyOn(UdpSocket.prototype, "send").mockImplementation(function (this: UdpSocket, ...args: unknown[]) {
    first(args[0]);
    Reflect.apply(send, this, args);
  });
  const { write } = TcpSocket.prototype;
  vi.spyOn(TcpSocket.prototype, "write").mockImplementation(function (this: TcpSocket, ...args: unknown[]) {
    first(args[0]);
    return Reflect.apply(write, this, args);
  });
  return flow;
}

describe.each(["udp", "tcp"] as const)("an INVITE over %s", (protocol) => {
  it("that is written before others know of it would ring on where the process is killed then", async () => {
    const flow = await flowOver(protocol, () => did.push("noted"));
    expect(flow.send(invite("a"))).toBe(true);
    expect(did).toEqual([]);
    await vi.waitFor(() => expect(did).toEqual(["noted", "INVITE"]));
  });

  it("goes out though that failed", async () => {
    const flow = await flowOver(protocol, () => {
      throw new Error("no note");
    });
    flow.send(invite("a"));
    await vi.waitFor(() => expect(did).toEqual(["Error: no note", "INVITE"]));
  });
});

it("what is queued on a connection that closes comes after it too", async () => {
  const flow = (await flowOver("tcp", () => did.push("noted"))) as Flow & { close(reason: string): void };
  flow.send(invite("a"));
  flow.close("done");
  expect(did).toEqual(["noted", "INVITE"]);
});

it("INVITEs of one turn over UDP are noted together; one whose flow was closed meanwhile is not written", async () => {
  const flow = (await flowOver("udp", () => did.push("noted"))) as Flow & { close(reason: string): void };
  flow.send(invite("a"));
  flow.send(invite("b"));
  await vi.waitFor(() => expect(did).toEqual(["noted", "INVITE", "INVITE"]));
  flow.send(invite("c"));
  flow.close("out of reach");
  await vi.waitFor(() => expect(did).toHaveLength(4));
  await new Promise((resolve) => setImmediate(resolve));
  expect(did.at(-1)).toBe("noted");
});
