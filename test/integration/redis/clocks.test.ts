/** Two gateways on one Redis whose clocks disagree: Redis' own clock decides, as in production. */
import { Redis } from "ioredis";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import type { CallerId } from "../../../src/caller-ids/types.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { createWorld, refusalOf, result, shop, type World, wrongCode } from "../verification/world.ts";

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
async function gateway(hours: number, options: Partial<Parameters<typeof createWorld>[0]> = {}): Promise<World> {
  const world = createWorld({
    ...options,
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

  /** Two gateways, and three caller IDs of a range that no other test has. */
  async function withCallerIds() {
    const name = `clocks-${number++}`;
    const ranges = { [name]: { prefix: "+4420794", digits: 6 } };
    const options = { ranges, reputation: { attempts_per_hour: 2, flagging_prefixes: 1 } };
    const drawn = createCallerIdPool(ranges, cryptoRandom).draw([name], null, 3);
    const shown = async (world: World) =>
      (
        await world.callerIdReputation.look(
          [name],
          null,
          drawn.map((one) => [one]),
        )
      )?.fit.flat();
    const [right, off] = [await gateway(0, options), await gateway(hours, options)];
    return { right, off, drawn: drawn as [CallerId, CallerId, CallerId], shown };
  }
  const coolingDown = async (world: World) => (await world.callerIdReputation.status())[0]?.coolingDown;
  async function flagged({ callerIdReputation }: World, callerId: CallerId) {
    const attempts = [{ trunk: "carrier", asterisk: "main", outcome: "caller_id_refused" as const }];
    const call = result({ outcome: "caller_id_refused", alerted: false, sipStatus: 608, attempts });
    callerIdReputation.ended(callerId, call, { callee: somebody(), app: shop.name });
    await callerIdReputation.settled();
  }
  async function placed({ callerIdReputation }: World, callerId: CallerId, count: number) {
    for (let i = 0; i < count; i++) callerIdReputation.placed(callerId);
    await callerIdReputation.settled();
  }

  it("ends no cap and no cool-down of a caller ID by writing down calls of another", async () => {
    const { right, off, drawn, shown } = await withCallerIds();
    const [cooled, capped, other] = drawn;
    await flagged(right, cooled);
    await placed(right, capped, 2);
    await placed(off, other, 2);
    expect(await coolingDown(right)).toBe(1);
    expect(await coolingDown(off)).toBe(1);
    for (const world of [right, off]) expect(await shown(world)).toEqual([]);
  });

  it("puts a caller ID at a cap, and into a cool-down, for as long as any", async () => {
    const { right, off, drawn, shown } = await withCallerIds();
    const [cooled, capped, other] = drawn;
    await flagged(off, cooled);
    await placed(off, capped, 2);
    expect(await coolingDown(right)).toBe(1);
    expect(await shown(right)).toEqual([other]);
    const client = new Redis(redis.url);
    const cooling = await client.zrange(`{reputation}:cooldown:${cooled.range}`, "0", "-1", "WITHSCORES");
    client.disconnect();
    expect(Math.abs(Number(cooling[1]) - Date.now() - hourMs)).toBeLessThan(60_000);
  });
});
