import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import {
  bank,
  createWorld,
  longestCallMs,
  refusalOf,
  shop,
  type World,
  type WorldOptions,
  wrongCode,
} from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url), ...options });
  await world.ready();
  return world;
}
const somebody = () => `+4477007${String(number++).padStart(5, "0")}`;

/** Starts and lets it ring out. */
async function start(to: string) {
  const verification = await world.verifications.start(shop, { to }, null);
  await world.ringOut();
  return verification;
}

/** That the refused start succeeds exactly when it said, and no millisecond before. */
async function expectRoomAfter(to: string, retryAfterMs: number) {
  expect(await refusalOf(start(to))).toEqual({ code: "rate_limited", retryAfterMs });
  world.clock.advance(retryAfterMs - 1);
  expect(await refusalOf(start(to))).toEqual({ code: "rate_limited", retryAfterMs: 1 });
  world.clock.advance(1);
  await start(to);
}

describe("calls to one callee", () => {
  it("keep a gap", async () => {
    await open();
    const to = somebody();
    await start(to);
    world.clock.advance(4000);
    await expectRoomAfter(to, 11_000);
  });

  it("are at most five within any hour, resends included; refused ones do not count", async () => {
    await open();
    const to = somebody();
    const { id } = await start(to);
    world.clock.advance(60_000);
    await world.verifications.resend(shop, id);
    await world.ringOut();
    for (let i = 0; i < 3; i++) {
      world.clock.advance(60_000);
      await start(to);
      for (let refused = 0; refused < 10; refused++) await refusalOf(start(to));
    }
    world.clock.advance(60_000);
    await expectRoomAfter(to, hourMs - 5 * 60_000);
  });

  it("come one at a time, also from another verification", async () => {
    await open();
    const to = somebody();
    await world.verifications.start(shop, { to }, null);
    world.clock.advance(20_000);
    await expectRoomAfter(to, longestCallMs - 20_000);
  });

  it("that are refused take no channel slot from others after the first refusal", async () => {
    await open();
    const to = somebody();
    await start(to);
    let reserved = 0;
    const { reserve } = world.slots;
    world.slots.reserve = (...asked) => {
      reserved++;
      return reserve(...asked);
    };
    for (let i = 0; i < 10; i++) expect((await refusalOf(start(to))).code).toBe("rate_limited");
    expect(reserved).toBe(1);
    world.clock.advance(15_000);
    await start(to);
  });

  it("of two calls that the app's share of an hour never has room for are refused as invalid, not as a store error", async () => {
    await open({ apps: 2, settings: { starts_per_callee_per_hour: 3 } });
    const two = world.verifications.start(shop, { to: somebody(), calls: 2 }, null);
    expect((await refusalOf(two)).code).toBe("invalid_request");
    expect(world.slotsHeld()).toBe(0);
    expect(world.logLines.join("")).not.toContain("Redis did not answer");
  });

  it("of two calls have room where the app's share is three", async () => {
    await open({ apps: 2, settings: { min_calls: 2 } });
    const to = somebody();
    expect((await world.verifications.start(shop, { to }, null)).codeLength).toBe(12);
    await world.ringFirst();
    await world.ringOut();
    world.clock.advance(20_000);
    // Two of its three are used; half a code is none.
    expect((await refusalOf(world.verifications.start(shop, { to }, null))).code).toBe("rate_limited");
    expect((await world.verifications.start(bank, { to }, null)).codeLength).toBe(12);
  });

  it("are shared from the moment on that a second app is added, and one's again when it is deleted", async () => {
    await open({ apps: 1, settings: { starts_per_callee_per_hour: 5 } });
    const to = somebody();
    const starts = async (app: typeof shop, most: number) => {
      for (let count = 0; count < most; count++) {
        const refused = await world.verifications
          .start(app, { to }, null)
          .catch((error: { code: string }) => error.code);
        if (refused === "rate_limited") return count;
        await world.ringOut();
        world.clock.advance(20_000);
      }
      return most;
    };
    world.setApps(2);
    expect(await starts(bank, 5)).toBe(3);
    expect(await starts(shop, 1)).toBe(1);
    world.setApps(1);
    expect(await starts(bank, 1)).toBe(1);
  });

  it("do not bother another callee", async () => {
    await open();
    await start(somebody());
    await start(somebody());
  });
});

