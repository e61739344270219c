/** Records of a gateway one version older, and what that gateway finds in records of this one. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, shop, type World, wrongCode } from "./world.ts";

const runtime = withRuntime();
const hashes = createHashes("a key that only this test has, of 32 characters and more");
let redis: RedisServer;
let raw: Redis;
let world: World;
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
beforeEach(async () => {
  world = createWorld({ redis: patientRedis(redis.url) });
  await world.ready();
});
afterEach(() => world.close());

/** Fields that version 2 added. */
const added = [
  "code_info",
  "codes_older",
  "plan",
  "sealed",
  "generation",
  "generation_at",
  "delivery_to",
  "cost",
  "locale",
];

const keyOf = async (id: string) => (await raw.keys(`*:v:${id}`))[0] ?? "";
async function asVersion1(id: string): Promise<string> {
  const key = await keyOf(id);
  await raw.hdel(key, ...added);
  await raw.hset(key, "version", 1);
  return key;
}

it("of version 1 are read, moved, checked and resent", async () => {
  const { id } = await world.verifications.start(shop, { to: somebody() }, null);
  await asVersion1(id);
  const { code } = world.lastCall();
  await world.ringOut();
  expect(await world.verifications.get(shop, id)).toMatchObject({
    ...{ status: "delivered", codeLength: 6, workflow: null, appCode: false },
    deliveries: [{ state: "rung", to: expect.stringMatching(/^\+44/), cost: null }],
  });
  await asVersion1(id);
  expect(await world.verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({ valid: false });
  world.clock.advance(15_000);
  const again = await world.verifications.resend(shop, id);
  expect(again.deliveries).toMatchObject([{ state: "rung" }, { state: "calling" }]);
  expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: false });
  expect(await world.verifications.check(shop, id, { code: world.lastCall().code })).toMatchObject({ valid: true });
});

it("whose newest code a gateway of version 1 wrote are checked by that code", async () => {
  const { id } = await world.verifications.start(shop, { to: somebody() }, null);
  await world.ringOut();
  // As its start script does for another call.
  const key = await keyOf(id);
  await raw.hset(key, {
    ...{ code: hashes.code(id, "4711"), code_length: 4, code_delivery: 2, code_parts: 1, number: 2 },
    ...{ past: await raw.hget(key, "past"), state: "rung", status: "delivered" },
  });
  expect(await world.verifications.check(shop, id, { code: "4711" })).toMatchObject({ valid: true });
});

it("of this version have everything that version 1 reads of a plain missed call", async () => {
  const { id } = await world.verifications.start(shop, { to: somebody() }, null);
  const record = await raw.hgetall(await keyOf(id));
  const { code } = world.lastCall();
  expect(record).toMatchObject({
    ...{ code: hashes.code(id, code), code_length: "6", code_delivery: "1", code_parts: "1", standing: "" },
    deadline: expect.stringMatching(/^\d+$/),
    code_until: expect.stringMatching(/^\d+$/),
  });
  const kept = Object.keys(record).filter((field) => added.includes(field));
  expect(kept).toEqual(["code_info"]);
});
