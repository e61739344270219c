/** Which workflows an app may have, and which steps begin only while a person is there. */
import { describe, expect, it } from "vitest";
import {
  begin,
  callFails,
  look,
  mail,
  open,
  passes,
  post,
  posts,
  setUpMs,
  somebody,
  waitMs,
  wire,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { bank, longestCallMs, refusalOf, shop, wrongCode } from "./world.ts";

withWorkflowWorld();

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
