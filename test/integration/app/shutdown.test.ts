/** What a load balancer sees of a gateway that is told to stop. */
import { expect, test } from "vitest";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
/** Nothing listens there: an idle gateway has no call to wait for. */
const noAsterisk = {
  ari: { url: "http://127.0.0.1:1", user: "none", password: "none" },
  ami: { host: "127.0.0.1", port: 1, user: "none", password: "none" },
} as AsteriskServer;

test("an idle gateway says draining and answers for shutdown_linger_ms before it refuses connections", async () => {
  const redis = await runtime.redis();
  const http = { port: "0", shed_at_delay_ms: "10000", shutdown_linger_ms: "1500" };
  const gateway = await startGateway({ redisUrl: redis.url, asterisk: noAsterisk, config: { http } });
  try {
    const began = performance.now();
    const stopped = gateway.stop();
    let answers = 0;
    let refusedAfterMs = 0;
    while (refusedAfterMs === 0) {
      try {
        const { status, json } = await gateway.get("/readyz");
        expect([status, json.missing]).toEqual([503, expect.arrayContaining(["draining"])]);
        answers++;
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        refusedAfterMs = performance.now() - began;
      }
    }
    await stopped;
    expect(answers).toBeGreaterThan(5);
    expect(refusedAfterMs).toBeGreaterThan(1400);
    expect(refusedAfterMs).toBeLessThan(5000);
  } finally {
    await redis.stop();
  }
});