describe("a start that is refused for its callee", () => {
  it("costs no channel slot while the callee was refused a moment ago: others' calls need them", async () => {
    await open();
    const to = somebody();
    await start(to);
    await refusalOf(start(to));
    const reserve = vi.spyOn(world.slots, "reserve");
    for (let i = 0; i < 5; i++) expect((await refusalOf(start(to))).code).toBe("rate_limited");
    expect(reserve).not.toHaveBeenCalled();
    world.clock.advance(15_000);
    await start(to);
    expect(reserve).toHaveBeenCalledTimes(1);
  });

  it("is refused alike whichever app used the limit up, and names none", async () => {
    await open({ apps: 2 });
    const to = somebody();
    await start(to);
    const refusals = await Promise.all(
      [shop, bank].map((app) => world.verifications.start(app, { to }, null).catch((error: unknown) => error)),
    );
    const [own, other] = refusals.map((error) => ({ ...(error as object), text: (error as Error).message }));
    expect(other).toEqual(own);
    expect(JSON.stringify(own)).not.toMatch(/shop|bank/);
  });
});

describe("caller IDs", () => {
  const ranges = { list: { prefix: "+442079460", digits: 2 } };
  const settings = { starts_per_callee_per_hour: 100, start_gap_seconds: 0, wrong_checks_per_callee: 1 };
  /** What rests for everybody is another matter: caller-id-care.test.ts. */
  const reputation = { attempts_per_hour: 1000, attempts_per_day: 5000 };

  it("do not come back to a callee while they rest, and no more than half of a range rests", async () => {
    await open({ ranges, settings, reputation });
    const to = somebody();
    for (let i = 0; i < 51; i++) {
      await start(to);
      world.clock.advance(60_000);
    }
    const shown = world.placed.map(({ callerId }) => callerId);
    expect(new Set(shown).size).toBe(51);
    const refusal = await refusalOf(start(to));
    expect(refusal).toEqual({ code: "capacity", retryAfterMs: dayMs - 51 * 60_000 });
    // Another callee gets them all the same.
    await start(somebody());

    world.clock.advance(dayMs - 51 * 60_000);
    await start(to);
    expect(shown.slice(1)).not.toContain(world.lastCall().callerId);
  });

  it("are found among 100 though 50 rest, every time", async () => {
    // The first four candidates all rest in about one of 16 starts: the second try must find a free one.
    await open({ ranges, settings: { ...settings, caller_id_cooldown_seconds: 600, ttl_seconds: 30 }, reputation });
    const to = somebody();
    for (let i = 0; i < 300; i++) {
      await start(to);
      world.clock.advance(36_000 / 3);
      if (i % 50 === 49) world.clock.advance(hourMs);
    }
    const shown = world.placed.map(({ callerId }) => callerId);
    for (let i = 0; i < shown.length; i++) {
      const withinRest = shown.slice(Math.floor(i / 50) * 50, i);
      expect(withinRest).not.toContain(shown[i]);
    }
  });
});

