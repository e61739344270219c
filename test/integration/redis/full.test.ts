/** A Redis that answers but takes no writes is not ready: every start would be refused. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createRedis } from "../../../src/redis/client.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();

test("a full Redis, and one that only reads, are not ready; both are again when that is over", async () => {
  const server = await runtime.redis();
  const connection = createRedis(
    { url: server.url, command_timeout_ms: 2000 } as Parameters<typeof createRedis>[0],
    pino({ level: "silent" }),
  );
  const admin = new Redis(server.url);
  try {
    await connection.firstTried();
    expect(await connection.ping()).toBe(true);

    await admin.config("SET", "maxmemory", "1", "maxmemory-policy", "noeviction");
    expect(await admin.ping()).toBe("PONG");
    expect(await connection.ping()).toBe(false);
    expect(await connection.memory()).toMatchObject({ max: 1, used: expect.any(Number) });
    await admin.config("SET", "maxmemory", "0");
    expect(await connection.memory()).toMatchObject({ max: null });
    expect(await connection.ping()).toBe(true);

    await admin.config("SET", "min-replicas-to-write", "1");
    expect(await connection.ping()).toBe(false);
    await admin.config("SET", "min-replicas-to-write", "0");
    expect(await connection.ping()).toBe(true);
    // What it wrote goes by itself.
    await expect.poll(() => admin.dbsize(), { timeout: 5000 }).toBe(0);
  } finally {
    await connection.close();
    admin.disconnect();
    await server.stop();
  }
});
