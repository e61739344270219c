import { describe, expect, it } from "vitest";
import { shards } from "../../../src/redis/keys.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { type Guard, noGuard } from "../../../src/verification/guard-port.ts";
import {
  another,
  callFails,
  look,
  mail,
  open,
  passes,
  post,
  posts,
  somebody,
  states,
  wire,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { bank, longestCallMs, refusalOf, result, shop, wrongCode } from "./world.ts";

withWorkflowWorld();

const fallback = [{ channel: "missed_call" }, { channel: "post" }];
const begin = (workflow: readonly { channel: string; to?: string; waitMs?: number }[] = fallback, to = somebody()) =>
  world.verifications.start(shop, { to, workflow }, null);
/** Set-up limit of a missed call here, and the wait that follows by default. */
const setUpMs = 25_000;
const waitMs = 30_000;

describe("the next step begins", () => {
  it("at once where the delivery fails, and is verified by its code", async () => {
    const { verifications } = await open();
    const { id } = await begin();
    await callFails();
    await posts(1);
    expect(await look(id)).toMatchObject({ status: "sending", workflow: { at: 1 } });
    expect(states(await look(id))).toEqual(["missed_call failed", "post queued"]);
    await post.posted[0]?.becomes("sent");
    expect(await look(id)).toMatchObject({ status: "delivered" });
    expect(await verifications.check(shop, id, { code: post.posted[0]?.code ?? "" })).toMatchObject({ valid: true });
    expect(await look(id)).toMatchObject({ status: "verified", proofDelivery: 2 });
    expect(world.events.filter(({ type }) => type === "verification.ended")).toHaveLength(1);
  });

  it.each(["unallocated", "invalid_format", "changed"] as const)("never after %s: that is the end", async (outcome) => {
    await open();
    const { id } = await begin();
    await callFails(outcome);
    await passes(longestCallMs);
    expect(await look(id)).toMatchObject({ status: "undeliverable" });
    expect(post.posted).toEqual([]);
  });

  it("when nothing was verified in time since the phone rang; the call's code stays right", async () => {
    const { verifications, ringOut, lastCall, clock } = await open();
    const { id } = await begin();
    clock.advance(8000);
    await ringOut();
    await passes(waitMs - 1);
    expect(post.posted).toEqual([]);
    await passes(1);
    expect(states(await look(id))).toEqual(["missed_call rung", "post queued"]);
    await post.posted[0]?.becomes("undelivered", "blocked");
    // The call was delivered: its code is open.
    expect(await look(id)).toMatchObject({ status: "delivered" });
    expect(await verifications.check(shop, id, { code: lastCall().code })).toMatchObject({ valid: true });
    expect(await look(id)).toMatchObject({ proofDelivery: 1 });
  });

  it("counted from the start and the set-up limit where the phone's ringing was never reported", async () => {
    await open({ remainingMs: { calling: 1000, ringing: 1000 } });
    const { id } = await begin([{ channel: "post", waitMs: 5000 }, { channel: "wire" }]);
    // The letter's own deadline is its set-up limit: it is lost, and that is a failure.
    await passes(10_000);
    expect(states(await look(id))).toEqual(["post failed", "wire queued"]);
  });

  it("when the person chooses, and the workflow goes on after it", async () => {
    const { verifications, clock } = await open();
    const { id } = await begin([{ channel: "missed_call" }, { channel: "post" }, { channel: "wire", waitMs: 0 }]);
    await world.ringOut();
    clock.advance(15_000);
    expect(verifications.nextChannels(shop, await look(id)).map(({ channel }) => channel)).toEqual([
      ...["missed_call", "post", "wire"],
    ]);
    await verifications.resend(shop, id, "post");
    // It took the place of its step: that does not come again.
    expect(await look(id)).toMatchObject({ workflow: { at: 1 } });
    await post.posted[0]?.becomes("undelivered");
    await posts(1, wire);
    expect(states(await look(id))).toEqual(["missed_call rung", "post failed", "wire queued"]);
    expect(post.posted).toHaveLength(1);
  });

  it("when the person chooses a call that is a later step of it, by us or by the person", async () => {
    await open({ settings: { start_gap_seconds: 0 }, callInNumbers: ["+442079460001"] });
    const { id, to } = await begin([{ channel: "post" }, { channel: "call_in" }, { channel: "missed_call" }]);
    await post.posted[0]?.becomes("sent");
    await world.verifications.resend(shop, id, "call_in");
    await world.verifications.resend(shop, id, "missed_call");
    expect(world.lastCall().callee).toBe(to);
    expect(states(await look(id))).toEqual(["post sent", "call_in waiting", "missed_call calling"]);
  });

  it("not before start_gap_seconds by choice, at once as a step", async () => {
    const { verifications } = await open();
    const { id } = await begin();
    await world.ringOut();
    expect(await refusalOf(verifications.resend(shop, id, "post"))).toMatchObject({ code: "rate_limited" });
    const other = await begin();
    await callFails();
    await posts(1);
    expect(post.posted[0]?.verification).toBe(other.id);
  });

  it("a late receipt that the first message failed ends what only that one kept open", async () => {
    const { verifications } = await open({ settings: { start_gap_seconds: 0 } });
    const { id } = await world.verifications.start(shop, { to: somebody(), channel: "post" }, null);
    await post.posted[0]?.becomes("sent");
    await verifications.resend(shop, id, "wire");
    await wire.posted[0]?.becomes("undelivered");
    expect(await look(id)).toMatchObject({ status: "delivered" });
    await post.posted[0]?.becomes("undelivered", "blocked");
    expect(await look(id)).toMatchObject({
      status: "undeliverable",
      deliveries: [{ state: "failed" }, { state: "failed" }],
    });
  });

  it("and every step failing is the end, with the last one's reason", async () => {
    await open();
    const { id } = await begin();
    await callFails();
    await posts(1);
    await post.posted[0]?.becomes("undelivered", "blocked");
    const ended = await look(id);
    expect(ended).toMatchObject({ status: "undeliverable" });
    expect(ended.deliveries.at(-1)).toMatchObject({ state: "failed", reason: "blocked" });
  });
});

describe("a step that is refused", () => {
  it("while a second call of the code rings ends nothing: the step waits for the call's end", async () => {
    const { verifications, clock } = await open();
    const { id } = await verifications.start(
      shop,
      { to: somebody(), calls: 2, workflow: [{ channel: "missed_call", waitMs: 0 }, { channel: "post" }] },
      null,
    );
    clock.advance(20_000);
    await world.ringFirst();
    world.lastCall().calling();
    world.lastCall().ringing();
    post.fails("down");
    // The set-up limit of one call is over, and that of the second is not.
    await passes(setUpMs - 20_000);
    expect(await look(id)).toMatchObject({ status: "sending", deliveries: [{ state: "ringing" }] });
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "delivered" });
    const code = world.placed.map((call) => call.code).join("");
    expect(await verifications.check(shop, id, { code })).toMatchObject({ valid: true });
  });

  it("at the moment at which the person chose a call does not take that call for over", async () => {
    let refuse = () => {};
    const asked: string[] = [];
    const guard: Guard = {
      ...noGuard,
      async decide(ask) {
        asked.push(ask.mode);
        if (ask.mode !== "step") return noGuard.decide(ask);
        await new Promise<void>((resolve) => {
          refuse = resolve;
        });
        return { kind: "deny", decision: "block_list", refusal: new Refusal("delivery_denied", "denied") };
      },
    };
    const { verifications, clock } = await open({ guard });
    const { id } = await begin();
    await world.ringOut();
    clock.advance(waitMs);
    const due = verifications.settleDue();
    await expect.poll(() => asked).toEqual(["new", "step"]);
    await verifications.resend(shop, id, "missed_call");
    refuse();
    await due;
    const states_ = states(await look(id));
    expect(states_).toEqual(["missed_call rung", "missed_call calling"]);
    await world.ringOut();
    expect(await look(id)).toMatchObject({ status: "delivered" });
    expect(await verifications.check(shop, id, { code: world.lastCall().code })).toMatchObject({ valid: true });
  });

  it.each([
    ["down", "channel_unavailable"],
    ["capacity", "capacity"],
  ] as const)("because its channel is %s is a failed delivery, and the next one follows", async (how, reason) => {
    await open();
    const { id } = await begin([...fallback, { channel: "wire" }]);
    post.fails(how);
    await callFails();
    await posts(1, wire);
    const now = await look(id);
    expect(states(now)).toEqual(["missed_call failed", "post failed", "wire queued"]);
    expect(now.deliveries[1]).toMatchObject({ reason, details: null });
  });

  it("at the start leaves the start to the next one", async () => {
    await open();
    post.fails("down");
    const started = await begin([{ channel: "post" }, { channel: "missed_call" }, { channel: "wire" }]);
    expect(states(started)).toEqual(["post failed", "missed_call calling"]);
    expect(started).toMatchObject({ status: "pending", workflow: { at: 1 } });
    await callFails();
    await posts(1, wire);
    expect(states(await look(started.id))).toEqual(["post failed", "missed_call failed", "wire queued"]);
  });

  it("as all others is answered with the first refusal", async () => {
    await open();
    post.fails("capacity");
    wire.fails("down");
    expect(await refusalOf(begin([{ channel: "post" }, { channel: "wire" }]))).toMatchObject({ code: "capacity" });
    expect(await refusalOf(begin([{ channel: "wire" }]))).toEqual({ code: "channel_unavailable", retryAfterMs: 5000 });
  });

  it("as the last one ends the verification", async () => {
    await open();
    const { id } = await begin();
    post.fails("down");
    await callFails();
    await expect.poll(async () => (await look(id)).status).toBe("undeliverable");
    // Also a step that was refused counts as the workflow's last.
    expect(await look(id)).toMatchObject({ workflow: { at: 1 } });
  });

  it("is not skipped while the phone may still ring: it waits until that is over", async () => {
    const { placed } = await open();
    const to = somebody();
    const { id } = await begin([{ channel: "post" }, { channel: "missed_call" }], to);
    await post.posted[0]?.becomes("sent");
    await passes(15_000);
    // Another verification's call to the same phone rings.
    await world.verifications.start(shop, { to }, null);
    await passes(15_000);
    expect(placed).toHaveLength(1);
    await world.ringOut();
    await passes(3000);
    expect(placed).toHaveLength(2);
    expect(states(await look(id))).toEqual(["post sent", "missed_call calling"]);
  });
});

