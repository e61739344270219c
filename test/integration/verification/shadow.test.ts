/** The guard's shadow answer on a real Redis: a whole life that looks like a real one, and reaches nobody. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createCdrs } from "../../../src/cdr/rows.ts";
import { tallyOf } from "../../../src/cdr/tally.ts";
import { messageChannel } from "../../../src/channels/messages/index.ts";
import { createTexts } from "../../../src/channels/messages/texts.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { Guard } from "../../../src/verification/guard-port.ts";
import { deliveryDenied } from "../../../src/verification/refusals.ts";
import { createRepresentation } from "../../../src/verification/representation.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { testConfig } from "../../support/test-config.ts";
import { createWorld, refusalOf, result, shop, type World, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let raw: Redis;
const worlds: World[] = [];
let world: World;
let number = 0;
const somebody = () => `+4477009${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.close();
});

/** Answers these numbers by a shadow. */
let attacked = new Set<string>();
let asked: string[] = [];
const guard: Guard = {
  async decide({ to, mode }) {
    asked.push(mode);
    return attacked.has(to)
      ? { kind: "shadow", decision: "prefix_learned", refusal: deliveryDenied() }
      : { kind: "allow", decision: null, counted: null };
  },
  notBegun: () => undefined,
  ended: () => undefined,
};

const provider = memoryProvider();
async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  await raw.flushall();
  attacked = new Set();
  asked = [];
  const receipts = { remember: async () => null, take: async () => ({ kind: "unknown" }) as never };
  const parts = { texts: createTexts(testConfig().messages), receipts, publish: () => undefined };
  const { verification } = testConfig();
  world = createWorld({
    redis: patientRedis(redis.url),
    callInNumbers: ["+442079460001"],
    extraChannels: [messageChannel(memoryChannel(provider, "sms"), parts)],
    settings: verification,
    guard,
    ...options,
  });
  worlds.push(world);
  await world.ready();
  return world;
}

function attack(): string {
  const to = somebody();
  attacked.add(to);
  return to;
}
const start = (to: string, channel: string) => world.verifications.start(shop, { to, channel }, null);
const look = (id: string) => world.verifications.get(shop, id);
const shown = (verification: Verification) =>
  createRepresentation(world.verifications.channels.all).verification(verification, []);
async function passes(ms: number): Promise<void> {
  world.clock.advance(ms);
  await world.verifications.settleDue();
}

/** The same keys with values of the same type, all the way down; a number or a time may differ. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]));
  }
  return value === null ? null : typeof value;
}

/** A real one beside it goes the same way: the person gets the code. */
async function realGoesOn(channel: string, until: "started" | "on its way" | "arrived"): Promise<void> {
  if (channel === "missed_call" && until !== "started") {
    const call = world.lastCall();
    call.calling();
    call.ringing();
    const rang = { postDialDelayMs: 2000, ringMs: 5010, sipStatus: null, q850Cause: null };
    const attempts = [{ trunk: "carrier", asterisk: "main", outcome: "rang" }] as const;
    if (until === "arrived") call.ended(result({ outcome: "rang", alerted: true, ...rang, attempts }));
  }
  await world.verifications.settled();
}

describe.each(["missed_call", "sms", "call_in"])("by %s", (channel) => {
  test("every answer of its life has the shape of a real one, and about its size", async () => {
    await open();
    const real = await start(somebody(), channel);
    const shadow = await start(attack(), channel);
    expect([real.simulated, shadow.simulated]).toEqual([null, "shadow"]);
    const alike = async () => {
      const [one, other] = [shown(await look(real.id)), shown(await look(shadow.id))];
      expect(shapeOf(other)).toEqual(shapeOf(one));
      expect(Object.keys(other)).toEqual(Object.keys(one));
      expect(other.status).toBe(one.status);
      expect(other.delivery.state).toBe(one.delivery.state);
      expect(Math.abs(JSON.stringify(other).length - JSON.stringify(one).length)).toBeLessThan(12);
    };
    await realGoesOn(channel, "started");
    if (channel !== "sms") await alike();
    await realGoesOn(channel, "arrived");
    await passes(15_000);
    if (channel === "sms") expect((await look(shadow.id)).status).toBe("delivered");
    else await alike();
    await passes(300_000);
    expect((await look(shadow.id)).status).toBe("expired");
  });
});

test("no slot, no caller ID and no place at a provider is taken, and nobody is contacted", async () => {
  await open();
  const before = [world.placed.length, provider.orders.length];
  for (const channel of ["missed_call", "sms", "call_in"]) await start(attack(), channel);
  await passes(20_000);
  expect([world.placed.length, provider.orders.length, world.slotsHeld()]).toEqual([...before, 0]);
  const shownTo = await raw.keys("*:shown");
  expect(shownTo).toEqual([]);
});

test("every code of a missed call is wrong, checks are counted and end it", async () => {
  await open({ ranges: { block: { prefix: "+4420794", digits: 4 } }, settings: { max_checks: 3 } });
  const { id, codeLength } = await start(attack(), "missed_call");
  expect(codeLength).toBe(4);
  await passes(15_000);
  const answers = [];
  for (const code of ["0000", "1234", "9999"]) answers.push(await world.verifications.check(shop, id, { code }));
  expect(answers.map(({ valid, checksLeft, status, test }) => [valid, checksLeft, status, test])).toEqual([
    [false, 2, "delivered", undefined],
    [false, 1, "delivered", undefined],
    [false, 0, "failed", undefined],
  ]);
});

