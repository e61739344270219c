/** Checks by the number alone, for apps that keep no id. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { bank, createWorld, refusalOf, shop, type World, wrongCode } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const somebody = () => `+4477005${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url), callInNumbers: ["+442079460001"] });
  await world.ready();
  return world;
}
const check = (to: string, code: string, session: string | null = null, app = shop) =>
  world.verifications.checkByNumber(app, { to }, { code }, session);

describe("a check by number", () => {
  it("verifies the one that is open, and counts wrong codes of it", async () => {
    await open();
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    const { code } = world.lastCall();
    expect(await check(to, wrongCode(code))).toEqual({
      id,
      status: "delivered",
      valid: false,
      checksLeft: 2,
      proven: null,
    });
    expect(await check(to, code, null, bank)).toMatchObject({ valid: false });
    expect(await check(to, code)).toMatchObject({ id, status: "verified", valid: true });
  });

  it("of which none is open is answered as a wrong code is, up to the last", async () => {
    await open();
    const to = somebody();
    const answers = [await check(to, "000000"), await check(to, "000000"), await check(to, "000000")];
    expect(answers.map(({ status, checksLeft }) => [status, checksLeft])).toEqual([
      ["delivered", 2],
      ["delivered", 1],
      ["failed", 0],
    ]);
    expect(new Set(answers.map(({ id, valid }) => `${id} ${valid}`)).size).toBe(1);
  });

  it("with what can be no code is refused and not counted, whether one is open or not", async () => {
    await open();
    const [to, nobody] = [somebody(), somebody()];
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    for (const code of ["x", "12a456", "1", ""]) {
      expect((await refusalOf(check(to, code))).code).toBe("invalid_request");
      expect((await refusalOf(check(nobody, code))).code).toBe("invalid_request");
    }
    expect((await check(to, wrongCode(world.lastCall().code))).checksLeft).toBe(2);
    expect((await check(nobody, "000000")).checksLeft).toBe(2);
    // A whole number can only be compared with one that called: here none did.
    expect((await check(nobody, "+442079460001")).checksLeft).toBe(1);
  });

  it("of another length is a wrong code, whether one is open or not", async () => {
    await open();
    const [to, nobody] = [somebody(), somebody()];
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    for (const [code, checksLeft] of [
      ["12345", 2],
      ["1234567890123456", 1],
    ] as const) {
      expect(await check(to, code)).toMatchObject({ status: "delivered", valid: false, checksLeft });
      expect(await check(nobody, code)).toMatchObject({ status: "delivered", valid: false, checksLeft });
    }
    expect(await check(to, world.lastCall().code)).toMatchObject({ valid: true });
  });

  it("by more caller IDs than there were calls is a wrong code, whether one is open or not", async () => {
    await open();
    const [to, nobody] = [somebody(), somebody()];
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    const guess = { callerIds: ["+442079460001", "+442079460002"] };
    for (const number of [to, nobody]) {
      expect(await world.verifications.checkByNumber(shop, { to: number }, guess, null)).toMatchObject({
        ...{ valid: false, checksLeft: 2 },
      });
    }
  });

  it("that is verified by calling in has no code, which is not told", async () => {
    await open();
    const [to, nobody] = [somebody(), somebody()];
    await world.verifications.start(shop, { to, channel: "call_in" }, null);
    for (const number of [to, nobody]) {
      expect(await check(number, "000000")).toMatchObject({ status: "delivered", valid: false, checksLeft: 2 });
    }
  });

  it("has no new checks after the last wrong one, as if none had been open", async () => {
    await open();
    const [to, nobody] = [somebody(), somebody()];
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    const wrong = wrongCode(world.lastCall().code);
    for (const checksLeft of [2, 1, 0, 0, 0]) {
      expect(await check(to, wrong)).toMatchObject({ valid: false, checksLeft });
      expect(await check(nobody, wrong)).toMatchObject({ valid: false, checksLeft });
    }
  });

  it("asks for a session where several are open", async () => {
    await open();
    const to = somebody();
    await world.verifications.start(shop, { to, session: "first" }, null);
    await world.ringOut();
    const first = world.lastCall().code;
    world.clock.advance(15_000);
    const second = await world.verifications.start(shop, { to, session: "second" }, null);
    await world.ringOut();
    const { code } = world.lastCall();
    expect((await refusalOf(check(to, code))).code).toBe("verification_ambiguous");
    expect(await check(to, first, "third")).toMatchObject({ valid: false });
    expect(await check(to, code, "second")).toMatchObject({ id: second.id, valid: true });
  });
});
