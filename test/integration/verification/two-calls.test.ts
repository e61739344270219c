import { describe, expect, it } from "vitest";
import { codeOf, firstCallMs, flat, look, open, somebody, start, withTwoCalls, world } from "./two-calls.ts";
import { refusalOf, secondCallGapMs, shop, wrongCode } from "./world.ts";

withTwoCalls();

describe("a verification by two calls", () => {
  it("rings twice from different caller IDs and is verified by the digits of both, the first call's first", async () => {
    const { verifications, lastCall, placed, events } = await open();
    const started = await start();
    expect(started).toMatchObject({ status: "pending", parts: 2, partsDelivered: 0, codeLength: 12, attempts: 1 });
    const { id } = started;

    const first = lastCall();
    first.ringing();
    await verifications.settled();
    expect(await look(id)).toMatchObject({ status: "sending", state: "ringing", partsDelivered: 0 });
    await world.ringFirst();
    const second = lastCall();
    expect(await look(id)).toMatchObject({
      ...{ status: "sending", state: "calling", reason: null },
      ...{ partsDelivered: 1, attempts: 2 },
    });
    expect(second.callee).toBe(first.callee);
    expect(second.callerId).not.toBe(first.callerId);
    expect(second.callId).not.toBe(first.callId);
    second.ringing();
    await verifications.settled();
    expect(await look(id)).toMatchObject({ status: "sending", state: "ringing", partsDelivered: 1 });
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "delivered", state: "rung", reason: "rang", partsDelivered: 2 });

    const turned = `${second.code}${first.code}`;
    expect(await verifications.check(shop, id, { code: turned })).toMatchObject({ valid: false, checksLeft: 2 });
    const typed = `${first.code} - ${second.code}`;
    expect(await verifications.check(shop, id, { code: typed })).toMatchObject({ valid: true, status: "verified" });
    expect(placed).toHaveLength(2);
    expect(world.slotsHeld()).toBe(0);
    expect(events.filter(({ type }) => type === "call.ended")).toHaveLength(2);
  });

  it("tells between the two calls that one was delivered, and waits the gap", async () => {
    await open();
    const { id } = await start();
    await world.ringOut();
    expect(await look(id)).toMatchObject({
      ...{ status: "sending", state: "calling", reason: "rang" },
      ...{ partsDelivered: 1, attempts: 1 },
    });
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
    await expect(verifications.check(shop, id, { code: placed[0]?.code ?? "" })).rejects.toMatchObject({
      code: "invalid_request",
      detail: "`code` must have 12 digits, not 6; this check was not counted.",
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
    expect(flat(await verifications.start(shop, { to: somebody() }, null))).toMatchObject({ parts: 2, codeLength: 12 });
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
      const detail = `\`code_length\` ${codeLength} is not possible with two calls; possible here: 8, 12, or 4, 6 with \`calls: 1\`.`;
      await expect(refused).rejects.toMatchObject({ code: "invalid_request", detail });
    }
    expect(world.slotsHeld()).toBe(0);
  });

  it("has both calls from one prefix, so that the app knows how to recognise them", async () => {
    const ranges = { one: { prefix: "+4420794", digits: 6 }, two: { prefix: "+4420795", digits: 6 } };
    const { placed } = await open({ ranges });
    for (let i = 0; i < 20; i++) {
      const { details } = await start();
      const { prefix } = details as { prefix: string };
      await world.ringFirst();
      for (const { callerId } of placed.slice(-2)) expect(callerId.startsWith(prefix)).toBe(true);
    }
    expect(new Set(placed.map(({ callerId }) => callerId.slice(0, 8))).size).toBe(2);
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
    const again = flat(await verifications.resend(shop, id));
    expect(again).toMatchObject({ status: "sending", parts: 2, partsDelivered: 0, attempts: 3, codeLength: 12 });
    await world.ringFirst();
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "delivered", partsDelivered: 2, attempts: 4 });
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
    expect(world.slotsHeld()).toBe(0);
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