describe("nobody pumps messages by waiting", () => {
  const costly = [{ channel: "missed_call" }, { channel: "wire" }];

  it("a step by waiting to a channel that costs money needs a read in the last 20 s", async () => {
    const { verifications } = await open();
    const { id } = await begin(costly);
    await world.ringOut();
    await passes(waitMs);
    await passes(20_000);
    expect(wire.posted).toEqual([]);
    await verifications.get(shop, id, true);
    await passes(0);
    await posts(1, wire);
  });

  it("which may come before it is due; one that is older does not count", async () => {
    const { verifications } = await open();
    const early = await begin(costly);
    await world.ringOut();
    await passes(waitMs - 21_000);
    await verifications.get(shop, early.id, true);
    await passes(21_000);
    expect(wire.posted).toEqual([]);
    const late = await begin(costly);
    await world.ringOut();
    await passes(waitMs - 19_000);
    await verifications.get(shop, late.id, true);
    await passes(19_000);
    expect(wire.posted.map(({ verification }) => verification)).toEqual([late.id]);
  });

  it("another app's read, a check, and a read by the gateway are no signs of a person", async () => {
    const { verifications } = await open();
    const { id } = await begin(costly);
    await world.ringOut();
    await passes(waitMs - 5000);
    expect(await refusalOf(verifications.get(bank, id, true))).toMatchObject({ code: "verification_not_found" });
    await refusalOf(verifications.resend(bank, id, "wire"));
    await refusalOf(verifications.check(bank, id, { code: "000000" }));
    await verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    await verifications.get(shop, id);
    await passes(5000);
    await passes(20_000);
    expect(wire.posted).toEqual([]);
  });

  it("not where the delivery failed, and not where the app's profile says otherwise", async () => {
    await open();
    await begin(costly);
    await callFails();
    await posts(1, wire);
    await open({ profile: { needsPerson: false } });
    await begin(costly);
    await world.ringOut();
    await passes(waitMs);
    await posts(1, wire);
  });

  it("a read writes nothing where no such step is pending, and at most once in 3 s where one is", async () => {
    await open();
    const calls = {
      plain: await world.verifications.start(shop, { to: somebody() }, null),
      costly: await begin(costly),
    };
    const record = async (id: string) => (await world.verificationStore.read("shop", id)) as { verification: object };
    const before = await record(calls.plain.id);
    await world.verifications.get(shop, calls.plain.id, true);
    expect(await record(calls.plain.id)).toEqual(before);
  });
});

