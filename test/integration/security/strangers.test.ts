/** A stranger with an app against a person who verifies a number in another app. docs/fraud-guard.md says what the stranger can still do. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import {
  createWorld,
  longestCallMs,
  refusalOf,
  settings,
  shop,
  bank as stranger,
  type World,
  type WorldOptions,
  wrongCode,
} from "../verification/world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;
const secondStranger = { ...stranger, name: "club" };
const hourMs = 3_600_000;
const gapMs = settings.start_gap_seconds * 1000;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url), apps: 3, ...options });
  await world.ready();
  return world;
}

/** One start by somebody else. @returns whether it was begun; then the phone rings until the end that a call may have */
async function startBy(app: typeof shop, to: string): Promise<boolean> {
  try {
    await world.verifications.start(app, { to }, null);
    return true;
  } catch {
    return false;
  }
}

/** Wrong checks of an app's own verifications of a number, until no more are taken. @returns how many were compared */
async function guessAll(app: typeof shop, to: string): Promise<number> {
  let compared = 0;
  for (let started = 0; started < 5; started++) {
    world.clock.advance(hourMs);
    const { id } = await world.verifications.start(app, { to, codeLength: 6 }, null).catch(() => ({ id: null }));
    if (id === null) break;
    await world.ringOut();
    const wrong = wrongCode(world.lastCall().code);
    for (;;) {
      const answer = await world.verifications.check(app, id, { code: wrong }).catch(() => null);
      if (answer === null) break;
      compared++;
      if (answer.checksLeft === 0) break;
    }
  }
  return compared;
}

describe("a stranger with an app of his own", () => {
  it("who starts whatever he may keeps her waiting for his calls alone, three an hour", async () => {
    await open();
    const to = somebody();
    let [his, waitedMs, refused] = [0, 0, 0];
    // He asks all the time; she asks every minute, and comes back when she is told to.
    for (let minute = 0; minute < 50; minute++) {
      if (await startBy(stranger, to)) his++;
      const began = world.placed.length;
      const blocked = await refusalOf(world.verifications.start(shop, { to }, null)).catch(() => null);
      if (blocked === null) {
        // She got her call: what she gets in an hour is her app's share, not less.
        await world.ringOut();
        break;
      }
      refused++;
      expect(blocked.code).toBe("rate_limited");
      expect(blocked.retryAfterMs).toBeLessThanOrEqual(longestCallMs + gapMs);
      waitedMs += blocked.retryAfterMs ?? 0;
      if (world.placed.length === began && began > 0) await world.ringOut();
      world.clock.advance(blocked.retryAfterMs ?? 0);
    }
    expect(his).toBeLessThanOrEqual(3);
    expect(refused).toBeLessThanOrEqual(2 * his);
    expect(waitedMs).toBeLessThanOrEqual(3 * (longestCallMs + gapMs));
  });

  it("who used up his hour leaves her app its starts", async () => {
    await open();
    const to = somebody();
    let his = 0;
    for (let n = 0; n < 10; n++) {
      if (await startBy(stranger, to)) {
        his++;
        await world.ringOut();
      }
      world.clock.advance(longestCallMs);
    }
    expect(his).toBe(3);
    for (let n = 0; n < 2; n++) {
      await world.verifications.start(shop, { to }, null);
      await world.ringOut();
      world.clock.advance(longestCallMs);
    }
  });

  it("whose guesses are all wrong leaves her all checks of a verification, and her code is taken", async () => {
    await open({ settings: { starts_per_callee_per_hour: 100 } });
    const to = somebody();
    expect(await guessAll(stranger, to)).toBe(6);
    const { id, checksLeft } = await world.verifications.start(shop, { to, codeLength: 6 }, null);
    expect(checksLeft).toBe(3);
    await world.ringOut();
    const { code } = world.lastCall();
    expect(await world.verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({ checksLeft: 2 });
    expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: true });
  });

  it("who checks by her number counts for himself alone", async () => {
    await open();
    const to = somebody();
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    const { code } = world.lastCall();
    for (let n = 0; n < 30; n++) {
      expect(await world.verifications.checkByNumber(stranger, { to }, { code }, null)).toMatchObject({ valid: false });
    }
    expect(await world.verifications.checkByNumber(shop, { to }, { code }, null)).toMatchObject({ valid: true });
  });

  it("who waits for her call himself leaves her a number to call", async () => {
    const callInNumbers = Array.from({ length: 5 }, (_, n) => `+44207946000${n}`);
    await open({ callInNumbers });
    const to = somebody();
    let his = 0;
    for (let n = 0; n < 10; n++) {
      const begun = await world.verifications.start(stranger, { to, channel: "call_in" }, null).catch(() => null);
      if (begun !== null) his++;
      world.clock.advance(gapMs);
    }
    expect(his).toBe(3);
    for (let n = 0; n < 2; n++) {
      await world.verifications.start(shop, { to, channel: "call_in" }, null);
      world.clock.advance(gapMs);
    }
  });
});

describe("two strangers with an app each, together", () => {
  it("can use up her starts of an hour, and no more than that hour", async () => {
    await open();
    const to = somebody();
    for (let n = 0; n < 12; n++) {
      if (await startBy(n % 2 === 0 ? stranger : secondStranger, to)) await world.ringOut();
      world.clock.advance(longestCallMs);
    }
    const refused = await refusalOf(world.verifications.start(shop, { to }, null));
    expect(refused.code).toBe("rate_limited");
    expect(refused.retryAfterMs).toBeLessThan(hourMs);
    world.clock.advance(refused.retryAfterMs ?? 0);
    await world.verifications.start(shop, { to }, null);
  });

  it("can use up the wrong checks of her short codes for a day: she gets a code of two calls, at once", async () => {
    await open({ settings: { starts_per_callee_per_hour: 100 } });
    const to = somebody();
    expect((await guessAll(stranger, to)) + (await guessAll(secondStranger, to))).toBe(10);
    world.clock.advance(gapMs);
    const { id } = await world.verifications.start(shop, { to }, null);
    await world.ringFirst();
    await world.ringOut();
    const code = world.placed
      .slice(-2)
      .map((call) => call.code)
      .join("");
    expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: true });
  });
});
