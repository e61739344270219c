/** Which step of a workflow begins when, over a real Redis. */
import { describe, expect, it } from "vitest";
import { shards } from "../../../src/redis/keys.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { type Guard, noGuard } from "../../../src/verification/guard-port.ts";
import {
  another,
  begin,
  callFails,
  fallback,
  look,
  open,
  passes,
  post,
  posts,
  setUpMs,
  somebody,
  states,
  waitMs,
  wire,
  withWorkflowWorld,
  world,
} from "./workflow-world.ts";
import { longestCallMs, refusalOf, shop } from "./world.ts";

withWorkflowWorld();

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