describe("wrong checks of one callee", () => {
  it("count over verifications and apps: the eleventh is not compared, though it were right", async () => {
    await open();
    const to = somebody();
    const startedMs = world.clock.nowMs();
    for (let wrong = 0; wrong < 9; wrong++) {
      if (wrong % 3 === 0) {
        world.clock.advance(wrong === 0 ? 0 : 20_000);
        await start(to);
      }
      const { id } = await world.verifications.get(shop, lastId());
      await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    }
    world.clock.advance(20_000);
    const fourth = await start(to);
    expect(fourth.checksLeft).toBe(1);
    const spare = await spareVerification(to);
    const answer = await world.verifications.check(shop, fourth.id, { code: wrongCode(spare.fourthCode) });
    expect(answer).toMatchObject({ valid: false, status: "failed", checksLeft: 0 });

    const retryAfterMs = startedMs + dayMs - world.clock.nowMs();
    const right = world.verifications.check(shop, spare.id, { code: spare.code });
    expect(await refusalOf(right)).toEqual({ code: "rate_limited", retryAfterMs });
    expect(await world.verifications.get(shop, spare.id)).toMatchObject({ status: "delivered" });
    const oneCall = world.verifications.start(shop, { to, calls: 1 }, null);
    expect(await refusalOf(oneCall)).toEqual({ code: "rate_limited", retryAfterMs });

    world.clock.advance(retryAfterMs);
    expect((await start(to)).checksLeft).toBe(3);
  });

  it("leave a verification no more checks than the callee has", async () => {
    await open({ settings: { wrong_checks_per_callee: 4, max_checks: 3 } });
    const to = somebody();
    const first = await start(to);
    const wrong = wrongCode(world.lastCall().code);
    world.clock.advance(15_000);
    const second = await start(to);
    for (let i = 0; i < 3; i++) await world.verifications.check(shop, first.id, { code: wrong });
    const answer = await world.verifications.check(shop, second.id, { code: wrongCode(world.lastCall().code) });
    expect(answer).toMatchObject({ valid: false, checksLeft: 0, status: "failed" });
  });

  it("do not lock a person out: without a wish for its length the next code is one of two calls", async () => {
    await open({ settings: { wrong_checks_per_callee: 3, starts_per_callee_per_hour: 100 } });
    const to = somebody();
    const { id } = await start(to);
    for (let i = 0; i < 3; i++) {
      await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    }
    world.clock.advance(20_000);
    expect(await refusalOf(world.verifications.start(shop, { to, calls: 1 }, null))).toMatchObject({
      code: "rate_limited",
    });
    const stronger = await world.verifications.start(shop, { to }, null);
    expect(stronger).toMatchObject({ codeLength: 12, checksLeft: 3, deliveries: [{ parts: 2 }] });
    await world.ringFirst();
    await world.ringOut();
    const code = world.placed
      .slice(-2)
      .map((call) => call.code)
      .join("");
    expect(await world.verifications.check(shop, stronger.id, { code: wrongCode(code) })).toMatchObject({
      checksLeft: 2,
    });
    expect(await world.verifications.check(shop, stronger.id, { code })).toMatchObject({ valid: true });
  });

  it("leave the gap to a locked-out callee as it is: what stands against two calls is said, not the lock-out's day", async () => {
    await open({ settings: { wrong_checks_per_callee: 3, starts_per_callee_per_hour: 100 } });
    const to = somebody();
    const { id } = await start(to);
    for (let i = 0; i < 3; i++) {
      await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    }
    world.clock.advance(5000);
    for (let i = 0; i < 2; i++)
      expect(await refusalOf(start(to))).toEqual({ code: "rate_limited", retryAfterMs: 10_000 });
    world.clock.advance(10_000);
    expect((await world.verifications.start(shop, { to }, null)).codeLength).toBe(12);
  });

  it("of short codes are no part of the count of long ones, though an app is called `long`", async () => {
    await open({ apps: 2, settings: { wrong_checks_per_callee: 2, max_checks: 1, starts_per_callee_per_hour: 100 } });
    const to = somebody();
    const long = appIdentity("long");
    const { id } = await world.verifications.start(long, { to, calls: 1 }, null);
    await world.ringOut();
    await world.verifications.check(long, id, { code: wrongCode(world.lastCall().code) });
    world.clock.advance(20_000);
    const two = await world.verifications.start(long, { to, calls: 2 }, null);
    await world.ringFirst();
    await world.ringOut();
    const code = world.placed
      .slice(-2)
      .map((call) => call.code)
      .join("");
    await world.verifications.check(long, two.id, { code: wrongCode(code) });
    // One wrong long code: one is left to the others.
    world.clock.advance(20_000);
    expect((await world.verifications.start(shop, { to, calls: 2 }, null)).checksLeft).toBe(1);
  });

  it("of one app leave another app its share, and it is not told of them", async () => {
    await open({ apps: 2, settings: { starts_per_callee_per_hour: 100 } });
    const to = somebody();
    for (let wrong = 0; wrong < 10; wrong++) {
      const { id } = await world.verifications.start(shop, { to, calls: 1 }, null).catch(() => ({ id: "" }));
      if (id === "") break;
      await world.ringOut();
      for (let i = 0; i < 3; i++) {
        await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) }).catch(() => undefined);
      }
      world.clock.advance(20_000);
    }
    expect(await refusalOf(world.verifications.start(shop, { to, calls: 1 }, null))).toMatchObject({
      code: "rate_limited",
    });
    const other = await world.verifications.start(bank, { to, calls: 1 }, null);
    expect(other.checksLeft).toBe(3);
    await world.ringOut();
    const { code } = world.lastCall();
    expect(await world.verifications.check(bank, other.id, { code: wrongCode(code) })).toMatchObject({ checksLeft: 2 });
    expect(await world.verifications.check(bank, other.id, { code })).toMatchObject({ valid: true });
  });

  it("are each logged with their verification and app, so that an attack on one callee is seen; a right one is not", async () => {
    await open({ settings: { starts_per_callee_per_hour: 100 } });
    const to = somebody();
    const ids: string[] = [];
    const codes: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { id } = await start(to);
      const { code } = world.lastCall();
      await world.verifications.check(shop, id, { code: wrongCode(code) });
      ids.push(id);
      codes.push(code, wrongCode(code));
      world.clock.advance(20_000);
    }
    await world.verifications.check(shop, ids.at(-1) ?? "", { code: world.lastCall().code });

    const lines = world.logLines.filter((line) => line.includes('"msg":"wrong code"'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(
      ids.map((id) => ({ level: 30, id, app: "shop", checksLeft: 2 })),
    );
    // All of one callee begin with the same five characters: they can be found together.
    expect(new Set(ids.map((id) => id.slice(0, 5))).size).toBe(1);
    const log = world.logLines.join("");
    expect(codes.filter((code) => log.includes(`"${code}"`))).toEqual([]);
    expect(log).not.toContain(to);
  });

  it("are not counted for right ones", async () => {
    await open({ settings: { wrong_checks_per_callee: 2, starts_per_callee_per_hour: 100, max_checks: 2 } });
    const to = somebody();
    for (let i = 0; i < 5; i++) {
      const { id } = await start(to);
      expect(await world.verifications.check(shop, id, { code: world.lastCall().code })).toMatchObject({ valid: true });
      world.clock.advance(15_000);
    }
  });

  it("are not forgotten by a right one: a new secret does not reset the count", async () => {
    await open({ settings: { wrong_checks_per_callee: 4, max_checks: 3 } });
    const to = somebody();
    const first = await start(to);
    for (let i = 0; i < 2; i++)
      await world.verifications.check(shop, first.id, { code: wrongCode(world.lastCall().code) });
    await world.verifications.check(shop, first.id, { code: world.lastCall().code });
    world.clock.advance(15_000);
    expect((await start(to)).checksLeft).toBe(2);
  });

  const lastId = () => world.lastCall().callId.replace(/-\d+$/, "");

  /** One more live verification of the same callee, whose code is known. */
  async function spareVerification(to: string) {
    const fourthCode = world.lastCall().code;
    world.clock.advance(20_000);
    const { id } = await start(to);
    return { id, code: world.lastCall().code, fourthCode };
  }
});
