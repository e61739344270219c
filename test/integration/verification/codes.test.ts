import { describe, expect, it } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import { look, open, passes, post, posts, somebody, wire, withWorkflowWorld, world } from "./workflow-world.ts";
import { type PlacedCall, refusalOf, result, shop, wrongCode } from "./world.ts";

withWorkflowWorld();

const start = (channel: string, more = {}) =>
  world.verifications.start(shop, { to: somebody(), channel, ...more }, null);
const newest = () => post.posted.at(-1) ?? wire.posted.at(-1);
const contents = async () =>
  JSON.stringify(await world.verificationStore.read("shop", post.posted[0]?.verification ?? ""));

describe("the code of messages", () => {
  it("has six digits, is the same for a resend and for another message channel, and is no secret of one sending", async () => {
    const { verifications, clock } = await open();
    const { id } = await start("post");
    expect(newest()?.code).toMatch(/^\d{6}$/);
    await post.posted[0]?.becomes("sent");
    clock.advance(15_000);
    await verifications.resend(shop, id);
    await post.posted[1]?.becomes("sent");
    clock.advance(15_000);
    await verifications.resend(shop, id, "wire");
    expect(new Set([...post.posted, ...wire.posted].map(({ code }) => code)).size).toBe(1);
    expect(await verifications.check(shop, id, { code: post.posted[0]?.code ?? "" })).toMatchObject({ valid: true });
    // The newest delivery that carries it is the proof.
    expect(await look(id)).toMatchObject({ proofDelivery: 3 });
  });

  it("is another one for each verification, and kept nowhere in the clear", async () => {
    await open();
    await start("post");
    await start("post");
    expect(post.posted[0]?.code).not.toBe(post.posted[1]?.code);
    expect(await contents()).not.toContain(post.posted[0]?.code);
  });

  it("is sent for 600 s at most, less the minute that a person needs; then there is a new one, and the old one is void", async () => {
    const { verifications, clock } = await open({ settings: { start_gap_seconds: 0 } });
    const { id } = await start("post");
    const again = async (ms: number) => {
      await post.posted.at(-1)?.becomes("sent");
      clock.advance(ms);
      await verifications.resend(shop, id);
    };
    await again(270_000);
    await again(270_000);
    expect(new Set(post.posted.map(({ code }) => code)).size).toBe(1);
    await again(1);
    const [old, , , fresh] = post.posted.map(({ code }) => code);
    expect(fresh).not.toBe(old);
    expect(await verifications.check(shop, id, { code: old ?? "" })).toMatchObject({ valid: false });
    expect(await verifications.check(shop, id, { code: fresh ?? "" })).toMatchObject({ valid: true });
  }, 10_000);

  it("is not accepted beyond 600 s from its first sending", async () => {
    const { verifications, clock } = await open();
    const { id } = await start("post");
    await post.posted[0]?.becomes("sent");
    clock.advance(290_000);
    await verifications.resend(shop, id);
    await post.posted[1]?.becomes("sent");
    clock.advance(249_000);
    await verifications.resend(shop, id);
    await post.posted[2]?.becomes("sent");
    expect(new Set(post.posted.map(({ code }) => code)).size).toBe(1);
    clock.advance(61_000);
    expect(await refusalOf(verifications.check(shop, id, { code: newest()?.code ?? "" }))).toMatchObject({
      code: "invalid_request",
    });
  });

  it("has the length that the start names", async () => {
    await open();
    await start("post", { codeLength: 8 });
    expect(newest()?.code).toMatch(/^\d{8}$/);
  });

  it("is refused where it is guessed too easily: by its length, given or wished for, also of a later step", async () => {
    const settings = { wrong_checks_per_callee: 100, message_code_length: 5 };
    const { verifications } = await open({ settings, profile: { customCode: true } });
    const refused = async (request: object) =>
      expect(await refusalOf(verifications.start(shop, { to: somebody(), ...request }, null))).toMatchObject({
        code: "invalid_request",
      });
    await refused({ channel: "post", codeLength: 4 });
    await refused({ channel: "post", code: "1234" });
    await refused({ channel: "missed_call", code: "1234" });
    await refused({ workflow: [{ channel: "missed_call" }, { channel: "post" }], codeLength: 4 });
    expect([post.posted, world.placed]).toEqual([[], []]);
    await start("post", { codeLength: 5 });
    expect(newest()?.code).toMatch(/^\d{5}$/);
  });
});

