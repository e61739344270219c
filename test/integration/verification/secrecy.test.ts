import fc from "fast-check";
import { Redis } from "ioredis";
import { beforeAll, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { monitorRedis } from "../../support/redis-monitor.ts";
import { tell } from "../redis/outbox-world.ts";
import { createWorld, refusalOf, result, secondCallGapMs, shop, type World, wrongCode } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
beforeAll(async () => {
  redis = await runtime.redis();
});

type Step = (world: World, to: string, ids: string[]) => Promise<unknown>;
const lastCode = (world: World) => world.placed.at(-1)?.code ?? "000000";
const someId = (ids: string[]) => ids.at(-1) ?? "none";

const callInNumbers = ["+442079460001", "+442079460002"];

/** Whatever an app, a phone and time can do. */
const steps: Record<string, Step> = {
  start: async (world, to, ids) => ids.push((await world.verifications.start(shop, { to }, null)).id),
  startTwo: async (world, to, ids) => ids.push((await world.verifications.start(shop, { to, calls: 2 }, null)).id),
  startOnce: async (world, to, ids) => ids.push((await world.verifications.start(shop, { to }, "key")).id),
  resend: (world, _to, ids) => world.verifications.resend(shop, someId(ids)),
  get: (world, _to, ids) => world.verifications.get(shop, someId(ids)),
  cancel: (world, _to, ids) => world.verifications.cancel(shop, someId(ids)),
  wrong: (world, _to, ids) => world.verifications.check(shop, someId(ids), { code: wrongCode(lastCode(world)) }),
  right: (world, _to, ids) => world.verifications.check(shop, someId(ids), { code: lastCode(world) }),
  startCallIn: async (world, to, ids) =>
    ids.push((await world.verifications.start(shop, { to, channel: "call_in", session: "tab" }, null)).id),
  resendCallIn: (world, _to, ids) => world.verifications.resend(shop, someId(ids), "call_in"),
  resendMissed: (world, _to, ids) => world.verifications.resend(shop, someId(ids), "missed_call"),
  byNumber: (world, to) => world.verifications.checkByNumber(shop, { to }, { code: wrongCode(lastCode(world)) }, null),
  byNumberRight: (world, to) => world.verifications.checkByNumber(shop, { to }, { code: lastCode(world) }, "tab"),
  callsIn: async (world, to) => {
    for (const called of callInNumbers) world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called });
  },
  due: (world) => world.verifications.settleDue(),
  callerId: (world, _to, ids) =>
    world.verifications.check(shop, someId(ids), { callerIds: [world.placed.at(-1)?.callerId ?? "+4420794000000"] }),
  rings: async (world) => world.placed.at(-1)?.ringing(),
  ends: async (world) => world.placed.at(-1)?.ended(result({ outcome: "rang", alerted: true })),
  fails: async (world) => world.placed.at(-1)?.ended(result({ outcome: "busy", alerted: false })),
  gap: async (world) => world.clock.advance(secondCallGapMs),
  wait: async (world) => world.clock.advance(16_000),
  waitLong: async (world) => world.clock.advance(301_000),
};
const history = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 5, maxLength: 25 });

it("leaves no key without a TTL and nothing of a code or a caller ID in Redis, whatever happens", async () => {
  const raw = new Redis(redis.url);
  let number = 0;
  let scanned = 0;
  await fc.assert(
    fc.asyncProperty(history, async (names) => {
      const to = `+4477005${String(number++).padStart(5, "0")}`;
      const world = createWorld({ redis: patientRedis(redis.url), callInNumbers });
      await world.ready();
      const ids: string[] = [];
      for (const name of ["start", ...names]) {
        await steps[name]?.(world, to, ids).catch(() => undefined);
        await world.verifications.settled();
      }
      // In the outbox, then in the app's stream.
      const waiting = await redisContents(raw);
      const told = tell(world);
      const published = await told.drain();
      const kept = [...waiting, ...(await redisContents(raw))];
      scanned += kept.length;
      for (const { key, ttlMs } of kept) {
        // 0 is the last millisecond of a key with a TTL (the probe of readiness has 1 ms); without one it is -1.
        expect(ttlMs, `TTL of ${key}`).toBeGreaterThanOrEqual(0);
        expect(key).not.toContain(to.slice(4));
      }
      const everything = kept.map(({ key, content }) => `${key} ${content}`).join("\n");
      const log = world.logLines.join("");
      for (const { callerId, code } of world.placed) {
        for (const text of [everything, log, JSON.stringify(world.events), JSON.stringify(published)]) {
          expect(text).not.toContain(callerId.slice(1));
          // As a word: six digits may well turn up by chance within a time of thirteen.
          expect(text).not.toMatch(new RegExp(`\\b${code}\\b`));
        }
      }
      expect(log + JSON.stringify(world.events)).not.toContain(to.slice(4));
      const ends = world.events.flatMap((event) =>
        event.type === "verification.ended" ? [event.data.verification] : [],
      );
      expect(new Set(ends).size, "each end is reported once").toBe(ends.length);
      for (const id of ids) {
        const own = published.filter((event) => event.id.startsWith(`evt_${id}_`));
        expect(
          own.map(({ seq }) => seq),
          "public events count without a gap",
        ).toEqual(own.map((_, i) => i + 1));
        const { events } = await told.events.history.read(shop.name, id);
        expect(events.map((event) => event.id)).toEqual(own.map((event) => event.id));
      }
      await raw.flushall();
      await world.close();
    }),
    { numRuns: 60 },
  );
  expect(scanned).toBeGreaterThan(100);
  raw.disconnect();
});

it("sends Redis no code and no caller ID, even in commands that it does not keep", async () => {
  const world = createWorld({ redis: patientRedis(redis.url) });
  await world.ready();
  const raw = new Redis(redis.url);
  const monitor = await monitorRedis(redis.url);

  const two = await world.verifications.start(shop, { to: "+447700400001", calls: 2 }, null);
  await world.ringFirst();
  const both = world.placed.map(({ code }) => code).join("");
  await world.verifications.check(shop, two.id, { callerIds: world.placed.map(({ callerId }) => callerId) });
  const { id } = await world.verifications.start(shop, { to: "+447700400000" }, "key");
  const { code, callerId } = world.lastCall();
  await world.verifications.check(shop, id, { code: wrongCode(code) });
  await world.verifications.check(shop, id, { callerIds: [callerId] });
  expect(await refusalOf(world.verifications.check(shop, id, { code }))).toMatchObject({ code: "verification_ended" });
  const byNumber = { to: "+447700400002" };
  const third = await world.verifications.start(shop, { ...byNumber, session: "tab-of-a-browser" }, null);
  await world.ringOut();
  const guess = { code: world.lastCall().code };
  await world.verifications.checkByNumber(shop, byNumber, { code: wrongCode(guess.code) }, null);
  expect(await world.verifications.checkByNumber(shop, byNumber, guess, "tab-of-a-browser")).toMatchObject({
    ...{ id: third.id, valid: true },
  });
  await world.verifications.checkByNumber(shop, byNumber, guess, null);
  await raw.echo("the last one");
  await monitor.saw("the last one");

  const all = monitor.text();
  expect(all).toContain(id);
  expect(all).not.toContain(both);
  expect(all).not.toContain("tab-of-a-browser");
  for (const { callerId, code } of world.placed) {
    expect(all).not.toContain(callerId.slice(1));
    expect(all).not.toMatch(new RegExp(`\\b${code}\\b`));
  }
  monitor.close();
  raw.disconnect();
  await world.close();
});
