import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { RedisServer } from "../../../src/runtime/redis-server.ts";
import type { NoLineReason } from "../../../src/telephony/dialer-port.ts";
import { withRuntime } from "../../support/processes.ts";
import { manualClock } from "../../unit/verification/manual-clock.ts";
import {
  createWorld,
  longestCallMs,
  refusalOf,
  result,
  secondCallGapMs,
  shop,
  type World,
  type WorldOptions,
  wrongCode,
} from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
/** The first call's deadline leaves time for the gap, for a line and for the store. */
const firstCallMs = longestCallMs + secondCallGapMs + 5000;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  world = createWorld({ redis: { url: redis.url, command_timeout_ms: 800 }, ...options });
  await world.ready();
  return world;
}
const somebody = () => `+4477003${String(number++).padStart(5, "0")}`;
const start = (to = somebody()) => world.verifications.start(shop, { to, calls: 2 }, null);
/** Time stands still here, and with it the beat at which news is written. */
const look = (id: string) => {
  world.store.beat.strike();
  return world.verifications.get(shop, id);
};
const rings = () => {
  world.lastCall().ringing();
  return world.verifications.settled();
};
const codeOf = ([first, second] = world.placed) => `${first?.code}${second?.code}`;

describe("a verification by two calls", () => {
  it("rings twice from different caller IDs and is verified by the digits of both, the first call's first", async () => {
    const { verifications, lastCall, placed, reports } = await open();
    const started = await start();
    expect(started).toMatchObject({ status: "pending", calls: 2, callsDelivered: 0, codeLength: 12, attempts: 1 });
    const { id } = started;

    const first = lastCall();
    first.ringing();
    await verifications.settled();
    expect(await look(id)).toMatchObject({ status: "ringing", callsDelivered: 0 });
    await world.ringFirst();
    const second = lastCall();
    expect(await look(id)).toMatchObject({ status: "pending", reason: null, callsDelivered: 1, attempts: 2 });
    expect(second.callee).toBe(first.callee);
    expect(second.callerId).not.toBe(first.callerId);
    expect(second.attemptId).not.toBe(first.attemptId);
    second.ringing();
    await verifications.settled();
    expect(await look(id)).toMatchObject({ status: "ringing", callsDelivered: 1 });
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "rung", reason: "rang", callsDelivered: 2 });

    const turned = `${second.code}${first.code}`;
    expect(await verifications.check(shop, id, { code: turned })).toMatchObject({ valid: false, checksLeft: 2 });
    const typed = `${first.code} - ${second.code}`;
    expect(await verifications.check(shop, id, { code: typed })).toMatchObject({ valid: true, status: "verified" });
    expect(placed).toHaveLength(2);
    expect(world.linesHeld()).toBe(0);
    expect(reports.filter(({ type }) => type === "attempt_ended")).toHaveLength(2);
  });

  it("tells between the two calls that one was delivered, and waits the gap", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "pending", reason: "rang", callsDelivered: 1, attempts: 1 });
    world.clock.advance(secondCallGapMs - 1);
    expect(world.placed).toHaveLength(1);
    world.clock.advance(1);
    await expect.poll(() => world.placed).toHaveLength(2);
  });

  it("is verified by both caller IDs in order; one alone, or one for both, is no check", async () => {
    const { verifications, placed } = await open();
    const { id } = await start();
    await world.ringFirst();
    await world.ringOut();
    const callerIds = placed.map(({ callerId }) => callerId.replace("+44", "0"));
    expect(await refusalOf(verifications.check(shop, id, { callerIds: callerIds.slice(1) }))).toMatchObject({
      code: "invalid_request",
    });
    expect(await refusalOf(verifications.check(shop, id, { code: placed[0]?.code ?? "" }))).toMatchObject({
      code: "invalid_request",
    });
    expect((await look(id)).checksLeft).toBe(3);
    const turned = await verifications.check(shop, id, { callerIds: [...callerIds].reverse() });
    expect(turned).toMatchObject({ valid: false, checksLeft: 2 });
    expect(await verifications.check(shop, id, { callerIds })).toMatchObject({ valid: true });
  });

  it("of one call takes its one caller ID, not two", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const { callerId } = lastCall();
    const two = verifications.check(shop, id, { callerIds: [callerId, callerId] });
    expect(await refusalOf(two)).toMatchObject({ code: "invalid_request" });
    expect(await verifications.check(shop, id, { callerIds: [callerId] })).toMatchObject({ valid: true });
  });

  it("is the least where the operator says so, and one call is refused", async () => {
    const { verifications } = await open({ settings: { min_calls: 2 } });
    expect(await verifications.start(shop, { to: somebody() }, null)).toMatchObject({ calls: 2, codeLength: 12 });
    const one = verifications.start(shop, { to: somebody(), calls: 1 }, null);
    expect(await refusalOf(one)).toMatchObject({ code: "invalid_request" });
  });

  it("has a code as long as asked for, of both calls together", async () => {
    const ranges = { four: { prefix: "+44207946", digits: 4 }, six: { prefix: "+4420795", digits: 6 } };
    const { verifications, placed } = await open({ ranges });
    const to = somebody();
    await verifications.start(shop, { to, calls: 2, codeLength: 8 }, null);
    await world.ringFirst();
    for (const { callerId } of placed) expect(callerId).toMatch(/^\+44207946\d{4}$/);
    for (const codeLength of [7, 10]) {
      const refused = verifications.start(shop, { to: somebody(), calls: 2, codeLength }, null);
      expect(await refusalOf(refused)).toMatchObject({ code: "invalid_request" });
    }
    expect(world.linesHeld()).toBe(0);
  });

  it("has both calls from one prefix, so that the app knows how to recognise them", async () => {
    const ranges = { one: { prefix: "+4420794", digits: 6 }, two: { prefix: "+4420795", digits: 6 } };
    const { placed } = await open({ ranges });
    for (let i = 0; i < 20; i++) {
      const { callerIdPrefix } = await start();
      await world.ringFirst();
      for (const { callerId } of placed.slice(-2)) expect(callerId.startsWith(callerIdPrefix)).toBe(true);
    }
    expect(new Set(placed.map(({ callerId }) => callerId.slice(0, 8))).size).toBe(2);
  });
});

