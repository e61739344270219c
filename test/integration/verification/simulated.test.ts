/** Simulated deliveries on a real Redis: test numbers of every outcome, and gateways that die in the middle. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { standardProfile } from "../../../src/apps/profile.ts";
import { createTestNumbers } from "../../../src/apps/test-numbers.ts";
import type { TestOutcome } from "../../../src/apps/test-numbers-config.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { StartRequest, Verification } from "../../../src/verification/types.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { testMessages } from "../../support/simulated-messages.ts";
import { bank, createWorld, refusalOf, shop, type World, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let raw: Redis;
const worlds: World[] = [];
let world: World;

const code = "493817";
const until = "2099-12-31";
const phone = "+447700900123";
const address = "ana@example.com";

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.close();
});

const profileWith = (outcome: TestOutcome) => ({
  ...standardProfile,
  mixedProofs: true,
  testNumbers: createTestNumbers([phone, "+447700900124", address].map((number) => ({ number, code, outcome, until }))),
});

async function open(outcome: TestOutcome = "delivered", options: Partial<WorldOptions> = {}): Promise<World> {
  if (options.clock === undefined) await raw.flushall();
  const one = createWorld({
    redis: patientRedis(redis.url),
    callInNumbers: ["+442079460001"],
    extraChannels: testMessages(),
    profile: profileWith(outcome),
    ...options,
  });
  worlds.push(one);
  await one.ready();
  world = one;
  return one;
}

const start = (channel: string, more: Partial<StartRequest> = {}, app = shop) =>
  world.verifications.start(app, { to: channel === "email" ? address : phone, channel, ...more }, null);
const look = (id: string) => world.verifications.get(shop, id);
const newest = ({ deliveries }: Verification) => deliveries.at(-1);
async function passes(ms: number): Promise<void> {
  world.clock.advance(ms);
  await world.verifications.settleDue();
}

/** What each outcome becomes on each channel: the state and the reason of the delivery, the status. */
const table: readonly (readonly [TestOutcome, string, string, string | null, string])[] = [
  ["delivered", "missed_call", "rung", "rang", "delivered"],
  ["answered", "missed_call", "rung", "answered", "delivered"],
  ["no_answer", "missed_call", "failed", "no_answer_signal", "undeliverable"],
  ["busy", "missed_call", "failed", "busy", "undeliverable"],
  ["declined", "missed_call", "rung", "declined", "delivered"],
  ["switched_off", "missed_call", "failed", "switched_off", "undeliverable"],
  ["undeliverable", "missed_call", "failed", "unallocated", "undeliverable"],
  ["delivered", "sms", "delivered", null, "delivered"],
  ["answered", "sms", "delivered", null, "delivered"],
  ["no_answer", "sms", "sent", null, "delivered"],
  ["busy", "sms", "failed", "throttled", "undeliverable"],
  ["declined", "sms", "failed", "blocked", "undeliverable"],
  ["switched_off", "sms", "failed", "not_reachable", "undeliverable"],
  ["undeliverable", "sms", "failed", "invalid_recipient", "undeliverable"],
  ["delivered", "email", "sent", null, "delivered"],
  ["undeliverable", "email", "failed", "invalid_recipient", "undeliverable"],
  ["delivered", "call_in", "called", null, "verified"],
  ["no_answer", "call_in", "waiting", null, "pending"],
];

describe("each outcome", () => {
  test.each(table)("%s by %s: %s (%s), and the verification is %s", async (outcome, channel, state, reason, status) => {
    await open(outcome);
    const { id, simulated } = await start(channel);
    expect(simulated).toBe("test");
    await passes(10_000);
    const after = await look(id);
    expect([newest(after)?.state, newest(after)?.reason, after.status]).toEqual([state, reason, status]);
    expect([world.placed, world.slotsHeld()]).toEqual([[], 0]);
  });

  test.each([
    ["capacity", "capacity"],
    ["channel_unavailable", "channel_unavailable"],
  ] as const)("%s refuses the start", async (outcome, refusal) => {
    await open(outcome);
    expect(await refusalOf(start("sms"))).toMatchObject({ code: refusal });
  });
});

test("the states come in time, one after the other, with the times of the script", async () => {
  await open();
  const { id, createdAtMs } = await start("missed_call");
  await passes(100);
  expect(await look(id)).toMatchObject({ status: "sending", deliveries: [{ state: "calling" }] });
  await passes(400);
  expect(newest(await look(id))).toMatchObject({ state: "ringing", endedAtMs: null });
  await passes(1500);
  expect(newest(await look(id))).toMatchObject({
    state: "rung",
    endedAtMs: createdAtMs + 2000,
    result: { ringMs: 1500 },
  });
});

test("a missed call shows a caller ID of a range, with room for the fixed code", async () => {
  await open("delivered", { ranges: { block: { prefix: "+3363998", digits: 4 } } });
  const { details, codeLength } = newest(await start("missed_call")) ?? {};
  expect(details).toMatchObject({ prefix: "+33639", digits: 6 });
  expect(codeLength).toBe(6);
});

test("the fixed code verifies, also as the whole caller ID, and a wrong one is counted as always", async () => {
  await open();
  const { id } = await start("missed_call");
  await passes(2000);
  const wrong = await world.verifications.check(shop, id, { code: "111111" });
  expect(wrong).toMatchObject({ valid: false, checksLeft: 2, test: true });
  const right = await world.verifications.check(shop, id, { callerIds: [`+4420794${code}`] });
  expect(right).toMatchObject({ valid: true, status: "verified", test: true });
});

test("two calls carry half of it each", async () => {
  await open();
  const { id } = await start("missed_call", { calls: 2 });
  await passes(20_000);
  const after = await look(id);
  expect(newest(after)).toMatchObject({ state: "rung", parts: 2, partsDelivered: 2 });
  expect(after.attempts).toBe(2);
  expect((await world.verifications.check(shop, id, { code })).valid).toBe(true);
});

