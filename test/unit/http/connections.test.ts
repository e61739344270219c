/** Connections that strangers keep open do not shut others out; on real sockets, with lowered limits. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { deferred } from "../../../src/shared/deferred.ts";
import { within } from "../../support/within.ts";
import { listening } from "./raw-sockets.ts";
import { key, standInVerifications, standing } from "./support.ts";

const probe = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
/** The wide form: IDLE_CONNECTIONS=9900 (takes twice as many open files). */
const idleConnections = Number(process.env.IDLE_CONNECTIONS ?? 200);

async function open(port: number, localAddress?: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", ...(localAddress !== undefined && { localAddress }) });
  socket.on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** One request on an open connection. @returns the status; null where the connection was closed instead */
async function ask(socket: Socket, bytes = probe): Promise<number | null> {
  const answer = Promise.race([once(socket, "data"), once(socket, "close").then(() => null)]);
  socket.write(bytes);
  const received = await answer;
  return received === null ? null : Number(String(received[0]).split(" ")[1]);
}

async function idle(port: number, localAddress?: string): Promise<Socket> {
  const socket = await open(port, localAddress);
  expect(await ask(socket)).toBe(200);
  return socket;
}

describe("idle connections", () => {
  it(`${idleConnections} kept alive do not shut out the next request, nor the one after`, async () => {
    const { port } = await listening({ http: { max_connections: idleConnections } });
    const first = await idle(port);
    const others: Socket[] = [];
    for (let n = 1; n < idleConnections; n++) others.push(await idle(port));
    const firstClosed = once(first, "close");
    const began = performance.now();
    expect(
      await within(
        2000,
        open(port).then((socket) => ask(socket)),
      ),
    ).toBe(200);
    const tookMs = performance.now() - began;
    await firstClosed;
    expect(others.every((socket) => !socket.destroyed)).toBe(true);
    for (let n = 0; n < 20; n++) expect(await ask(await open(port))).toBe(200);
    if (process.env.IDLE_CONNECTIONS) process.stdout.write(`the next request took ${tookMs.toFixed(1)} ms\n`);
  }, 60_000);

  it("the one that was idle longest goes, not the one that was opened first", async () => {
    const { port } = await listening({ http: { max_connections: 10 } });
    const sockets: Socket[] = [];
    for (let n = 0; n < 10; n++) sockets.push(await idle(port));
    const [first, second] = sockets as [Socket, Socket];
    expect(await ask(first)).toBe(200);
    const closed = once(second, "close");
    await idle(port);
    await closed;
    expect(await ask(first)).toBe(200);
  });

  it("a connection with a request under way is never closed for another; where all are busy the new one is", async () => {
    const { verifications } = standInVerifications();
    const release = deferred<void>();
    let entered = 0;
    const allEntered = deferred<void>();
    const slow = {
      ...verifications,
      async get(...parameters: Parameters<typeof verifications.get>) {
        entered++;
        if (entered === 10) allEntered.resolve();
        await release.promise;
        return await verifications.get(...parameters);
      },
    };
    const { port } = await listening({ verifications: slow, http: { max_connections: 10 } });
    const request = `GET /v1/verifications/${standing.id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`;
    const busy = await Promise.all(Array.from({ length: 10 }, () => open(port)));
    const answers = busy.map((socket) => ask(socket, request));
    await allEntered.promise;
    expect(await ask(await open(port))).toBeNull();
    release.resolve();
    expect(await Promise.all(answers)).toEqual(busy.map(() => 200));
    expect(await ask(await open(port))).toBe(200);
  });
});

describe("connections of one address", () => {
  it("have a share: over it the address loses its own, others keep theirs", async () => {
    // Loopback is exempt; the test's peers look like clients of another network.
    const { port, server } = await listening({ http: { max_connections: 100, max_connections_per_address: 5 } });
    const from = (address: string) =>
      server.server.prependListener("connection", (socket: Socket) => {
        if (socket.remoteAddress !== address) return;
        Object.defineProperty(socket, "remoteAddress", { value: address.replace("127.0.0", "192.0.2") });
      });
    from("127.0.0.1");
    from("127.0.0.2");
    const other = await idle(port, "127.0.0.2");
    const sockets: Socket[] = [];
    for (let n = 0; n < 8; n++) sockets.push(await idle(port));
    expect(await ask(other)).toBe(200);
    const alive = await Promise.all(sockets.map((socket) => (socket.destroyed ? null : ask(socket))));
    expect(alive).toEqual([null, null, null, 200, 200, 200, 200, 200]);
  });

  it.each([
    ["of loopback", []],
    ["of a proxy that is trusted", ["192.0.2.0/24", "2001:db8::1"]],
  ])("%s have none", async (_what, trustProxy) => {
    const { port, server } = await listening({ http: { max_connections_per_address: 2, trust_proxy: trustProxy } });
    if (trustProxy.length > 0) {
      server.server.prependListener("connection", (socket: Socket) =>
        Object.defineProperty(socket, "remoteAddress", { value: "192.0.2.7" }),
      );
    }
    const sockets: Socket[] = [];
    for (let n = 0; n < 6; n++) sockets.push(await idle(port));
    for (const socket of sockets) expect(await ask(socket)).toBe(200);
  });
});