describe("a second call", () => {
  it("is not placed where the first was not seen: that is the end", async () => {
    await open();
    const { id } = await start();
    world.lastCall().ended(result({ outcome: "busy", alerted: false }));
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "busy", callsDelivered: 0 });
    world.clock.advance(60_000);
    await world.verifications.start(shop, { to: world.lastCall().callee }, null);
    expect(world.placed).toHaveLength(2);
  });

  it("that is not seen leaves half a code: undeliverable", async () => {
    await open();
    const { id } = await start();
    await world.ringFirst();
    world.lastCall().ended(result({ outcome: "no_answer_signal", alerted: false }));
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "no_answer_signal", callsDelivered: 1 });
  });

  it.each([
    ["capacity", "congestion"],
    ["telephony_unavailable", "trunk_down"],
    ["no_route", "trunk_down"],
  ] as const)("for which there is no line (%s) ends the verification as %s", async (why: NoLineReason, reason) => {
    await open();
    const to = somebody();
    const { id } = await start(to);
    await world.ringOut();
    world.loseTrunks(why);
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => look(id)).toMatchObject({ status: "undeliverable", reason });
    expect(world.placed).toHaveLength(1);
    expect(world.linesHeld()).toBe(0);
  });

  it.each([
    ["canceled", (id: string) => world.verifications.cancel(shop, id)],
    ["expired", async () => world.clock.advance(300_000 - 2 * secondCallGapMs)],
  ])("is not placed where the verification was %s meanwhile, and the callee is free", async (status, end) => {
    await open({ settings: { ttl_seconds: (2 * secondCallGapMs) / 1000 } });
    const to = somebody();
    const { id } = await start(to);
    await world.ringOut();
    await end(id);
    world.clock.advance(2 * secondCallGapMs);
    await expect.poll(() => world.linesHeld()).toBe(0);
    expect(await look(id)).toMatchObject({ status });
    expect(world.placed).toHaveLength(1);
    world.clock.advance(15_000);
    await vi.waitFor(() => world.verifications.start(shop, { to }, null), { timeout: 10_000 });
  });

  it("leaves nothing between the calls to another verification of the same number", async () => {
    await open({ settings: { start_gap_seconds: 0 } });
    const to = somebody();
    await start(to);
    await world.ringOut();
    const other = refusalOf(world.verifications.start(shop, { to }, null));
    expect(await other).toEqual({ code: "rate_limited", retryAfterMs: firstCallMs });
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => world.placed).toHaveLength(2);
    const during = refusalOf(world.verifications.start(shop, { to }, null));
    expect(await during).toEqual({ code: "rate_limited", retryAfterMs: longestCallMs });
    await world.ringOut();
    await world.verifications.start(shop, { to }, null);
  });

  it.each([
    ["between the calls", () => world.ringOut()],
    ["while the first rang", () => rings()],
  ])("does not come where the gateway died %s: interrupted", async (_when, step) => {
    await open();
    const survivor = createWorld({ redis: world.redis, clock: manualClock(world.clock.nowMs()) });
    await survivor.ready();
    const to = somebody();
    const { id } = await start(to);
    await step();
    // The other one's clock stands still from here on, and with it all that it would do.
    survivor.clock.advance(firstCallMs - 1);
    expect(await survivor.verifications.get(shop, id)).toMatchObject({ endedAtMs: null });
    survivor.clock.advance(1);
    const seen = await survivor.verifications.get(shop, id);
    expect(seen).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    await survivor.verifications.start(shop, { to }, null);
    await survivor.close();
  });

  it("does not come where nobody saw the first one end: the phone may still ring for that", async () => {
    await open();
    const { id } = await start();
    await rings();
    world.lastCall().ended(result({ outcome: "interrupted", alerted: true, endedBy: "nobody" }));
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    world.clock.advance(secondCallGapMs);
    expect(world.placed).toHaveLength(1);
  });

  it("does not come when the gateway wakes up after its time: the phone rang again when nobody waited any more", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.clock.advance(secondCallGapMs + 5001);
    await vi.waitFor(async () => {
      expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    });
    expect([world.placed.length, world.linesHeld()]).toEqual([1, 0]);
  });

  it("waits out a short break of Redis: half of a code was thrown away at the first error", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    const { takeAnother } = world.lines;
    let errors = 0;
    world.lines.takeAnother = (...asked) =>
      errors++ < 3 ? Promise.reject(new Error("no Redis")) : takeAnother(...asked);
    world.clock.advance(secondCallGapMs);
    await vi.waitFor(() => {
      world.clock.advance(300);
      expect(world.placed).toHaveLength(2);
    });
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "rung", callsDelivered: 2 });
  });

  it("is given up where Redis stays away", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.lines.takeAnother = () => Promise.reject(new Error("no Redis"));
    await vi.waitFor(async () => {
      world.clock.advance(1000);
      expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    });
    expect(world.placed).toHaveLength(1);
  });

  it("is counted once though its news is told twice, after an answer of the store was lost", async () => {
    await open();
    const { id } = await start();
    const { change } = world.store.verifications;
    let lost = 0;
    world.store.verifications.change = async (asked) => {
      const answer = await change(asked);
      if (asked.event === "delivered" && lost++ === 0) throw new Error("the answer was lost");
      return answer;
    };
    world.lastCall().ended(result({ outcome: "rang", alerted: true }));
    await vi.waitFor(
      () => {
        world.clock.advance(100);
        expect(lost).toBe(2);
      },
      { timeout: 10_000 },
    );
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "pending", callsDelivered: 1 });
  });

  it("is not placed when the store does not answer; the deadline ends it", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.store.verifications.nextCall = () => Promise.reject(new Error("no answer"));
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    expect(world.placed).toHaveLength(1);
    expect(world.linesHeld()).toBe(0);
  });
});