test("a resend works, is limited like a real one, and stays a shadow without asking the guard again", async () => {
  await open();
  const to = attack();
  const { id } = await start(to, "missed_call");
  await passes(14_000);
  expect(await refusalOf(world.verifications.resend(shop, id))).toMatchObject({ code: "rate_limited" });
  await passes(2000);
  attacked.clear();
  const again = await world.verifications.resend(shop, id);
  expect(again).toMatchObject({ simulated: "shadow", deliveries: [{ state: "rung" }, { state: "calling" }] });
  expect(asked).toEqual(["new"]);
  expect(world.placed).toEqual([]);
});

test("its starts are limited as of a real one, and none of them counts for the number's holder", async () => {
  await open({ settings: { start_gap_seconds: 0, starts_per_callee_per_hour: 3 } });
  const to = attack();
  for (let i = 0; i < 3; i++) {
    const { id } = await start(to, "missed_call");
    await passes(15_000);
    await world.verifications.cancel(shop, id);
  }
  expect(await refusalOf(start(to, "missed_call"))).toMatchObject({ code: "rate_limited" });
  // The guard lets the holder through: all starts are left.
  attacked.clear();
  expect((await start(to, "missed_call")).simulated).toBeNull();
  expect(world.placed).toHaveLength(1);
});

test("an open shadow never stands in the way of a check by number", async () => {
  await open({ settings: { start_gap_seconds: 0 } });
  const to = attack();
  const shadow = await start(to, "sms");
  expect(await world.verifications.checkByNumber(shop, { to }, { code: "000000" }, null)).toMatchObject({
    id: shadow.id,
  });
  attacked.clear();
  const real = await start(to, "missed_call");
  const code = world.lastCall().code;
  expect(await world.verifications.checkByNumber(shop, { to }, { code }, null)).toMatchObject({
    id: real.id,
    valid: true,
  });
});

test("a resend that the guard answers by a shadow voids the code before it, as a real one does", async () => {
  await open();
  const to = somebody();
  const { id } = await start(to, "missed_call");
  const { code } = world.lastCall();
  await world.ringOut();
  await passes(16_000);
  attacked.add(to);
  expect((await world.verifications.resend(shop, id)).deliveries).toHaveLength(2);
  await passes(15_000);
  expect(world.placed).toHaveLength(1);
  expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: false });
});

test("its record says that it was a shadow and cost nothing, and no statistics count it", async () => {
  await open();
  const { id } = await start(attack(), "sms");
  await passes(10_000);
  await passes(300_000);
  const ended = await look(id);
  expect(shown(ended).delivery.cost).toBe(0.05);
  const [cdr] = createCdrs(world.verifications.channels.all, 3)(ended);
  expect(cdr).toMatchObject({ guardDecision: "shadow:prefix_learned", costMicros: 0, test: false, trunk: null });
  expect(cdr === undefined ? null : tallyOf(cdr)).toEqual([]);
});

test("no answer and no event of it says what it is", async () => {
  await open();
  const { id } = await start(attack(), "missed_call");
  await passes(15_000);
  await world.verifications.cancel(shop, id);
  expect(JSON.stringify(shown(await look(id)))).not.toMatch(/shadow|simulated|test|guard/);
});

/** SHADOW_STARTS=2000 for finer figures. */
const starts = Number(process.env.SHADOW_STARTS ?? 150);

/** Noise has no sign: of a difference that is one, each round shows it. */
const rounds = 4;

test.each(["missed_call", "sms"])("a start by %s takes as long as a real one", async (channel) => {
  await open();
  let isAlike = false;
  for (let round = 1; round <= rounds && !isAlike; round++) isAlike = await startsAlike(channel);
  expect(isAlike).toBe(true);
});

async function startsAlike(channel: string): Promise<boolean> {
  const times: Record<"real" | "shadow", number[]> = { real: [], shadow: [] };
  for (let i = 0; i < starts + 20; i++) {
    // One after the other, so that both see the same machine.
    for (const kind of i % 2 === 0 ? (["real", "shadow"] as const) : (["shadow", "real"] as const)) {
      const to = kind === "real" ? somebody() : attack();
      const from = performance.now();
      await start(to, channel);
      // The first ones are slow, and nothing is known of real ones then.
      if (i >= 20) times[kind].push(performance.now() - from);
    }
  }
  const at = (list: readonly number[], part: number) =>
    list.toSorted((a, b) => a - b)[Math.floor(list.length * part)] ?? 0;
  const figures = [0.5, 0.95].map((part) => [at(times.real, part), at(times.shadow, part)] as const);
  const [median, late] = figures as [readonly [number, number], readonly [number, number]];
  const text = ([name, [one, other]]: readonly [string, readonly [number, number]]) =>
    `${name} ${one.toFixed(2)} and ${other.toFixed(2)} ms`;
  process.stderr.write(`start by ${channel}, real and shadow: ${text(["median", median])}, ${text(["p95", late])}\n`);
  return Math.abs(median[1] - median[0]) < Math.max(0.6, median[0] * 0.35);
}
