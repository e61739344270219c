/** What open streams hold in a gateway, in a process of its own on a real Redis. The wide form: STREAMS=5000. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apiKey } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { anEvent } from "../../support/public-events.ts";
import type { Measured } from "../../support/stream-gateway.ts";
import { within } from "../../support/within.ts";

const streams = Number(process.env.STREAMS ?? 300);
const limitBytes = 20 * 1024;
const atOnce = 50;
const runtime = withRuntime();
let redis: Redis;
let gateway: ChildProcess;
let port: number;
const sockets: { readonly socket: Socket; received: string }[] = [];

beforeAll(async () => {
  const { url } = await runtime.redis();
  redis = new Redis(url);
  gateway = fork(new URL("../../support/stream-gateway.ts", import.meta.url), [url], { execArgv: ["--expose-gc"] });
  const [address] = (await once(gateway, "message")) as [string];
  port = Number(new URL(address).port);
});
afterAll(() => {
  for (const { socket } of sockets) socket.destroy();
  redis?.disconnect();
  gateway?.kill("SIGKILL");
});

async function measure(): Promise<Measured> {
  gateway.send("measure");
  return ((await once(gateway, "message")) as [Measured])[0];
}

/** Opens a stream as an app's HTTP client would. Keeps of what comes the newest 1,000 characters. */
async function open(): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const stream = { socket, received: "" };
  socket.setEncoding("latin1");
  socket.on("data", (text) => {
    stream.received = (stream.received + text).slice(-1000);
  });
  socket.write(
    `GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${apiKey}\r\nAccept: text/event-stream\r\nUser-Agent: onering-test/1\r\n\r\n`,
  );
  await once(socket, "data");
  if (!stream.received.includes("id: ")) await once(socket, "data");
  sockets.push(stream);
}

async function openMany(count: number): Promise<void> {
  for (let left = count; left > 0; left -= atOnce)
    await Promise.all(Array.from({ length: Math.min(left, atOnce) }, open));
}

/** Appends events as the relay does. Resolves when every stream has the last one. */
async function happen(count: number): Promise<void> {
  let last = "";
  for (let seq = 1; seq <= count; seq++) {
    const event = anEvent("test", `v00ff${String(Math.random()).slice(2)}`, seq);
    last = event.id;
    await redis.xadd("{e:test}:events", "*", "event", JSON.stringify(event));
  }
  const isThere = () => sockets.every(({ received }) => received.includes(last));
  const wait = async () => {
    while (!isThere()) await pause(5);
  };
  await within(20_000, wait());
}

it(`${streams} open streams hold at most 20 KB of heap and buffers each, also after events`, async () => {
  await openMany(atOnce);
  await happen(5);
  const before = await measure();
  await openMany(streams);
  const open = await measure();
  const beganMs = performance.now();
  await happen(1);
  const tookMs = performance.now() - beganMs;
  const { longestDelayMs } = await measure();
  await happen(100);
  const after = await measure();
  const each = (now: Measured, what: "heldBytes" | "rssBytes") => (now[what] - before[what]) / streams;
  const kb = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
  process.stdout.write(
    `${streams} streams: ${kb(each(open, "heldBytes"))} each, ${kb(each(after, "heldBytes"))} after 101 events (resident ${kb(each(after, "rssBytes"))}); one event to all in ${tookMs.toFixed(0)} ms, event loop at most ${longestDelayMs.toFixed(0)} ms late\n`,
  );
  expect(each(open, "heldBytes")).toBeLessThan(limitBytes);
  expect(each(after, "heldBytes")).toBeLessThan(limitBytes);
}, 180_000);