describe("a gateway that stops", () => {
  it("lets the second call be placed first", async () => {
    await open();
    await start();
    let drained = false;
    const draining = world.verifications.drain(30_000).then(() => {
      drained = true;
    });
    await world.ringFirst();
    await world.ringOut();
    await draining;
    expect(drained).toBe(true);
    expect(world.placed).toHaveLength(2);
  });

  it("gives up after its grace", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    const draining = world.verifications.drain(1000);
    world.clock.advance(1000);
    await draining;
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "canceled" });
    world.clock.advance(60_000);
    expect(world.placed).toHaveLength(1);
  });
});

describe("a resend", () => {
  it("calls twice again with a new code; the old one is dead", async () => {
    const { verifications, placed, clock } = await open();
    const { id } = await start();
    await world.ringFirst();
    await world.ringOut();
    const old = codeOf(placed.slice(0, 2));
    clock.advance(15_000);
    const again = await verifications.resend(shop, id);
    expect(again).toMatchObject({ status: "pending", calls: 2, callsDelivered: 0, attempts: 3, codeLength: 12 });
    await world.ringFirst();
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "rung", callsDelivered: 2, attempts: 4 });
    expect(new Set(placed.map(({ callerId }) => callerId)).size).toBe(4);
    expect(await verifications.check(shop, id, { code: old })).toMatchObject({ valid: false });
    expect(await verifications.check(shop, id, { code: codeOf(placed.slice(2)) })).toMatchObject({ valid: true });
  });

  it("is refused between the calls", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    expect(await refusalOf(world.verifications.resend(shop, id))).toEqual({
      code: "rate_limited",
      retryAfterMs: firstCallMs,
    });
  });
});

