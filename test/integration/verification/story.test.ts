import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import {
  bank,
  callee,
  createWorld,
  longestCallMs,
  refusalOf,
  result,
  shop,
  type World,
  type WorldOptions,
  wrongCode,
} from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url), ...options });
  await world.ready();
  return world;
}
/** A callee that no other test called. */
const somebody = () => `+4477009${String(number++).padStart(5, "0")}`;

describe("a verification", () => {
  it("is placed, rings, and is verified by the last digits of the caller ID", async () => {
    const { verifications, lastCall, events } = await open();
    const started = await verifications.start(shop, { to: callee, reference: "order 7", metadata: { a: "b" } }, null);
    expect(started).toMatchObject({
      app: "shop",
      to: callee,
      country: "GB",
      status: "pending",
      codeLength: 6,
      deliveries: [
        {
          number: 1,
          channel: "missed_call",
          state: "calling",
          details: { prefix: "+4420794", digits: 6 },
          endedAtMs: null,
        },
      ],
      proofDelivery: null,
      checksLeft: 3,
      attempts: 1,
      reference: "order 7",
      metadata: { a: "b" },
    });
    expect(lastCall()).toMatchObject({ callee, slot: { trunk: "carrier" }, callerId: `+4420794${lastCall().code}` });

    const seen: string[] = [];
    const look = async () => {
      const { status, deliveries } = await verifications.get(shop, started.id);
      seen.push(`${status} ${deliveries.at(-1)?.state}`);
    };
    const call = lastCall();
    for (const step of [() => call.calling(), () => call.ringing()]) {
      step();
      await verifications.settled();
      await look();
    }
    call.ended(result({ outcome: "rang", alerted: true }));
    await verifications.settled();
    await look();
    expect(seen).toEqual(["sending calling", "sending ringing", "delivered rung"]);

    const wrong = await verifications.check(shop, started.id, { code: wrongCode(call.code) });
    expect(wrong).toEqual({ id: started.id, status: "delivered", valid: false, checksLeft: 2, proven: null });
    const right = await verifications.check(shop, started.id, { code: call.code });
    expect(right).toMatchObject({ status: "verified", valid: true });
    expect(await verifications.get(shop, started.id)).toMatchObject({
      status: "verified",
      proofDelivery: 1,
      deliveries: [{ state: "rung", reason: "rang" }],
    });

    expect(events.map(({ type }) => type)).toEqual([
      "verification.started",
      "call.ringing",
      "delivery.updated",
      "call.ended",
      "delivery.updated",
      "verification.checked",
      "verification.ended",
      "verification.checked",
    ]);
    // Number 4 is the public event of the call's evidence (redis/outbox.test.ts).
    expect(
      events.flatMap(({ type, seq, app }) => (type.startsWith("call.") || seq === null ? [] : [`${app} ${seq}`])),
    ).toEqual(["shop 1", "shop 2", "shop 3", "shop 5"]);
  });

  it("is verified by the whole caller ID in the format of the phone, and by no other number with the same end", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const { code } = lastCall();
    const other = await verifications.check(shop, id, { callerIds: [`+33612345${code}`] });
    expect(other).toMatchObject({ valid: false, checksLeft: 2 });
    expect(await verifications.check(shop, id, { callerIds: [`020 794${code}`] })).toMatchObject({ valid: true });
  });

  it("fails when the checks are used up, and the right code comes too late", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const { code } = lastCall();
    for (const left of [2, 1]) {
      const answer = await verifications.check(shop, id, { code: wrongCode(code) });
      expect(answer).toMatchObject({ valid: false, checksLeft: left, status: "pending" });
    }
    expect(await verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({
      valid: false,
      checksLeft: 0,
      status: "failed",
    });
    expect(await refusalOf(verifications.check(shop, id, { code }))).toMatchObject({ code: "verification_ended" });
  });

  it("does not count a guess of another length: the length is no secret", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    for (let i = 0; i < 5; i++) {
      const refusal = refusalOf(verifications.check(shop, id, { code: lastCall().code.slice(1) }));
      expect(await refusal).toMatchObject({ code: "invalid_request" });
    }
    expect(await verifications.get(shop, id)).toMatchObject({ checksLeft: 3 });
  });

  it("stops ringing as soon as it is verified or canceled", async () => {
    const { verifications, lastCall, canceled, clock } = await open();
    const to = somebody();
    const first = await verifications.start(shop, { to }, null);
    lastCall().ringing();
    await verifications.settled();
    await verifications.check(shop, first.id, { code: lastCall().code });
    expect(canceled).toEqual([lastCall().callId]);
    lastCall().ended(result({ outcome: "canceled", alerted: true }));
    await verifications.settled();
    expect(await verifications.get(shop, first.id)).toMatchObject({
      status: "verified",
      deliveries: [{ state: "rung", reason: "canceled" }],
    });

    clock.advance(15_000);
    const second = await verifications.start(shop, { to }, null);
    expect(await verifications.cancel(shop, second.id)).toMatchObject({ status: "canceled" });
    expect(canceled).toContain(lastCall().callId);
    expect(await verifications.cancel(shop, second.id)).toMatchObject({ status: "canceled" });
    expect(await refusalOf(verifications.cancel(shop, first.id))).toMatchObject({ code: "verification_ended" });
  });

  it("stops at the next change of its call where it missed that another gateway ended it", async () => {
    const here = await open({ losesHangUps: true });
    const there = createWorld({ redis: patientRedis(redis.url), clock: here.clock });
    await there.ready();
    const { id } = await here.verifications.start(shop, { to: somebody() }, null);
    here.lastCall().calling();
    await here.verifications.settled();
    await there.verifications.cancel(shop, id);
    here.lastCall().ringing();
    await here.verifications.settled();
    expect(here.canceled).toEqual([here.lastCall().callId]);
    await there.close();
  });

  it.each(["a cancel", "a right check", "the last wrong check", "an expiry"] as const)(
    "%s at another gateway stops the phone that rings here",
    async (what) => {
      const here = await open();
      const there = createWorld({ redis: patientRedis(redis.url), clock: here.clock });
      await there.ready();
      const { id } = await here.verifications.start(shop, { to: somebody() }, null);
      const { callId, code, calling, ringing } = here.lastCall();
      calling();
      ringing();
      await here.verifications.settled();
      if (what === "a cancel") await there.verifications.cancel(shop, id);
      else if (what === "a right check") await there.verifications.check(shop, id, { code });
      else if (what === "the last wrong check") {
        for (let left = 3; left > 0; left--) await there.verifications.check(shop, id, { code: wrongCode(code) });
      } else {
        here.clock.advance(300_000);
        await there.verifications.settleDue();
      }
      await expect.poll(() => here.canceled).toEqual([callId]);
      expect(there.canceled).toEqual([]);
      await there.close();
    },
  );

  it("does not ask for a call that is over, and never ends the one that a resend began", async () => {
    const here = await open();
    const there = createWorld({ redis: patientRedis(redis.url), clock: here.clock });
    await there.ready();
    const { id } = await here.verifications.start(shop, { to: somebody() }, null);
    const first = here.lastCall().callId;
    await here.ringOut();
    here.clock.advance(15_000);
    await there.verifications.resend(shop, id);
    const { callId, ringing } = there.lastCall();
    ringing();
    await there.verifications.settled();
    // A message that was under way while the resend began.
    here.store.hangUps.ask(there.store.hangUps.gateway, first);
    await expect.poll(() => there.canceled).toEqual([first]);
    await here.verifications.cancel(shop, id);
    await expect.poll(() => there.canceled).toEqual([first, callId]);
    expect(here.canceled).toEqual([]);
    await there.close();
  });

  it("is undeliverable with the reason when the phone never rang, and that is its end", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    lastCall().ended(result({ outcome: "unallocated", alerted: false }));
    await verifications.settled();
    expect(await verifications.get(shop, id)).toMatchObject({
      status: "undeliverable",
      deliveries: [{ state: "failed", reason: "unallocated" }],
    });
    expect(await refusalOf(verifications.resend(shop, id))).toMatchObject({ code: "verification_ended" });
  });

  it("expires on the millisecond, whoever looks", async () => {
    const { verifications, lastCall, ringOut, clock } = await open();
    const { id, expiresAtMs } = await verifications.start(shop, { to: somebody() }, null);
    await ringOut();
    clock.advance(299_999);
    expect(await verifications.get(shop, id)).toMatchObject({ status: "delivered" });
    clock.advance(1);
    expect(await refusalOf(verifications.check(shop, id, { code: lastCall().code }))).toMatchObject({
      code: "verification_ended",
    });
    expect(await verifications.get(shop, id)).toMatchObject({ status: "expired", endedAtMs: expiresAtMs });
  });

  it("reports its expiry once, though nobody asks and two gateways look", async () => {
    const here = await open();
    const { id } = await here.verifications.start(shop, { to: somebody() }, null);
    await here.ringOut();
    here.clock.advance(300_000);
    const there = createWorld({ redis: patientRedis(redis.url), clock: here.clock });
    await there.ready();
    await Promise.all([here.verifications.settleDue(), there.verifications.settleDue()]);
    const ends = () =>
      [...here.events, ...there.events].filter(
        ({ type, data }) => type === "verification.ended" && data.verification === id,
      );
    expect(ends()).toMatchObject([
      {
        app: "shop",
        data: { verification: id, country: "GB", channel: "missed_call", status: "expired", reason: "rang" },
      },
    ]);
    await here.verifications.get(shop, id);
    expect(ends()).toHaveLength(1);
    await there.close();
  });

  it.each([
    ["before the phone rang", [], "undeliverable"],
    ["while it rang", ["calling", "ringing"], "delivered"],
  ] as const)("ends as interrupted when its gateway died %s", async (_when, steps, status) => {
    const { verifications, lastCall, clock } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    for (const step of steps) {
      lastCall()[step]();
      await verifications.settled();
    }
    clock.advance(longestCallMs - 1);
    expect((await verifications.get(shop, id)).deliveries).toMatchObject([{ reason: null }]);
    clock.advance(1);
    expect(await verifications.get(shop, id)).toMatchObject({ status, deliveries: [{ reason: "interrupted" }] });
  });

  it("is told by nobody to another app", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const attempts = [
      () => verifications.get(bank, id),
      () => verifications.check(bank, id, { code: lastCall().code }),
      () => verifications.check(bank, id, { callerIds: [lastCall().callerId] }),
      () => verifications.resend(bank, id),
      () => verifications.cancel(bank, id),
    ];
    for (const attempt of attempts)
      expect(await refusalOf(attempt())).toMatchObject({ code: "verification_not_found" });
    expect(await verifications.get(shop, id)).toMatchObject({ status: "pending", checksLeft: 3 });
  });

  it.each(["", "v", "../../etc", "v0000{x}aaaaaaaaaaaaaaaaaaa", `v0000${"a".repeat(22)}`])(
    "is not found by the id %j",
    async (id) => {
      const { verifications } = await open();
      expect(await refusalOf(verifications.get(shop, id))).toMatchObject({ code: "verification_not_found" });
      expect(await refusalOf(verifications.check(shop, id, { code: "123456" }))).toMatchObject({
        code: "verification_not_found",
      });
    },
  );

  it.each([
    ["no_route", "country_not_allowed"],
    ["telephony_unavailable", "telephony_unavailable"],
    ["capacity", "capacity"],
    ["app_limit", "rate_limited"],
    ["braked", "rate_limited"],
  ] as const)("is refused where trunks say %s, and costs the callee nothing", async (why, code) => {
    const { verifications, loseTrunks, placed } = await open();
    loseTrunks(why);
    expect(await refusalOf(verifications.start(shop, { to: somebody() }, null))).toMatchObject({ code });
    expect(placed).toEqual([]);
  });

  it("gives its line back where it is refused after all", async () => {
    const { verifications, slotsHeld } = await open();
    const to = somebody();
    await verifications.start(shop, { to }, "key-of-one");
    await verifications.start(shop, { to }, "key-of-one");
    await refusalOf(verifications.start(shop, { to }, null));
    await refusalOf(verifications.start(shop, { to: somebody(), codeLength: 4 }, null));
    expect(slotsHeld()).toBe(0);
  });

  it("is refused where the number may not be called, and where no range has such codes", async () => {
    const { verifications } = await open();
    expect(await refusalOf(verifications.start(shop, { to: "junk" }, null))).toMatchObject({ code: "number_invalid" });
    const shortCode = verifications.start(shop, { to: somebody(), codeLength: 4 }, null);
    expect(await refusalOf(shortCode)).toMatchObject({ code: "invalid_request" });
  });
});