describe("several gateways", () => {
  it("begin a due step once, whoever looks", async () => {
    await open();
    const other = await another();
    const ids = await Promise.all(
      Array.from({ length: 10 }, async () => (await begin([{ channel: "post" }, { channel: "wire" }])).id),
    );
    for (const one of post.posted) await one.becomes("undelivered");
    // Those that this gateway was told of begin here; both look besides.
    await Promise.all([world.verifications.settleDue(), other.there.verifications.settleDue()]);
    await passes(3000);
    await other.there.verifications.settleDue();
    const begun = [...wire.posted, ...other.wire.posted].map(({ verification }) => verification);
    expect(begun.sort()).toEqual([...ids].sort());
  });

  it("take over a step of a gateway that died with its lease, within 5 s", async () => {
    await open();
    const { id } = await begin([{ channel: "missed_call" }, { channel: "post" }]);
    await world.ringOut();
    const other = await another();
    world.clock.advance(waitMs);
    // The gateway that dies got the lease and did nothing with it.
    const leased = await Promise.all(
      Array.from({ length: shards }, (_, shard) => world.verificationStore.settleDue(shard, 100, true, 0)),
    );
    expect(leased.flatMap(({ steps }) => steps.map(({ step }) => step))).toEqual([1]);
    await other.there.verifications.settleDue();
    expect(other.post.posted).toEqual([]);
    world.clock.advance(3000);
    await other.there.verifications.settleDue();
    expect(other.post.posted.map(({ verification }) => verification)).toEqual([id]);
    expect(setUpMs).toBeGreaterThan(0);
  });

  it("leave steps to others while one stops", async () => {
    await open();
    await begin();
    await world.ringOut();
    await world.verifications.drain(0);
    await passes(waitMs);
    expect(post.posted).toEqual([]);
    const other = await another();
    await other.there.verifications.settleDue();
    expect(other.post.posted).toHaveLength(1);
  });
});

