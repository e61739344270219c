/** Two gateways on one Redis whose clocks disagree: Redis' own clock decides, as in production. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { createWorld, refusalOf, shop, type World, wrongCode } from "../verification/world.ts";

const runtime = withRuntime();
const hourMs = 3_600_000;
let redis: RedisServer;
let worlds: World[] = [];
let number = 0;
const somebody = () => `+4477008${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(async () => {
  for (const world of worlds) await world.close();
  worlds = [];
});

/** A gateway whose clock is `hours` ahead of the machine's. */
async function gateway(hours: number): Promise<World> {
  const world = createWorld({
    redis: { url: redis.url, command_timeout_ms: 5000 },
    settings: { start_gap_seconds: 0, wrong_checks_per_callee: 2 },
    clock: manualClock(Date.now() + hours * hourMs),
    redisTime: true,
  });
  worlds.push(world);
  await world.ready();
  return world;
}

describe.each([25, -25])("a gateway whose clock is %i h off", (hours) => {
  it("expires nothing that another gateway started, whether it reads, looks for what is due, or checks", async () => {
    const right = await gateway(0);
    const off = await gateway(hours);
    const { id, expiresAtMs } = await right.verifications.start(shop, { to: somebody() }, null);
    expect(Math.abs(expiresAtMs - Date.now() - 300_000)).toBeLessThan(10_000);
    await right.ringOut();

    expect(await off.verifications.get(shop, id)).toMatchObject({ status: "delivered", expiresAtMs });
    await off.verifications.settleDue();
    expect(await right.verifications.get(shop, id)).toMatchObject({ status: "delivered", expiresAtMs });
    const { code } = right.lastCall();
    expect(await off.verifications.check(shop, id, { code })).toMatchObject({ valid: true, status: "verified" });
    expect(await right.verifications.get(shop, id)).toMatchObject({ status: "verified" });
  });

  it("starts verifications that live as long as any", async () => {
    const off = await gateway(hours);
    const right = await gateway(0);
    const { id, expiresAtMs } = await off.verifications.start(shop, { to: somebody() }, null);
    expect(Math.abs(expiresAtMs - Date.now() - 300_000)).toBeLessThan(10_000);
    await right.verifications.settleDue();
    expect((await right.verifications.get(shop, id)).status).toBe("pending");
  });

  it("forgets none of a callee's wrong checks by a start", async () => {
    const right = await gateway(0);
    const off = await gateway(hours);
    const to = somebody();
    const { id } = await right.verifications.start(shop, { to }, null);
    await right.ringOut();
    const code = wrongCode(right.lastCall().code);
    await right.verifications.check(shop, id, { code });
    await right.verifications.check(shop, id, { code });

    const one = { to, calls: 1 } as const;
    const refused = await refusalOf(off.verifications.start(shop, one, null));
    expect(refused.code).toBe("rate_limited");
    expect(Math.abs((refused.retryAfterMs ?? 0) - 24 * hourMs)).toBeLessThan(60_000);
    expect(await refusalOf(right.verifications.start(shop, one, null))).toMatchObject({ code: "rate_limited" });
    expect(off.placed).toEqual([]);
  });
});