describe("codes of a call and of a message", () => {
  const both = async (digits = 6, settings = {}) => {
    const ranges = { block: { prefix: digits === 6 ? "+4420794" : "+442079460", digits } };
    const opened = await open({ ranges, settings });
    const { id } = await world.verifications.start(
      shop,
      { to: somebody(), workflow: [{ channel: "missed_call" }, { channel: "post" }] },
      null,
    );
    await world.ringOut();
    const call = opened.lastCall() as PlacedCall;
    await passes(30_000);
    await posts(1);
    return { id, call: call.code, letter: post.posted[0]?.code ?? "", ...opened };
  };

  it("are both open; checks are shared", async () => {
    const { id, call, letter, verifications } = await both();
    let wrong = wrongCode(call);
    if (wrong === letter) wrong = wrongCode(wrong);
    expect(await verifications.check(shop, id, { code: wrong })).toMatchObject({ valid: false, checksLeft: 2 });
    expect(await verifications.check(shop, id, { code: call })).toMatchObject({ valid: true });
    expect(await look(id)).toMatchObject({ proofDelivery: 1 });
  });

  it("are compared with guesses of their own length only; another length is not counted", async () => {
    const { id, letter, verifications } = await both(3, { max_guess_probability: 0.05 });
    expect(await refusalOf(verifications.check(shop, id, { code: "12345" }))).toMatchObject({
      code: "invalid_request",
    });
    expect(await verifications.check(shop, id, { code: wrongCode(letter) })).toMatchObject({ checksLeft: 2 });
    expect(await verifications.check(shop, id, { code: letter })).toMatchObject({ valid: true });
  });

  it("of one length add up: the older one is void where the sum passes max_guess_probability", async () => {
    // 10 guesses: 1 in 100,000 for each of the codes, 2 in 100,000 for both.
    const { id, call, letter, verifications } = await both(6, { max_guess_probability: 0.000015 });
    if (call === letter) return;
    expect(await verifications.check(shop, id, { code: call })).toMatchObject({ valid: false });
    expect(await verifications.check(shop, id, { code: letter })).toMatchObject({ valid: true });
  });

  it("of two lengths do not: each guess is at one of them", async () => {
    const { id, call, verifications } = await both(3, { max_guess_probability: 0.01 });
    expect(await verifications.check(shop, id, { code: call })).toMatchObject({ valid: true });
  });

  it("a new call voids the older call's code, not the message's", async () => {
    const { id, call, letter, verifications, clock, lastCall } = await both();
    await post.posted[0]?.becomes("sent");
    clock.advance(15_000);
    await verifications.resend(shop, id, "missed_call");
    expect(lastCall().code).not.toBe(call);
    if (call !== letter) expect(await verifications.check(shop, id, { code: call })).toMatchObject({ valid: false });
    expect(await verifications.check(shop, id, { code: letter })).toMatchObject({ valid: true });
    expect(await look(id)).toMatchObject({ proofDelivery: 2 });
  });
});