describe("what is permitted", () => {
  it("is said by the app's profile", async () => {
    const { verifications } = await open({ profile: { channels: ["missed_call"] } });
    expect(await refusalOf(begin())).toMatchObject({ code: "forbidden" });
    const { id } = await verifications.start(shop, { to: somebody() }, null);
    expect(verifications.nextChannels(shop, await look(id)).map(({ channel }) => channel)).toEqual(["missed_call"]);
    expect(await refusalOf(verifications.resend(shop, id, "post"))).toMatchObject({ code: "forbidden" });
  });

  it("is judged again when a step begins: of an app that was deleted meanwhile none does", async () => {
    const profile: { channels: readonly string[] | null } = { channels: null };
    await open({ profile });
    const { id } = await begin();
    profile.channels = [];
    await callFails();
    await passes(longestCallMs);
    expect(post.posted).toEqual([]);
    expect(await look(id)).toMatchObject({ status: "undeliverable" });
    expect(world.verifications.nextChannels(shop, await look(id))).toEqual([]);
  });

  it("is no mix of what is proven, unless the app may", async () => {
    const mixed = [{ channel: "missed_call" }, { channel: "mail", to: "A@B.example" }];
    await open();
    expect(await refusalOf(begin(mixed))).toMatchObject({ code: "forbidden" });
    expect(await refusalOf(begin([{ channel: "post" }, { channel: "wire", to: somebody() }]))).toMatchObject({
      code: "forbidden",
    });
    const { verifications } = await open({ profile: { mixedProofs: true } });
    const { id } = await begin(mixed);
    await callFails();
    await posts(1, mail);
    expect(mail.posted[0]).toMatchObject({ to: "a@b.example" });
    expect(await verifications.check(shop, id, { code: mail.posted[0]?.code ?? "" })).toMatchObject({ valid: true });
    const ended = await look(id);
    expect(ended.deliveries[(ended.proofDelivery ?? 0) - 1]).toMatchObject({ channel: "mail", to: "a@b.example" });
  });

  it("is no wait that leaves the next step less than a minute", async () => {
    await open();
    const longest = 300_000 - 60_000 - setUpMs;
    expect(
      await refusalOf(begin([{ channel: "missed_call", waitMs: longest + 1000 }, { channel: "post" }])),
    ).toMatchObject({
      code: "invalid_request",
    });
    await begin([{ channel: "missed_call", waitMs: longest }, { channel: "post" }]);
  });

  it("is not what one channel's hourly cap refuses", async () => {
    const { clock } = await open({ settings: { channel_caps: { post: 2 }, starts_per_callee_per_hour: 50 } });
    const to = somebody();
    for (let i = 0; i < 3; i++) {
      const { id } = await begin([{ channel: "missed_call" }, { channel: "post" }, { channel: "wire" }], to);
      await callFails();
      await expect.poll(async () => (await look(id)).deliveries.length).toBe(i < 2 ? 2 : 3);
      clock.advance(16_000);
    }
    expect([post.posted.length, wire.posted.length]).toEqual([2, 1]);
  });

  it("is said by defaults of app, gateway, country and prefix", async () => {
    const firstOf = async (to: string, profile = {}, settings = {}) => {
      await open({ profile, settings });
      const { deliveries, workflow } = await world.verifications.start(shop, { to }, null);
      return [deliveries[0]?.channel, ...(workflow?.steps.slice(1).map(({ channel }) => channel) ?? [])];
    };
    const workflow = [{ channel: "missed_call" }, { channel: "post", wait_seconds: 10 }];
    expect(await firstOf(somebody())).toEqual(["missed_call"]);
    expect(await firstOf(somebody(), {}, { workflow })).toEqual(["missed_call", "post"]);
    expect(await firstOf(somebody(), { workflow: [{ channel: "wire", waitMs: null }] }, { workflow })).toEqual([
      "wire",
    ]);
    expect(await firstOf(somebody(), {}, { workflow, first_channel: { GB: "post" } })).toEqual(["post", "missed_call"]);
    const prefix = { GB: "post", "+447700": "wire" };
    expect(await firstOf(somebody(), {}, { workflow, first_channel: prefix })).toEqual(["wire", "missed_call", "post"]);
    expect(await firstOf(somebody(), {}, { first_channel: { GB: "post" } })).toEqual(["post"]);
  });
});