test("it is checked by its number, as people write it", async () => {
  await open();
  const { id } = await start("sms");
  await passes(2000);
  const answer = await world.verifications.checkByNumber(shop, { to: "07700 900123", country: "GB" }, { code }, null);
  expect(answer).toMatchObject({ id, valid: true, test: true });
});

test("a resend waits for the interval and sends the same code; a cancel hangs up", async () => {
  await open();
  const { id } = await start("missed_call");
  await passes(2000);
  expect(await refusalOf(world.verifications.resend(shop, id))).toMatchObject({ code: "rate_limited" });
  await passes(14_000);
  const again = await world.verifications.resend(shop, id);
  expect(again.deliveries.map(({ state }) => state)).toEqual(["rung", "calling"]);
  await passes(600);
  expect((await world.verifications.cancel(shop, id)).status).toBe("canceled");
  world.clock.advance(200);
  await expect.poll(async () => newest(await look(id))?.state).toBe("rung");
  expect(newest(await look(id))).toMatchObject({ reason: "canceled", result: { outcome: "canceled", alerted: true } });
});

test("it expires, and what was on its way goes on as a message does", async () => {
  await open("no_answer");
  const { id } = await start("call_in");
  await passes(300_000);
  expect(await look(id)).toMatchObject({ status: "expired" });
});

test("a workflow goes on after a failure, and all of it is of the test", async () => {
  await open("switched_off");
  const workflow = [{ channel: "missed_call" }, { channel: "sms" }];
  const { id } = await world.verifications.start(shop, { to: phone, workflow }, null);
  await passes(5000);
  await expect.poll(async () => (await look(id)).deliveries.length).toBe(2);
  await passes(5000);
  expect((await look(id)).deliveries.map(({ channel, state }) => `${channel} ${state}`)).toEqual([
    "missed_call failed",
    "sms failed",
  ]);
  expect(await look(id)).toMatchObject({ status: "undeliverable", simulated: "test" });
});

test("a verification is of test numbers, or of none", async () => {
  await open();
  const workflow = [{ channel: "sms" }, { channel: "email", to: "ana@shop.invalid" }];
  const mixed = world.verifications.start(shop, { to: phone, workflow }, null);
  expect(await refusalOf(mixed)).toMatchObject({ code: "invalid_request" });
  const both = [{ channel: "sms" }, { channel: "email", to: address }];
  expect((await world.verifications.start(shop, { to: phone, workflow: both }, null)).simulated).toBe("test");
});

test("after its last day a number is one like any other", async () => {
  await open();
  world.clock.advance(Date.parse("2100-01-01T00:00:00Z") - world.clock.nowMs());
  expect((await start("missed_call")).simulated).toBeNull();
  expect(world.placed).toHaveLength(1);
});

test("starts of a test number are not limited, its wrong checks are: per app, and apart from the number's own", async () => {
  await open("delivered", { settings: { wrong_checks_per_callee: 4, max_checks: 2 } });
  for (let i = 0; i < 8; i++) await start("sms");
  for (let i = 0; i < 2; i++) {
    const { id } = await start("sms");
    for (let k = 0; k < 2; k++) await world.verifications.check(shop, id, { code: "111111" });
  }
  expect(await refusalOf(start("sms"))).toMatchObject({ code: "rate_limited" });
  expect(await refusalOf(start("missed_call"))).toMatchObject({ code: "rate_limited" });
  // Another app with the same test number, and somebody who had this number, have all of theirs.
  expect((await start("sms", {}, bank)).simulated).toBe("test");
  const callee = world.verifications.identify(phone, null).callee;
  expect(await world.verificationStore.limitOn("shop", callee, 1)).toBeNull();
});

test("another gateway goes on with what one began that died", async () => {
  const first = await open();
  const { id } = await start("missed_call");
  const dead = worlds.splice(worlds.indexOf(first), 1)[0] as World;
  const { clock } = dead;
  await open("delivered", { clock });
  await dead.close();
  await passes(500);
  expect(newest(await look(id))?.state).toBe("ringing");
  await passes(1500);
  expect(await look(id)).toMatchObject({ status: "delivered" });
  expect((await world.verifications.check(shop, id, { code })).valid).toBe(true);
});

test("the fixed code is in no log, no event and nowhere in Redis", async () => {
  await open();
  for (const channel of ["missed_call", "sms", "email", "call_in"]) {
    const { id } = await start(channel);
    await passes(4000);
    if (channel !== "call_in") await world.verifications.check(shop, id, { code });
  }
  const dump: string[] = [];
  for (const key of await raw.keys("*")) {
    const type = await raw.type(key);
    const value = type === "hash" ? await raw.hgetall(key) : type === "stream" ? await raw.xrange(key, "-", "+") : key;
    dump.push(key, JSON.stringify(value));
  }
  const all = [...world.logLines, JSON.stringify(world.events), ...dump].join("\n");
  expect(all).not.toContain(code);
  expect(dump.join("\n")).toContain('"simulated":"test"');
});

test("every event on the bus says that it is simulated, so no metric and no brake counts it", async () => {
  await open();
  const { id } = await start("sms");
  await passes(4000);
  await world.verifications.check(shop, id, { code: "111111" });
  await world.verifications.check(shop, id, { code });
  const own = world.events.filter(({ data }) => "verification" in data && data.verification === id);
  expect(own.map(({ type }) => type)).toEqual([
    "verification.started",
    "verification.checked",
    "verification.ended",
    "verification.checked",
  ]);
  expect(own.every(({ data }) => "simulated" in data && data.simulated === "test")).toBe(true);
});
