import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findPrograms } from "../../../src/local/fetch/programs.ts";
import { Child } from "../../../src/local/process/child.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { withRuntime } from "../../support/processes.ts";
import type { TestRedis } from "../../support/redis.ts";
import { within } from "../../support/within.ts";
import { createWorld, shop, type World, wrongCode } from "../verification/world.ts";

const runtime = withRuntime();
let folder: string;
let sentinel: Child;
let master: TestRedis;
let world: World;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-sentinel-"));
  const [first, replica] = await Promise.all([runtime.redis(), runtime.redis()]);
  master = first;
  await withClient(replica.port, async (client) => {
    await client.replicaof("127.0.0.1", master.port);
    while (!(await client.info("replication")).includes("master_link_status:up")) await pause(50);
  });

  const port = await freePort("tcp");
  const file = path.join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor carrier 127.0.0.1 ${master.port} 1`,
    "sentinel down-after-milliseconds carrier 300",
    "sentinel failover-timeout carrier 3000",
  ];
  await writeFile(file, lines.join("\n"));
  const { redisServer } = await findPrograms();
  sentinel = await Child.start("redis-sentinel", redisServer, [file, "--sentinel"]);
  await withClient(port, async (client) => {
    // Sentinel hears of the replica from the master within 10 s; only then can it fail over.
    while (((await client.call("SENTINEL", "REPLICAS", "carrier")) as unknown[]).length === 0) await pause(50);
  });
  world = createWorld({
    redis: { sentinel: { name: "carrier", nodes: [`127.0.0.1:${port}`], tls: false }, command_timeout_ms: 800 },
  });
  await world.ready();
});

afterAll(async () => {
  await world?.close();
  await sentinel?.stop();
  await rm(folder, { recursive: true, force: true });
});

it("goes on with the new master after the old one died, and no count is lost", async () => {
  const { id } = await world.verifications.start(shop, { to: "+447700900123" }, null);
  const { code } = world.lastCall();
  await world.verifications.check(shop, id, { code: wrongCode(code) });
  await withClient(master.port, (client) => client.wait(1, 1000));
  await master.kill();

  const codes = new Set<string>();
  let answer: unknown;
  while (!answer) {
    const check = world.verifications.check(shop, id, { code }).catch((error) => {
      codes.add((error as { code: string }).code);
    });
    answer = await within(1000, check);
    if (!answer) await pause(20);
  }
  expect(codes).toEqual(new Set(["store_unavailable"]));
  expect(answer).toMatchObject({ valid: true, checksLeft: 1 });
  // So does the connection over which others ask to hang up.
  const { hangUps } = world.store;
  const callId = `${id}-1`;
  world.canceled.length = 0;
  const asked = () => {
    world.clock.advance(1000);
    hangUps.ask(hangUps.gateway, callId);
    return world.canceled.includes(callId);
  };
  await expect.poll(asked, { timeout: 10_000 }).toBe(true);
});

async function withClient(port: number, use: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 50 });
  client.on("error", () => undefined);
  try {
    await use(client);
  } finally {
    client.disconnect();
  }
}