describe("the evidence of the last call", () => {
  const evidence = { postDialDelayMs: 1234, ringMs: 5001, sipStatus: 487, q850Cause: null, source: "sip" } as const;
  const rang = { ...result({ outcome: "rang", alerted: true }), ...evidence };

  it("is there once a call ended, and goes with the code that it was for", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    expect(await verifications.get(shop, id)).toMatchObject({ deliveries: [{ result: null }] });
    lastCall().ended(rang);
    await verifications.settled();
    expect((await verifications.get(shop, id)).deliveries[0]?.result).toEqual({
      ...{ outcome: "rang", alerted: true, endedBy: "us", falseAnswer: false, progress: false, redressUrl: null },
      ...evidence,
      // Its path, for the detail record; the caller ID is sealed.
      invites: [["carrier", "main", "rang", 1234]],
      range: expect.any(String),
      callerIds: [expect.stringMatching(/^[\w-]{8}\.[\w-]{50,}$/)],
    });
    world.clock.advance(60_000);
    expect(await verifications.resend(shop, id)).toMatchObject({
      deliveries: [
        { number: 1, state: "rung", result: { outcome: "rang" } },
        { number: 2, state: "calling", result: null },
      ],
    });
  });

  it("is kept of a call that outlived its verification", async () => {
    const { verifications, lastCall } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    lastCall().ringing();
    await verifications.check(shop, id, { code: lastCall().code });
    lastCall().ended({ ...rang, outcome: "canceled" });
    await verifications.settled();
    const verified = {
      status: "verified",
      deliveries: [{ state: "rung", result: { outcome: "canceled", ringMs: 5001 } }],
    };
    expect(await verifications.get(shop, id)).toMatchObject(verified);
  });
});