describe("a code that the app gave", () => {
  const profile = { customCode: true };

  it("is refused where the app may not, where there are several recipients or no code to type", async () => {
    await open();
    expect(await refusalOf(start("post", { code: "1234567890" }))).toMatchObject({ code: "forbidden" });
    await open({ profile: { ...profile, mixedProofs: true }, callInNumbers: ["+442079460001"] });
    expect(await refusalOf(start("call_in", { code: "123456" }))).toMatchObject({ code: "invalid_request" });
    const workflow = [{ channel: "post" }, { channel: "wire", to: somebody() }];
    const several = world.verifications.start(shop, { to: somebody(), workflow, code: "123456" }, null);
    expect(await refusalOf(several)).toMatchObject({ code: "invalid_request" });
  });

  it("is refused where the profile permits it and the key does not", async () => {
    await open({ profile });
    const code = "8402317596";
    const verifyOnly = appIdentity("shop", { scopes: new Set(["verify"]) });
    const wanted = { to: somebody(), channel: "post", code };
    expect(await refusalOf(world.verifications.start(verifyOnly, wanted, null))).toMatchObject({ code: "forbidden" });
    expect(post.posted).toEqual([]);
    const both = appIdentity("shop", { scopes: new Set(["verify", "custom_code"]) });
    await world.verifications.start(both, wanted, null);
    expect(newest()?.code).toBe(code);
  });

  it("is sent, kept sealed until the end, and wiped then", async () => {
    const { verifications, clock } = await open({ profile });
    const code = "8402317596";
    const { id } = await start("post", { code });
    expect(newest()?.code).toBe(code);
    const sealed = (await look(id)).sealedCode;
    expect(sealed).not.toBeNull();
    expect(await contents()).not.toContain(code);
    await post.posted[0]?.becomes("sent");
    clock.advance(15_000);
    await verifications.resend(shop, id, "wire");
    expect(wire.posted[0]?.code).toBe(code);
    expect(await verifications.check(shop, id, { code })).toMatchObject({ valid: true });
    expect(await look(id)).toMatchObject({ appCode: true, sealedCode: null });
    expect(await contents()).not.toContain(String(sealed));
    expect(world.logLines.join("\n")).not.toContain(code);
    expect(world.events.find(({ type }) => type === "verification.ended")).toMatchObject({ data: { appCode: true } });
  });

  it.each(["post", "missed_call"])(
    "is sent for 600 s less a minute, and accepted for no longer than 600 s (%s)",
    async (channel) => {
      const { verifications, clock } = await open({
        profile,
        settings: { start_gap_seconds: 0, starts_per_callee_per_hour: 20 },
      });
      const code = "4711";
      const { id } = await start(channel, { code });
      const arrives = async () => {
        if (channel === "missed_call") await world.ringOut();
        else await post.posted.at(-1)?.becomes("sent");
      };
      await arrives();
      for (const ms of [270_000, 269_000]) {
        clock.advance(ms);
        await verifications.resend(shop, id);
        await arrives();
      }
      // 539 s after the first sending; nothing of what ringing takes may pass 540 s.
      clock.advance(2000);
      expect(await refusalOf(verifications.resend(shop, id))).toMatchObject({ code: "code_not_available" });
      clock.advance(58_000);
      expect(await look(id)).toMatchObject({ status: "delivered" });
      clock.advance(1000);
      expect(await refusalOf(verifications.check(shop, id, { code }))).toMatchObject({ code: "invalid_request" });
    },
  );

  it("is the end of the caller ID of a missed call", async () => {
    const { verifications, lastCall } = await open({ profile });
    const { id, deliveries } = await start("missed_call", { code: "4711" });
    expect(lastCall().callerId).toMatch(/^\+4420794\d\d4711$/);
    expect(deliveries[0]).toMatchObject({ codeLength: 4 });
    await world.ringOut();
    expect(await verifications.check(shop, id, { code: "4711" })).toMatchObject({ valid: true });
  });

  it("is checked by the whole caller ID too", async () => {
    const { verifications, lastCall } = await open({ profile });
    const { id } = await start("missed_call", { code: "4711" });
    expect(await verifications.check(shop, id, { callerIds: [lastCall().callerId] })).toMatchObject({ valid: true });
  });

  it("has 3 + 3 digits by two calls where the ranges are shorter", async () => {
    const { verifications, placed } = await open({ profile, ranges: { block: { prefix: "+442079460", digits: 4 } } });
    const { id } = await start("missed_call", { code: "123789" });
    await world.ringFirst();
    await world.ringOut();
    expect(placed.map(({ callerId }) => callerId.slice(-3))).toEqual(["123", "789"]);
    expect(await verifications.check(shop, id, { code: "123789" })).toMatchObject({ valid: true });
  });

  it("is not available alike whatever the cause", async () => {
    const ranges = { list: { numbers: ["+442079460001", "+442079460002", "+442079460003"], digits: 4 } };
    await open({ profile, ranges, settings: { max_guess_probability: 0.1, start_gap_seconds: 0 } });
    const to = somebody();
    const give = (code: string) => world.verifications.start(shop, { to, channel: "missed_call", code }, null);
    const refused = { code: "code_not_available", retryAfterMs: null };
    // No such ending, too long for two calls, odd for two calls.
    expect(await refusalOf(give("9999"))).toEqual(refused);
    expect(await refusalOf(give("1234567890"))).toEqual(refused);
    expect(await refusalOf(give("12345"))).toEqual(refused);
    await give("0001");
    await world.ringOut();
    // In cool-down for this callee.
    expect(await refusalOf(give("0001"))).toEqual(refused);
  });

  it("goes to the next step where a call cannot show it", async () => {
    await open({ profile, ranges: { block: { prefix: "+442079460", digits: 4 } } });
    const workflow = [{ channel: "missed_call" }, { channel: "post" }];
    const started = await world.verifications.start(shop, { to: somebody(), workflow, code: "1234567890" }, null);
    expect(started.deliveries.map(({ channel, reason }) => [channel, reason])).toEqual([
      ["missed_call", "code_not_available"],
      ["post", null],
    ]);
    expect(newest()?.code).toBe("1234567890");
  });

  it("teaches caller-ID reputation nothing", async () => {
    await open({ profile, reputation: {} });
    await start("missed_call", { code: "4711" });
    world.lastCall().ended(result({ outcome: "caller_id_refused", alerted: false, sipStatus: 607 }));
    await world.verifications.settled();
    expect(await world.callerIdReputation.status()).toMatchObject([{ coolingDown: 0 }]);
  });
});
