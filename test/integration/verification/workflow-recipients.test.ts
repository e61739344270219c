/** Steps of a workflow with a `to` of their own. */
import { describe, expect, it } from "vitest";
import { createCdrs } from "../../../src/cdr/rows.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { quiet } from "../guard/with-guards.ts";
import { createGuardWorld } from "../guard/world.ts";
import {
  begin,
  callFails,
  look,
  mail,
  open,
  post,
  posts,
  redisUrl,
  somebody,
  wire,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { refusalOf, result, settings, shop, wrongCode } from "./world.ts";

withWorkflowWorld();

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

  it("counts the wrong checks of its code there though resends to the first recipient keep the verification open", async () => {
    const { verifications } = await opened({ wrong_checks_per_callee: 3, start_gap_seconds: 0 });
    const { id } = await begin(mixed);
    await callFails();
    await posts(1, mail);
    await mail.posted[0]?.becomes("sent");
    await verifications.check(shop, id, { code: wrongCode(mail.posted[0]?.code ?? "") });
    // Two more may be made.
    expect(await refusalOf(mailTo(address))).toMatchObject({ code: "rate_limited" });
    for (let resends = 0; resends < 3; resends++) {
      world.clock.advance(250_000);
      await verifications.resend(shop, id, "missed_call");
      await world.ringOut();
    }
    expect(await mailTo(address)).toMatchObject({ checksLeft: 2 });
    // Its end counts it no second time.
    await verifications.cancel(shop, id);
    expect(await mailTo(address)).toMatchObject({ checksLeft: 2 });
  });

  /** As the detail record has it. */
  const checksUsed = async (id: string) => createCdrs([], settings.max_checks)(await look(id))[0]?.checksUsed;

  it("counts there no checks that the first recipient's limit did not give", async () => {
    const { verifications } = await opened({ wrong_checks_per_callee: 3, start_gap_seconds: 0 });
    const to = somebody();
    const before = await begin([{ channel: "missed_call" }], to);
    await world.ringOut();
    for (let i = 0; i < 2; i++) await verifications.check(shop, before.id, { code: wrongCode(world.lastCall().code) });
    await verifications.cancel(shop, before.id);
    expect(await checksUsed(before.id)).toBe(2);

    const { id, checksLeft } = await begin(mixed, to);
    expect(checksLeft).toBe(1);
    await callFails();
    await posts(1, mail);
    await mail.posted[0]?.becomes("sent");
    await verifications.cancel(shop, id);
    expect(await checksUsed(id)).toBe(0);
    await expect.poll(() => mailTo(address).catch(() => null)).toMatchObject({ checksLeft: 3 });
  });

  it("counts there no checks that another verification of the first recipient took", async () => {
    const { verifications } = await opened({ wrong_checks_per_callee: 3, start_gap_seconds: 0 });
    const to = somebody();
    const { id } = await begin(mixed, to);
    await callFails();
    await posts(1, mail);
    await mail.posted[0]?.becomes("sent");
    const other = await begin([{ channel: "post" }], to);
    await posts(1);
    await post.posted[0]?.becomes("sent");
    const wrong = async (of: string, code = "") => verifications.check(shop, of, { code: wrongCode(code) });
    await wrong(other.id, post.posted[0]?.code);
    expect(await wrong(id, mail.posted[0]?.code)).toMatchObject({ valid: false, checksLeft: 1 });
    await verifications.cancel(shop, id);
    expect(await checksUsed(id)).toBe(1);
    await expect.poll(() => mailTo(address).catch(() => null)).toMatchObject({ checksLeft: 2 });
  });

  it("reserves for another delivery what is left of its wrong checks", async () => {
    const { verifications } = await opened({ wrong_checks_per_callee: 5, start_gap_seconds: 0 });
    const { id } = await begin(mixed);
    await callFails();
    await posts(1, mail);
    await mail.posted[0]?.becomes("sent");
    await verifications.check(shop, id, { code: wrongCode(mail.posted[0]?.code ?? "") });
    await verifications.resend(shop, id);
    // One was made, two may be.
    expect(await mailTo(address)).toMatchObject({ checksLeft: 2 });
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

  describe("may be chosen again", () => {
    const voice = {
      ...{ confirm_key: null, ring_ms: 25_000, max_call_ms: 60_000, max_prompts: 3, key_wait_ms: 4000 },
      prices: [{ prefix: "+44", per_minute: 0.1, increment_seconds: 60 }],
    };
    const morning = Date.parse("2027-01-15T08:00:00Z");
    /** The mail fails, and the other recipient has the wire. */
    async function toWire(other: string) {
      const { id } = await begin([{ channel: "mail" }, { channel: "wire", to: other }], address);
      await mail.posted[0]?.becomes("undelivered");
      await posts(1, wire);
      await wire.posted[0]?.becomes("sent");
      world.clock.advance(15_000);
      return id;
    }

    it("by a channel outside the workflow: its country's quiet hours hold", async () => {
      const quietHours = { from: 7 * 60, to: 9 * 60, action: "refuse" } as const;
      await open({ clock: manualClock(morning), voice, profile: { mixedProofs: true, quietHours } });
      const id = await toWire(somebody());
      const next = world.verifications.nextChannels(shop, await look(id)).map(({ channel }) => channel);
      expect(next).toEqual(["post", "wire"]);
      expect(await refusalOf(world.verifications.resend(shop, id, "voice"))).toMatchObject({ code: "quiet_hours" });
      expect(world.placed).toEqual([]);
    });

    it("by a channel outside the workflow: its country's caps count it, and get back what they counted", async () => {
      const guards = createGuardWorld({
        ...{ redis: { url: redisUrl() }, startMs: morning },
        config: { mode: "record", learned: quiet, caps: { countries: { GB: { spend_per_day: 0.16 } } } },
        caps: {},
      });
      const { guard } = guards;
      await open({ clock: manualClock(morning), voice, profile: { mixedProofs: true }, guard });
      await guards.store.firstTried();
      const other = somebody();
      const id = await toWire(other);
      await world.verifications.resend(shop, id, "voice");
      expect(world.lastCall()).toMatchObject({ callee: other });
      // The wire's 0.05 and the 0.1 that the call may cost.
      const capped = { code: "rate_limited", retryAfterMs: 16 * 3_600_000 };
      const wireTo = () => world.verifications.start(shop, { to: somebody(), channel: "wire" }, null);
      expect(await refusalOf(wireTo())).toEqual(capped);
      world.lastCall().ended(result({ outcome: "rang", alerted: true }));
      await expect.poll(async () => (await look(id)).deliveries[2]).toMatchObject({ state: "failed", cost: 0 });
      await world.verifications.cancel(shop, id);
      await guards.settle();
      await wireTo();
      await wireTo();
      expect(await refusalOf(wireTo())).toEqual(capped);
      await guards.close();
    });

    it("the same way: it is that one that gets it, not the first recipient of the channel", async () => {
      const other = somebody();
      await opened({ start_gap_seconds: 0 });
      const { id, to } = await begin([{ channel: "post" }, { channel: "post", to: other }]);
      await post.posted[0]?.becomes("undelivered");
      await posts(2);
      for (const [i, wanted] of [null, "post"].entries()) {
        await post.posted[i + 1]?.becomes("sent");
        await world.verifications.resend(shop, id, wanted);
      }
      expect(post.posted.map((letter) => letter.to)).toEqual([to, other, other, other]);
      expect(new Set(post.posted.slice(1).map(({ code }) => code)).size).toBe(1);
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