describe("a resend", () => {
  it("places a new call with a new code and a new life; the checks left stay, the old code is dead", async () => {
    const { verifications, lastCall, ringOut, clock } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const old = lastCall();
    await ringOut();
    await verifications.check(shop, id, { code: wrongCode(old.code) });
    clock.advance(15_000);

    const again = await verifications.resend(shop, id);
    expect(again).toMatchObject({
      ...{ status: "sending", attempts: 2, checksLeft: 2 },
      deliveries: [{ state: "rung" }, { state: "calling", reason: null }],
    });
    expect(again.expiresAtMs).toBe(clock.nowMs() + 300_000);
    expect(lastCall().callerId).not.toBe(old.callerId);
    expect(lastCall().callId).not.toBe(old.callId);
    expect(await verifications.check(shop, id, { code: old.code })).toMatchObject({ valid: false, checksLeft: 1 });
    expect(await verifications.check(shop, id, { code: lastCall().code })).toMatchObject({ valid: true });
  });

  it("is refused after the end, whatever the trunks", async () => {
    const { verifications, loseTrunks } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    await verifications.cancel(shop, id);
    loseTrunks("telephony_unavailable");
    expect(await refusalOf(verifications.resend(shop, id))).toMatchObject({ code: "verification_ended" });
  });

  it("is refused while the call before is up", async () => {
    const { verifications, lastCall, clock } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    clock.advance(16_000);
    const refusal = await refusalOf(verifications.resend(shop, id));
    expect(refusal).toEqual({ code: "rate_limited", retryAfterMs: longestCallMs - 16_000 });
    lastCall().ended(result({ outcome: "rang", alerted: true }));
    await verifications.settled();
    expect(await verifications.resend(shop, id)).toMatchObject({ attempts: 2 });
  });

  it("is told to wait until the call that rings is over, not until it would be taken for lost", async () => {
    const { verifications, lastCall } = await open({ remainingMs: { calling: 28_000, ringing: 6000 } });
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    expect(await refusalOf(verifications.resend(shop, id))).toEqual({ code: "rate_limited", retryAfterMs: 28_000 });
    world.clock.advance(12_000);
    lastCall().ringing();
    await verifications.settled();
    expect(await refusalOf(verifications.resend(shop, id))).toEqual({ code: "rate_limited", retryAfterMs: 6000 });
    world.clock.advance(6000);
    // It did not end when it should have: from now on the callee is held until it is taken for lost.
    const late = { code: "rate_limited", retryAfterMs: longestCallMs - 18_000 };
    expect(await refusalOf(verifications.resend(shop, id))).toEqual(late);
  });

  it.each([
    ["its Asterisk stood still, and rang the phone for both", { outcome: "interrupted", endedBy: "unknown" }],
    ["a carrier that was out of reach for our CANCEL", { outcome: "rang", endedBy: "us", finalMissing: true }],
  ] as const)("is refused while the call before may still ring: %s", async (_, end) => {
    const { verifications, lastCall, clock } = await open();
    const to = somebody();
    const lost = { ...end, inviteOver: false } as const;
    const { id } = await verifications.start(shop, { to }, null);
    lastCall().ended(result({ ...lost, alerted: true }));
    await verifications.settled();
    expect(await verifications.get(shop, id)).toMatchObject({ status: "delivered" });
    clock.advance(16_000);
    const refusal = { code: "rate_limited", retryAfterMs: longestCallMs - 16_000 };
    expect(await refusalOf(verifications.resend(shop, id))).toEqual(refusal);
    expect(await refusalOf(verifications.start(shop, { to }, null))).toEqual(refusal);
    clock.advance(longestCallMs - 16_000);
    await verifications.start(shop, { to }, null);
    lastCall().ended(result({ ...lost, alerted: false, inviteOver: true }));
    await verifications.settled();
    clock.advance(15_000);
    await verifications.start(shop, { to }, null);
  });

  it("is not disturbed by late news of the call before", async () => {
    const { verifications, lastCall, clock } = await open();
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    const old = lastCall();
    old.ringing();
    await verifications.settled();
    clock.advance(longestCallMs);
    await verifications.resend(shop, id);
    old.ended(result({ outcome: "congestion", alerted: false }));
    await verifications.settled();
    expect(await verifications.get(shop, id)).toMatchObject({
      ...{ status: "sending", attempts: 2 },
      deliveries: [{ state: "rung", reason: "interrupted" }, { reason: null }],
    });
    const refusal = await refusalOf(verifications.start(shop, { to: old.callee }, null));
    expect(refusal).toMatchObject({ code: "rate_limited", retryAfterMs: longestCallMs });
  });
});
