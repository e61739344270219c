import { describe, expect, it, vi } from "vitest";
import type { NoSlotReason } from "../../../src/telephony/trunks/slots-port.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { firstCallMs, flat, look, open, rings, somebody, start, withTwoCalls, world } from "./two-calls.ts";
import { createWorld, longestCallMs, refusalOf, result, secondCallGapMs, shop } from "./world.ts";

withTwoCalls();

describe("a second call", () => {
  it("is not placed where the first was not seen: that is the end", async () => {
    await open();
    const { id } = await start();
    world.lastCall().ended(result({ outcome: "busy", alerted: false }));
    await world.verifications.settled();
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "busy", partsDelivered: 0 });
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
    expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "no_answer_signal", partsDelivered: 1 });
  });

  it.each([
    ["capacity", "congestion"],
    ["telephony_unavailable", "trunk_down"],
    ["no_route", "trunk_down"],
  ] as const)("for which there is no slot (%s) ends the verification as %s", async (why: NoSlotReason, reason) => {
    await open();
    const to = somebody();
    const { id } = await start(to);
    await world.ringOut();
    world.loseTrunks(why);
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => look(id)).toMatchObject({ status: "undeliverable", reason });
    expect(world.placed).toHaveLength(1);
    expect(world.slotsHeld()).toBe(0);
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
    await expect.poll(() => world.slotsHeld()).toBe(0);
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
    const seen = flat(await survivor.verifications.get(shop, id));
    expect(seen).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    await survivor.verifications.start(shop, { to }, null);
    await survivor.close();
  });

  it.each([
    ["its Asterisk was lost", { outcome: "interrupted", endedBy: "unknown" }],
    ["the carrier did not answer our CANCEL", { outcome: "rang", endedBy: "us", finalMissing: true }],
  ] as const)(
    "does not come where nobody saw the first one end, %s: the phone may still ring for that",
    async (_, end) => {
      await open();
      const { id } = await start();
      await rings();
      world.lastCall().ended(result({ alerted: true, ...end }));
      await world.verifications.settled();
      expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
      world.clock.advance(secondCallGapMs);
      expect(world.placed).toHaveLength(1);
    },
  );

  it("does not come when the gateway wakes up after its time: the phone rang again when nobody waited any more", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.clock.advance(secondCallGapMs + 5001);
    await vi.waitFor(async () => {
      expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    });
    expect([world.placed.length, world.slotsHeld()]).toEqual([1, 0]);
  });

  it("waits out a short break of Redis: half of a code was thrown away at the first error", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    const { reserveAnother } = world.slots;
    let errors = 0;
    world.slots.reserveAnother = (...asked) =>
      errors++ < 3 ? Promise.reject(new Error("no Redis")) : reserveAnother(...asked);
    world.clock.advance(secondCallGapMs);
    await vi.waitFor(() => {
      world.clock.advance(300);
      expect(world.placed).toHaveLength(2);
    });
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "delivered", partsDelivered: 2 });
  });

  it("is given up where Redis stays away", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.slots.reserveAnother = () => Promise.reject(new Error("no Redis"));
    await vi.waitFor(async () => {
      world.clock.advance(1000);
      expect(await look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    });
    expect(world.placed).toHaveLength(1);
  });

  it("is counted once though its news is told twice, after an answer of the store was lost", async () => {
    await open();
    const { id } = await start();
    const { change } = world.verificationStore;
    let lost = 0;
    world.verificationStore.change = async (asked) => {
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
    expect(await look(id)).toMatchObject({ status: "sending", state: "calling", partsDelivered: 1 });
  });

  it("is not placed when the store does not answer; the deadline ends it", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    world.verificationStore.run = () => Promise.reject(new Error("no answer"));
    world.clock.advance(secondCallGapMs);
    await expect.poll(() => look(id)).toMatchObject({ status: "undeliverable", reason: "interrupted" });
    expect(world.placed).toHaveLength(1);
    expect(world.slotsHeld()).toBe(0);
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
