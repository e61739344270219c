/** The callee calls us: which call proves which verification, on a real Redis. */
import { Redis } from "ioredis";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { TrunkCall } from "../../../src/telephony/calls/inbound.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { bank, createWorld, refusalOf, shop, type World, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
const ours = ["+442079460001", "+442079460002", "+442079460003"];
let redis: RedisServer;
let worlds: World[] = [];
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;
const callIn = { channel: "call_in" } as const;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(async () => {
  for (const world of worlds) await world.close();
  worlds = [];
});

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = createWorld({ redis: { url: redis.url, command_timeout_ms: 5000 }, callInNumbers: ours, ...options });
  worlds.push(world);
  await world.ready();
  return world;
}

/** The callee calls what it was told to call; `changed` says what is odd about that call. */
async function call(world: World, caller: string, called: string | null, changed: Partial<TrunkCall> = {}) {
  world.verifications.heard({ trunk: "carrier", trusted: true, caller, called, ...changed });
  await world.verifications.settled();
}

const results = (world: World) => world.reports.flatMap((report) => (report.type === "call_in" ? [report.result] : []));
const statusOf = async (world: World, id: string) => (await world.verifications.get(shop, id)).status;

describe("a verification by calling in", () => {
  it("names one of our numbers, places no call, and is verified by the callee's call to it", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn, reference: "sign-up" }, null);
    expect(started).toMatchObject({ status: "pending", channel: "call_in", to, reference: "sign-up" });
    expect(ours).toContain(started.callInNumber);
    expect(world.placed).toEqual([]);

    await call(world, to, started.callInNumber);
    expect(await world.verifications.get(shop, started.id)).toEqual({
      ...started,
      status: "verified",
      endedAtMs: world.clock.nowMs(),
    });
    const { id } = started;
    expect(world.reports).toEqual([
      { type: "verification_started", id, app: "shop", country: "GB", trunk: null },
      { type: "verification_ended", id, app: "shop", country: "GB", status: "verified", reason: null },
      { type: "call_in", trunk: "carrier", result: "verified" },
    ]);
  });

  it("is verified by the gateway that hears the call, whichever started it", async () => {
    const here = await open();
    const there = await open({ clock: here.clock });
    const to = somebody();
    const { id, callInNumber } = await here.verifications.start(shop, { to, ...callIn }, null);
    await call(there, to, callInNumber);
    expect(await statusOf(here, id)).toBe("verified");
    expect(there.reports.map(({ type }) => type)).toEqual(["verification_ended", "call_in"]);
    expect(here.reports.map(({ type }) => type)).toEqual(["verification_started"]);
  });

  it("is verified exactly once by 200 calls at once on two gateways", async () => {
    const here = await open();
    const there = await open({ clock: here.clock });
    const to = somebody();
    const { callInNumber: called } = await here.verifications.start(shop, { to, ...callIn }, null);
    for (let i = 0; i < 100; i++) {
      for (const world of [here, there]) {
        world.verifications.heard({ trunk: "carrier", trusted: true, caller: to, called });
      }
    }
    await Promise.all([here.verifications.settled(), there.verifications.settled()]);
    const all = [...results(here), ...results(there)];
    expect(all.filter((result) => result === "verified")).toHaveLength(1);
    expect(all.filter((result) => result === "no_match")).toHaveLength(199);
  });

  it.each([
    ["somebody else's call", { caller: "+447700699999" }, "no_match"],
    ["a withheld number", { caller: null }, "withheld"],
    ["a trunk whose caller IDs are not trusted", { trusted: false }, "untrusted"],
    ["a call to a number that is none of ours", { called: "+442079460999" }, "other_number"],
    ["a call to no whole number", { called: null }, "other_number"],
  ] as const)("is not verified by %s", async (_, changed, result) => {
    const world = await open();
    const to = somebody();
    const { id, callInNumber } = await world.verifications.start(shop, { to, ...callIn }, null);
    await call(world, to, callInNumber, changed);
    expect(await statusOf(world, id)).toBe("pending");
    expect(results(world)).toEqual([result]);
  });

  it("is not verified by a call to another of our numbers, nor by one that came before it", async () => {
    const world = await open();
    const to = somebody();
    for (const called of ours) await call(world, to, called);
    const { id, callInNumber } = await world.verifications.start(shop, { to, ...callIn }, null);
    for (const called of ours.filter((our) => our !== callInNumber)) await call(world, to, called);
    expect(await statusOf(world, id)).toBe("pending");
  });

  it("is not verified when its time is over, and says so", async () => {
    const world = await open();
    const to = somebody();
    const { id, callInNumber, expiresAtMs } = await world.verifications.start(shop, { to, ...callIn }, null);
    world.clock.advance(expiresAtMs - world.clock.nowMs());
    await call(world, to, callInNumber);
    expect(await statusOf(world, id)).toBe("expired");
    expect(results(world)).toEqual(["no_match"]);
    expect(world.reports.filter(({ type }) => type === "verification_ended")).toHaveLength(1);
  });

  it("is not verified after the app canceled it", async () => {
    const world = await open();
    const to = somebody();
    const { id, callInNumber } = await world.verifications.start(shop, { to, ...callIn }, null);
    expect((await world.verifications.cancel(shop, id)).status).toBe("canceled");
    await call(world, to, callInNumber);
    expect(await statusOf(world, id)).toBe("canceled");
  });

  it("never lets two verifications of one callee share a number, not even after the end of the first", async () => {
    const world = await open({ settings: { start_gap_seconds: 0 } });
    const to = somebody();
    const given: (string | null)[] = [];
    for (const app of [shop, bank, shop]) {
      const { id, callInNumber } = await world.verifications.start(app, { to, ...callIn }, null);
      given.push(callInNumber);
      await world.verifications.cancel(app, id);
    }
    expect(given.toSorted()).toEqual(ours);
    const refusal = await refusalOf(world.verifications.start(bank, { to, ...callIn }, null));
    // A life of 300 s and a rest of 600 s.
    expect(refusal.code).toBe("capacity");
    expect(refusal.retryAfterMs).toBeGreaterThan(890_000);
    expect(refusal.retryAfterMs).toBeLessThanOrEqual(900_000);
    // Others are given them all the same.
    expect((await world.verifications.start(bank, { to: somebody(), ...callIn }, null)).status).toBe("pending");
  });

  it("draws each of the numbers", async () => {
    const world = await open();
    const given = new Set<string | null>();
    for (let i = 0; i < 100 && given.size < ours.length; i++) {
      given.add((await world.verifications.start(shop, { to: somebody(), ...callIn }, null)).callInNumber);
    }
    expect([...given].toSorted()).toEqual(ours);
  });

  it("has no code to check and no call to send again", async () => {
    const world = await open();
    const to = somebody();
    const { id, callInNumber } = await world.verifications.start(shop, { to, ...callIn }, null);
    for (const guess of [{ code: "0000" }, { code: "00" }, { callerIds: [to] }, { callerIds: [] }]) {
      expect((await refusalOf(world.verifications.check(shop, id, guess))).code).toBe("invalid_request");
    }
    expect((await refusalOf(world.verifications.resend(shop, id))).code).toBe("invalid_request");
    expect(await world.verifications.get(shop, id)).toMatchObject({ status: "pending", checksLeft: 0 });
    await call(world, to, callInNumber);
    expect((await refusalOf(world.verifications.check(shop, id, { code: "0000" }))).code).toBe("verification_ended");
  });

  it("counts as a start of the callee, beside missed calls", async () => {
    const world = await open({ settings: { starts_per_callee_per_hour: 2 } });
    const to = somebody();
    await world.verifications.start(shop, { to, ...callIn }, null);
    expect(await refusalOf(world.verifications.start(shop, { to }, null))).toEqual({
      code: "rate_limited",
      retryAfterMs: 15_000,
    });
    world.clock.advance(15_000);
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    world.clock.advance(15_000);
    expect((await refusalOf(world.verifications.start(bank, { to, ...callIn }, null))).code).toBe("rate_limited");
  });

  it("is started once by one Idempotency-Key, which stands for this channel only", async () => {
    const world = await open();
    const to = somebody();
    const first = await world.verifications.start(shop, { to, ...callIn }, "key-1");
    expect(await world.verifications.start(shop, { to, ...callIn }, "key-1")).toEqual(first);
    expect((await refusalOf(world.verifications.start(shop, { to }, "key-1"))).code).toBe("idempotency_key_reused");
  });

  it("is refused where it is not set up, and with a code length", async () => {
    const world = await open({ callInNumbers: [] });
    expect((await refusalOf(world.verifications.start(shop, { to: somebody(), ...callIn }, null))).code).toBe(
      "invalid_request",
    );
    const other = await open();
    const start = other.verifications.start(shop, { to: somebody(), ...callIn, codeLength: 4 }, null);
    expect((await refusalOf(start)).code).toBe("invalid_request");
  });
});

it("leaves a missed call alone when its callee calls one of our numbers", async () => {
  const world = await open();
  const to = somebody();
  const { id } = await world.verifications.start(shop, { to }, null);
  for (const called of ours) await call(world, to, called);
  expect(await statusOf(world, id)).toBe("pending");
});

it("verifies nothing while Redis is away, and says so in the log without numbers", async () => {
  const lost = await runtime.redis();
  const world = await open({ redis: { url: lost.url, command_timeout_ms: 300 } });
  const to = somebody();
  const { callInNumber } = await world.verifications.start(shop, { to, ...callIn }, null);
  await lost.stop();
  await call(world, to, callInNumber);
  expect(results(world)).toEqual(["failed"]);
  const log = world.logLines.join("");
  expect(log).toContain("a call that came in could not be looked up");
  expect(log).not.toContain(to.slice(1));
});

it("keeps nothing for ever", async () => {
  const world = await open();
  const to = somebody();
  await world.verifications.start(shop, { to, ...callIn }, null);
  const client = new Redis(redis.url);
  const kept = await redisContents(client);
  expect(kept).not.toEqual([]);
  for (const { key, ttlMs } of kept) expect(ttlMs, key).toBeGreaterThan(0);
  client.disconnect();
});
