import { afterEach, beforeAll, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, shop, type World, wrongCode } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const somebody = () => `+4477004${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url) });
  await world.ready();
  return world;
}

const endsOf = (id: string) =>
  world.events.filter(({ type, data }) => type === "verification.ended" && data.verification === id);

it("does not lose the event of an expiry that a check by number was the first to see", async () => {
  const { verifications, clock, lastCall } = await open();
  const to = somebody();
  const { id } = await verifications.start(shop, { to }, null);
  await world.ringOut();
  clock.advance(300_000);
  const late = await verifications.checkByNumber(shop, { to }, { code: lastCall().code }, null);
  expect(late).toMatchObject({ valid: false, status: "delivered", checksLeft: 2 });
  await verifications.settleDue();
  await verifications.get(shop, id);
  expect(endsOf(id)).toMatchObject([{ data: { status: "expired" } }]);
});

it("answers where none is open like a wrong code, down to no checks left", async () => {
  const { verifications, lastCall } = await open();
  const [to, other] = [somebody(), somebody()];
  await verifications.start(shop, { to }, null);
  await world.ringOut();
  const guess = { code: wrongCode(lastCall().code) };
  for (const [checksLeft, status] of [
    [2, "delivered"],
    [1, "delivered"],
    [0, "failed"],
  ] as const) {
    const real = await verifications.checkByNumber(shop, { to }, guess, null);
    const blind = await verifications.checkByNumber(shop, { to: other }, guess, null);
    for (const answer of [real, blind]) expect(answer).toMatchObject({ valid: false, checksLeft, status });
    expect(Object.keys(blind)).toEqual(Object.keys(real));
    expect(blind.id).toHaveLength(real.id.length);
  }
});
