import { afterEach, beforeAll, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, refusalOf, result, shop, type World, type WorldOptions, wrongCode } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const somebody = () => `+4477003${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const callInNumbers = ["+442079460001", "+442079460002", "+442079460003"];
  world = createWorld({ redis: patientRedis(redis.url), callInNumbers, ...options });
  await world.ready();
  return world;
}

it("by the same channel works for a call in, which has no calls and no code: it was refused as invalid", async () => {
  const { verifications, clock } = await open();
  const { id, ...first } = await verifications.start(shop, { to: somebody(), channel: "call_in" }, null);
  clock.advance(15_000);
  const again = await verifications.resend(shop, id);
  expect(again.deliveries).toMatchObject([{ channel: "call_in" }, { channel: "call_in", state: "waiting" }]);
  expect(again.deliveries[1]?.details).not.toEqual(first.deliveries[0]?.details);
});

it("without a code does not let an older code live longer: a person had it for ten minutes and more", async () => {
  const { verifications, clock, lastCall } = await open();
  const { id } = await verifications.start(shop, { to: somebody() }, null);
  await world.ringOut();
  const { code } = lastCall();
  clock.advance(290_000);
  await verifications.resend(shop, id, "call_in");
  clock.advance(9_999);
  expect(await verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({ valid: false, checksLeft: 2 });
  clock.advance(1);
  expect((await refusalOf(verifications.check(shop, id, { code }))).code).toBe("invalid_request");
  expect(await verifications.get(shop, id)).toMatchObject({ status: "sending", checksLeft: 2 });
});

it("without a code keeps the checks of the older code in answers, down to 0", async () => {
  const { verifications, clock, lastCall } = await open();
  const { id } = await verifications.start(shop, { to: somebody() }, null);
  await world.ringOut();
  const wrong = { code: wrongCode(lastCall().code) };
  clock.advance(15_000);
  expect(await verifications.resend(shop, id, "call_in")).toMatchObject({ codeLength: null, checksLeft: 3 });
  const left: (number | null)[] = [];
  for (let i = 0; i < 3; i++) left.push((await verifications.check(shop, id, wrong)).checksLeft);
  expect(left).toEqual([2, 1, 0]);
});

it("ends once where a state change and the end come in one step", async () => {
  const { verifications, events, clock, lastCall } = await open();
  const { id } = await verifications.start(shop, { to: somebody() }, null);
  await world.ringOut();
  clock.advance(15_000);
  await verifications.resend(shop, id);
  lastCall().ended(result({ outcome: "unallocated", alerted: false }));
  await verifications.settled();
  expect(await verifications.get(shop, id)).toMatchObject({ status: "undeliverable" });
  expect(events.filter(({ type }) => type === "verification.ended")).toHaveLength(1);
});