describe("limits", () => {
  it("count both calls of an hour, and start no code for which there is no room", async () => {
    await open({ settings: { starts_per_callee_per_hour: 3 } });
    const to = somebody();
    await start(to);
    await world.ringFirst();
    await world.ringOut();
    world.clock.advance(20_000);
    expect(await refusalOf(start(to))).toMatchObject({ code: "rate_limited" });
    await world.verifications.start(shop, { to }, null);
    await world.ringOut();
    world.clock.advance(20_000);
    expect(await refusalOf(world.verifications.start(shop, { to }, null))).toMatchObject({ code: "rate_limited" });
  });

  it("of one call an hour leave none of two", async () => {
    await open({ settings: { starts_per_callee_per_hour: 1 } });
    expect(await refusalOf(start())).toMatchObject({ code: "invalid_request" });
    expect(world.linesHeld()).toBe(0);
  });

  it("let neither caller ID come back to a callee while it rests", async () => {
    const settings = { starts_per_callee_per_hour: 100, start_gap_seconds: 0, wrong_checks_per_callee: 1 };
    await open({ ranges: { list: { prefix: "+442079460", digits: 2 } }, settings });
    const to = somebody();
    for (let i = 0; i < 26; i++) {
      await start(to);
      await world.ringFirst();
      await world.ringOut();
      world.clock.advance(60_000);
    }
    expect(new Set(world.placed.map(({ callerId }) => callerId)).size).toBe(52);
    expect(await refusalOf(start(to))).toMatchObject({ code: "capacity" });
  });

  it("leave a wrong code of two calls as counted as any", async () => {
    await open();
    const { id } = await start();
    await world.ringFirst();
    const wrong = wrongCode(codeOf());
    for (const left of [2, 1, 0]) {
      const answer = await world.verifications.check(shop, id, { code: wrong });
      expect(answer).toMatchObject({ valid: false, checksLeft: left });
    }
    expect(await look(id)).toMatchObject({ status: "failed" });
  });
});