describe("a step to another recipient", () => {
  const address = "a@b.example";
  const mixed = [{ channel: "missed_call" }, { channel: "mail", to: address }];
  const opened = async (settings = {}) => open({ profile: { mixedProofs: true }, settings });
  const mailTo = (to: string) => world.verifications.start(shop, { to, channel: "mail" }, null);

  it("counts as a start for that one, and is refused by its limits", async () => {
    await opened({ start_gap_seconds: 0, starts_per_callee_per_hour: 2 });
    for (const of of [somebody(), somebody()]) {
      await begin(mixed, of);
      await callFails();
    }
    await posts(2, mail);
    expect(await refusalOf(mailTo(address))).toMatchObject({ code: "rate_limited" });
    const { id } = await begin(mixed);
    await callFails();
    await expect.poll(async () => (await look(id)).status).toBe("undeliverable");
    expect(mail.posted).toHaveLength(2);
  });

  it("reserves the wrong checks of its code there, and counts those that were made", async () => {
    const { verifications } = await opened({ wrong_checks_per_callee: 3, start_gap_seconds: 0 });
    const { id } = await begin(mixed);
    await callFails();
    await posts(1, mail);
    await mail.posted[0]?.becomes("sent");
    expect(await refusalOf(mailTo(address))).toMatchObject({ code: "rate_limited" });
    for (const left of [2, 1]) {
      const wrong = wrongCode(mail.posted[0]?.code ?? "");
      expect(await verifications.check(shop, id, { code: wrong })).toMatchObject({ valid: false, checksLeft: left });
    }
    await verifications.cancel(shop, id);
    await expect.poll(() => mailTo(address).catch(() => null)).toMatchObject({ checksLeft: 1 });
  });

  it("holds nothing there where it was refused", async () => {
    await opened({ wrong_checks_per_callee: 3, start_gap_seconds: 0 });
    mail.fails("capacity");
    const { id } = await begin(mixed);
    await callFails();
    await expect.poll(async () => (await look(id)).status).toBe("undeliverable");
    mail.fails(null);
    await expect.poll(() => mailTo(address).catch(() => null)).toMatchObject({ checksLeft: 3 });
  });

  it("has a code of its own, and is not a missed call", async () => {
    await opened();
    const other = somebody();
    const workflow = [{ channel: "post" }, { channel: "wire", to: other, waitMs: 0 }];
    const { id } = await begin(workflow);
    await post.posted[0]?.becomes("undelivered");
    await posts(1, wire);
    expect(wire.posted[0]).toMatchObject({ to: other });
    expect(wire.posted[0]?.code).not.toBe(post.posted[0]?.code);
    expect((await look(id)).deliveries.map(({ to }) => to)).toEqual([expect.any(String), other]);
    const call = begin([{ channel: "post" }, { channel: "missed_call", to: somebody() }]);
    expect(await refusalOf(call)).toMatchObject({ code: "not_supported" });
  });

  describe("by a voice call", () => {
    const price = (prefix: string, perMinute: number) => ({ prefix, per_minute: perMinute, increment_seconds: 60 });
    const voice = {
      ...{ confirm_key: null, ring_ms: 25_000, max_call_ms: 60_000, max_prompts: 3, key_wait_ms: 4000 },
      prices: [price("+44", 0.1), price("+4477009", 0.7)],
    };
    /** Of which one may be in cool-down for a callee. */
    const twoCallerIds = { ranges: { two: { numbers: ["+442079460121", "+442079460122"], digits: 4 } } };
    const toVoice = async (options: Parameters<typeof open>[0] = {}) => {
      await open({ profile: { mixedProofs: true }, voice, settings: { start_gap_seconds: 0 }, ...options });
      const other = `+4477009${somebody().slice(-5)}`;
      const { id } = await begin([{ channel: "missed_call" }, { channel: "voice", to: other }, { channel: "post" }]);
      await callFails();
      await expect.poll(() => world.placed.length).toBe(2);
      return { id, other };
    };

    it("rings that one, at its price, and never the verification's own", async () => {
      const { id, other } = await toVoice();
      expect(world.placed.map(({ callee }) => callee)).toEqual([(await look(id)).to, other]);
      world.lastCall().ended(result({ outcome: "answered", alerted: true, talkMs: 30_000 }));
      await expect
        .poll(async () => (await look(id)).deliveries[1])
        .toMatchObject({ to: other, state: "failed", cost: 0.7 });
    });

    const isOver = (id: string) =>
      expect.poll(async () => (await look(id)).deliveries[1]).toMatchObject({ state: "failed" });

    it("holds that one until the call is over", async () => {
      const { id, other } = await toVoice();
      const call = () => begin([{ channel: "missed_call" }], other);
      expect(await refusalOf(call())).toMatchObject({ code: "rate_limited" });
      world.lastCall().ended(result({ outcome: "busy", alerted: false }));
      await isOver(id);
      await expect.poll(() => call().catch(() => null)).toMatchObject({ to: other });
    });

    /** The voice call fails, and everything of it is settled. */
    const voiceFails = async (id: string, other: string) => {
      world.lastCall().ended(result({ outcome: "busy", alerted: false, inviteOver: true }));
      await isOver(id);
      const { callee } = world.verifications.identify(other, null);
      await expect.poll(() => world.verificationStore.limitOn(shop.name, callee, 1)).toBeNull();
    };

    it("shows that one a caller ID from which no missed call of it comes, and takes none from the verification's own", async () => {
      const { id, other } = await toVoice(twoCallerIds);
      const { to } = await look(id);
      await voiceFails(id, other);
      const [ofOwn, ofOther] = world.placed.map(({ callerId }) => callerId);
      await begin([{ channel: "missed_call" }], other);
      expect(world.lastCall()).toMatchObject({ callee: other });
      expect(world.lastCall().callerId).not.toBe(ofOther);
      await callFails();
      await world.verifications.cancel(shop, id);
      await begin([{ channel: "missed_call" }], to);
      expect(world.lastCall()).toMatchObject({ callee: to });
      expect(world.lastCall().callerId).not.toBe(ofOwn);
    });

    it("shows that one none where the call is not placed after all", async () => {
      const { id, other } = await toVoice(twoCallerIds);
      await voiceFails(id, other);
      await posts(1);
      // Until the message is sent no other delivery begins.
      for (let time = 0; time < 3; time++) {
        expect(await refusalOf(world.verifications.resend(shop, id, "voice"))).toMatchObject({ code: "rate_limited" });
      }
      await post.posted[0]?.becomes("sent");
      await world.verifications.resend(shop, id, "voice");
      expect(world.lastCall()).toMatchObject({ callee: other });
    });

    it("holds that one on where its phone may still ring", async () => {
      const { id, other } = await toVoice();
      world.lastCall().ended(result({ outcome: "unknown", alerted: true, finalMissing: true }));
      await isOver(id);
      expect(await refusalOf(begin([{ channel: "missed_call" }], other))).toMatchObject({ code: "rate_limited" });
    });
  });

  it("is followed by no call that would prove the one number by the other", async () => {
    const { verifications } = await open({ profile: { mixedProofs: true }, callInNumbers: ["+442079460001"] });
    const [to, other] = [somebody(), somebody()];
    const { id } = await begin([{ channel: "post" }, { channel: "wire", to: other }], to);
    await post.posted[0]?.becomes("undelivered");
    await posts(1, wire);
    await wire.posted[0]?.becomes("sent");
    world.clock.advance(15_000);
    for (const channel of ["call_in", "missed_call"]) {
      expect(await refusalOf(verifications.resend(shop, id, channel))).toMatchObject({ code: "not_supported" });
    }
    const next = verifications.nextChannels(shop, await look(id)).map(({ channel }) => channel);
    expect(next).toEqual(["post", "wire"]);
  });
});
