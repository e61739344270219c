/** The bounds of an app's profile on a real Redis: where deliveries begin and checks happen, and no request goes past them. */
import { describe, expect, it } from "vitest";
import type { AppProfile } from "../../../src/apps/profile.ts";
import { manualClock } from "../../support/manual-clock.ts";
import {
  another,
  callFails,
  look,
  open,
  passes,
  post,
  posts,
  somebody,
  states,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { refusalOf, settings, shop, wrongCode } from "./world.ts";

withWorkflowWorld();

const start = (request: Partial<Parameters<typeof world.verifications.start>[1]> = {}) =>
  world.verifications.start(shop, { to: somebody(), ...request }, null);
const ttlMs = settings.ttl_seconds * 1000;

describe("ttl", () => {
  it("is the life of a verification, and begins anew with each delivery", async () => {
    await open({ profile: { ttlMs: 60_000 } });
    const { id, createdAtMs, expiresAtMs } = await start();
    expect(expiresAtMs - createdAtMs).toBe(60_000);
    const code = world.lastCall().code;
    await world.ringOut();
    world.clock.advance(50_000);
    await world.verifications.resend(shop, id);
    expect((await look(id)).expiresAtMs - createdAtMs).toBe(110_000);
    await world.ringOut();
    await passes(59_999);
    expect(await look(id)).toMatchObject({ status: "delivered" });
    await passes(1);
    expect(await look(id)).toMatchObject({ status: "expired" });
    expect(await refusalOf(world.verifications.check(shop, id, { code }))).toMatchObject({
      code: "verification_ended",
    });
  });

  it("is never longer than the gateway's, whatever the profile says", async () => {
    await open({ profile: { ttlMs: 10 * ttlMs } });
    const { createdAtMs, expiresAtMs } = await start({ channel: "post" });
    expect(expiresAtMs - createdAtMs).toBe(ttlMs);
  });

  it("is read when a delivery begins: a profile that changed holds from the next one on", async () => {
    const profile: { ttlMs: number | null } = { ttlMs: 100_000 };
    await open({ profile });
    const { id } = await start();
    await world.ringOut();
    profile.ttlMs = 60_000;
    world.clock.advance(20_000);
    await world.verifications.resend(shop, id);
    expect((await look(id)).expiresAtMs - world.clock.nowMs()).toBe(60_000);
  });
});

describe("max_checks", () => {
  it("is how many checks a verification has, and what is left of them for a number without one", async () => {
    await open({ profile: { maxChecks: 2 } });
    const to = somebody();
    const { id, checksLeft } = await start({ to });
    expect(checksLeft).toBe(2);
    await world.ringOut();
    const wrong = wrongCode(world.lastCall().code);
    expect(await world.verifications.check(shop, id, { code: wrong })).toMatchObject({ valid: false, checksLeft: 1 });
    expect(await world.verifications.check(shop, id, { code: wrong })).toMatchObject({
      status: "failed",
      checksLeft: 0,
    });
    const blind = await world.verifications.checkByNumber(shop, { to: somebody() }, { code: wrong }, null);
    expect(blind).toMatchObject({ valid: false, checksLeft: 1 });
  });

  it("is kept with the verification: a profile that changed does not count wrong checks of another recipient anew", async () => {
    const profile: Partial<AppProfile> & { maxChecks: number | null } = { maxChecks: 2, mixedProofs: true };
    await open({ profile });
    const { id } = await start();
    profile.maxChecks = 1;
    expect(await look(id)).toMatchObject({ maxChecks: 2, checksLeft: 2 });
  });

  it("is never more than the gateway's", async () => {
    await open({ profile: { maxChecks: 10 } });
    expect(await start()).toMatchObject({ checksLeft: settings.max_checks });
  });
});

describe("max_deliveries", () => {
  it("ends what a person may choose, and says so until the verification is over", async () => {
    await open({ profile: { maxDeliveries: 2 }, settings: { start_gap_seconds: 0 } });
    const { id } = await start({ channel: "post" });
    await post.posted[0]?.becomes("sent");
    expect(world.verifications.nextChannels(shop, await look(id))).not.toEqual([]);
    await world.verifications.resend(shop, id);
    await post.posted[1]?.becomes("sent");
    expect(world.verifications.nextChannels(shop, await look(id))).toEqual([]);
    expect(await refusalOf(world.verifications.resend(shop, id))).toEqual({
      code: "rate_limited",
      retryAfterMs: ttlMs,
    });
    expect(await look(id)).toMatchObject({ status: "delivered" });
  });

  it("holds for two requests at once, at two gateways", async () => {
    await open({ profile: { maxDeliveries: 2 }, settings: { start_gap_seconds: 0 } });
    const { there } = await another({ profile: { maxDeliveries: 2 }, settings: { start_gap_seconds: 0 } });
    const { id } = await start({ channel: "post" });
    await post.posted[0]?.becomes("sent");
    const both = [world, there].map(({ verifications }) =>
      verifications.resend(shop, id).then(
        () => "begun",
        () => "refused",
      ),
    );
    expect((await Promise.all(both)).sort()).toEqual(["begun", "refused"]);
    expect((await look(id)).deliveries).toHaveLength(2);
  });

  it("refuses the steps that come after", async () => {
    await open({ profile: { maxDeliveries: 1 } });
    const { id } = await start({ workflow: [{ channel: "missed_call" }, { channel: "post" }] });
    await callFails();
    expect(await look(id)).toMatchObject({ status: "undeliverable" });
    expect(states(await look(id))).toEqual(["missed_call failed", "post failed"]);
    expect(post.posted).toEqual([]);
  });
});

describe("code_length", () => {
  it("is that of codes which are sent, and the least that a start may ask for", async () => {
    await open({ profile: { codeLength: 8 } });
    await start({ channel: "post" });
    expect(post.posted[0]?.code).toHaveLength(8);
    await start({ channel: "post", codeLength: 9 });
    expect(post.posted[1]?.code).toHaveLength(9);
    expect(await refusalOf(start({ channel: "post", codeLength: 7 }))).toMatchObject({ code: "invalid_request" });
    // A call shows the digits of its caller ID.
    const { id, codeLength } = await start();
    expect(codeLength).toBe(6);
    await world.ringOut();
    world.clock.advance(settings.start_gap_seconds * 1000);
    await world.verifications.resend(shop, id, "post");
    expect(post.posted[2]?.code).toHaveLength(8);
  });
});

describe("ring_ms", () => {
  it("goes with each call of the app, and is what the API says", async () => {
    await open({ profile: { ringMs: 3000 } });
    const { deliveries } = await start({ calls: 2 });
    expect(world.lastCall()).toMatchObject({ ringMs: 3000 });
    const [delivery] = deliveries;
    expect(delivery?.details).toMatchObject({ ringMs: 3000 });
    const missedCall = world.verifications.channels.find("missed_call");
    expect(delivery && missedCall?.describe(delivery, false)).toMatchObject({ ring: { ms: 3000 } });
    await world.ringFirst();
    expect(world.lastCall()).toMatchObject({ ringMs: 3000 });
  });
});

describe("ranges", () => {
  const ranges = {
    block: { prefix: "+4420794", digits: 6 },
    own: { prefix: "+4420795", digits: 6 },
    few: { numbers: ["+442079600001", "+442079600002", "+442079600003"], digits: 4 },
  };

  it("are those that its calls present", async () => {
    await open({ ranges, profile: { ranges: ["own"] } });
    for (let i = 0; i < 5; i++) await start();
    expect(world.placed.map(({ range }) => range)).toEqual(Array(5).fill("own"));
  });

  it("that are too small for max_guess_probability by now place no call, and hold no slot", async () => {
    await open({ ranges, profile: { ranges: ["few"] } });
    expect(await refusalOf(start())).toMatchObject({ code: "not_supported" });
    const { deliveries } = await start({ workflow: [{ channel: "missed_call" }, { channel: "post" }] });
    expect(deliveries.map(({ channel }) => channel)).toEqual(["missed_call", "post"]);
    expect([world.placed, world.slotsHeld()]).toEqual([[], 0]);
  });
});

describe("quiet hours", () => {
  const morning = () => manualClock(Date.parse("2027-01-15T08:00:00Z"));
  const untilNine = { from: 7 * 60, to: 9 * 60 };
  const hourMs = 3_600_000;

  it("refuse a call until they are over", async () => {
    await open({ clock: morning(), profile: { quietHours: { ...untilNine, action: "refuse" } } });
    expect(await refusalOf(start())).toEqual({ code: "quiet_hours", retryAfterMs: hourMs });
    expect(await refusalOf(start({ workflow: [{ channel: "missed_call" }, { channel: "post" }] }))).toMatchObject({
      code: "quiet_hours",
    });
    expect([world.placed, world.slotsHeld()]).toEqual([[], 0]);
    world.clock.advance(hourMs);
    await start();
    expect(world.placed).toHaveLength(1);
  });

  it("let messages go on, and a person choose no call", async () => {
    await open({
      clock: morning(),
      profile: { quietHours: { ...untilNine, action: "refuse" } },
      settings: { start_gap_seconds: 0 },
    });
    const { id } = await start({ channel: "post" });
    await post.posted[0]?.becomes("sent");
    expect(world.verifications.nextChannels(shop, await look(id)).map(({ channel }) => channel)).not.toContain(
      "missed_call",
    );
    expect(await refusalOf(world.verifications.resend(shop, id, "missed_call"))).toMatchObject({ code: "quiet_hours" });
  });

  it("with `skip` begin with the next channel; a call alone is refused", async () => {
    await open({ clock: morning(), profile: { quietHours: { ...untilNine, action: "skip" } } });
    const { deliveries } = await start({ workflow: [{ channel: "missed_call" }, { channel: "post" }] });
    expect(deliveries.map(({ channel, reason }) => [channel, reason])).toEqual([
      ["missed_call", "quiet_hours"],
      ["post", null],
    ]);
    expect(await refusalOf(start())).toMatchObject({ code: "quiet_hours" });
    expect(world.placed).toEqual([]);
  });

  it("skip a later step by a call, whatever the action", async () => {
    await open({ clock: morning(), profile: { quietHours: { ...untilNine, action: "refuse" } } });
    const { id } = await start({ workflow: [{ channel: "post" }, { channel: "missed_call" }, { channel: "wire" }] });
    await post.posted[0]?.becomes("undelivered");
    await expect.poll(async () => states(await look(id))).toEqual(["post failed", "missed_call failed", "wire queued"]);
    expect((await look(id)).deliveries[1]).toMatchObject({ reason: "quiet_hours" });
    expect(world.placed).toEqual([]);
  });
});

describe("prefixes", () => {
  it("are looked at again before a step and a choice: the profile may have changed", async () => {
    const profile: { deniedPrefixes: readonly string[] | null } = { deniedPrefixes: null };
    await open({ profile, settings: { start_gap_seconds: 0 } });
    const { id } = await start({ workflow: [{ channel: "missed_call" }, { channel: "post" }] });
    profile.deniedPrefixes = ["+4477"];
    await callFails();
    expect(await look(id)).toMatchObject({ status: "undeliverable" });
    expect((await look(id)).deliveries[1]).toMatchObject({ reason: "number_not_callable" });
    profile.deniedPrefixes = null;
    const other = await start({ channel: "post" });
    await posts(1);
    profile.deniedPrefixes = ["+4477"];
    await post.posted[0]?.becomes("sent");
    expect(await refusalOf(world.verifications.resend(shop, other.id))).toMatchObject({ code: "number_not_callable" });
  });
});
