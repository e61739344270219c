/** The one place at which the guard decides: before each delivery of a verification, and what is kept of it. */
import { expect, it } from "vitest";
import { createCdrs } from "../../../src/cdr/rows.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { Guard, GuardAsk, GuardCount, GuardDecision } from "../../../src/verification/guard-port.ts";
import { deliveryDenied } from "../../../src/verification/refusals.ts";
import type { Verification } from "../../../src/verification/types.ts";
import {
  callFails,
  look,
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
import { shop } from "./world.ts";

withWorkflowWorld();

/** Decides what the test says, and keeps what it was asked. */
function scripted(decide: (ask: GuardAsk) => Partial<GuardDecision> = () => ({})) {
  const asks: GuardAsk[] = [];
  const undone: (readonly [GuardAsk, GuardCount])[] = [];
  const ended: Verification[] = [];
  const guard: Guard = {
    async decide(ask) {
      asks.push(ask);
      const counted = { costMicros: Math.round((ask.cost ?? 0) * 1e6), scopes: true };
      return { kind: "allow", decision: null, counted, ...decide(ask) } as GuardDecision;
    },
    notBegun: (ask, counted) => void undone.push([ask, counted]),
    ended: (verification) => void ended.push(verification),
  };
  return { asks, undone, ended, guard };
}
const denied = (): Partial<GuardDecision> => ({ kind: "deny", decision: "prefix_limit", refusal: deliveryDenied() });
const client = { ip: "203.0.113.9", session: "s1", device: "d1" };

it("is asked for the start, a choice, a repeat and an automatic step, with the client of the start", async () => {
  const { guard, asks, ended } = scripted();
  await open({ guard });
  const workflow = [{ channel: "post", waitMs: 30_000 }, { channel: "wire" }];
  const { id, client: kept } = await world.verifications.start(shop, { to: somebody(), workflow, ...client }, null);
  await posts(1);
  await post.posted[0]?.becomes("sent");
  await world.verifications.get(shop, id, true);
  await passes(40_000);
  await world.verifications.get(shop, id, true);
  await passes(5000);
  await posts(1, wire);
  await wire.posted[0]?.becomes("sent");
  world.clock.advance(60_000);
  await world.verifications.resend(shop, id);
  await world.verifications.resend(shop, id, "post").catch(() => undefined);
  expect(asks.map(({ mode, channel }) => `${mode} ${channel}`).slice(0, 3)).toEqual([
    "new post",
    "step wire",
    "again wire",
  ]);
  for (const ask of asks) expect(ask).toMatchObject({ app: "shop", verificationId: id, client: kept, test: false });
  expect(JSON.stringify(kept)).not.toMatch(/203\.0|s1|d1/);
  expect(asks.map(({ cost }) => cost).slice(0, 3)).toEqual([null, 0.05, 0.05]);
  await world.verifications.cancel(shop, id);
  expect(ended.map((one) => one.id)).toEqual([id]);
});

it("is not asked again by a replay, and nothing is reserved where it denies", async () => {
  const { guard, asks } = scripted(({ to }) => (to.endsWith("0") ? denied() : {}));
  await open({ guard });
  const to = "+447005000001";
  await world.verifications.start(shop, { to }, "key-1");
  await world.verifications.start(shop, { to }, "key-1");
  expect(asks).toHaveLength(1);
  const refused = world.verifications.start(shop, { to: "+447005000010" }, null);
  await expect(refused).rejects.toMatchObject({ code: "delivery_denied" });
  expect(world.slotsHeld()).toBe(0);
  expect(world.placed).toHaveLength(1);
});

it("a denied step is a failed delivery, and the next step follows", async () => {
  const { guard } = scripted(({ channel }) => (channel === "wire" ? denied() : {}));
  await open({ guard });
  const workflow = [{ channel: "missed_call" }, { channel: "wire" }, { channel: "post" }];
  const { id } = await world.verifications.start(shop, { to: somebody(), workflow }, null);
  await callFails();
  await posts(1);
  const verification = await look(id);
  expect(states(verification)).toEqual(["missed_call failed", "wire failed", "post queued"]);
  expect(verification.deliveries[1]?.reason).toBe("delivery_denied");
});

it("a start whose first step is denied begins with the next one, and is refused where all are", async () => {
  const { guard } = scripted(({ channel }) => (channel === "post" ? {} : denied()));
  await open({ guard });
  const workflow = [{ channel: "wire" }, { channel: "post" }];
  expect(states(await world.verifications.start(shop, { to: somebody(), workflow }, null))).toEqual([
    ...["wire failed", "post queued"],
  ]);
  const only = world.verifications.start(shop, { to: somebody(), workflow: [{ channel: "wire" }] }, null);
  await expect(only).rejects.toMatchObject({ code: "delivery_denied" });
});

it("keeps the rule and what was counted with each delivery, in detail records too", async () => {
  const { guard } = scripted(({ mode }) => (mode === "new" ? { decision: "prefix_limit" } : {}));
  await open({ guard });
  const { id } = await world.verifications.start(shop, { to: somebody(), channel: "wire" }, null);
  await wire.posted[0]?.becomes("sent");
  world.clock.advance(60_000);
  await world.verifications.resend(shop, id);
  await world.verifications.cancel(shop, id);
  const verification = await look(id);
  expect(verification.deliveries.map(({ guardDecision, guardMicros }) => [guardDecision, guardMicros])).toEqual([
    ["prefix_limit", 50_000],
    [null, 50_000],
  ]);
  const cdrs = createCdrs(world.verifications.channels.all, 5)(verification);
  expect(cdrs.map(({ guardDecision }) => guardDecision)).toEqual(["prefix_limit", null]);
});

it("what it allowed and was not begun is given back, once", async () => {
  const { guard, undone, asks } = scripted();
  await open({ guard });
  post.fails("capacity");
  const start = world.verifications.start(shop, { to: somebody(), channel: "post" }, null);
  await expect(start).rejects.toMatchObject({ code: "capacity" });
  expect(undone.map(([ask]) => ask)).toEqual(asks);
  world.loseTrunks("capacity");
  await expect(world.verifications.start(shop, { to: somebody() }, null)).rejects.toBeInstanceOf(Refusal);
  expect(undone).toHaveLength(2);
});

it("begins with another channel of the default workflow where the guard says so, and keeps the rest behind it", async () => {
  const { guard, asks } = scripted(({ mayReorder }) =>
    mayReorder ? { kind: "begin_with", decision: "number_health", channel: "post" } : {},
  );
  const workflow = [{ channel: "missed_call", wait_seconds: 20 }, { channel: "wire" }, { channel: "post" }];
  await open({ guard, settings: { workflow } });
  const { id } = await world.verifications.start(shop, { to: somebody() }, null);
  expect(asks.map(({ channel, planned }) => `${channel}: ${planned}`)).toEqual([
    "missed_call: missed_call,wire,post",
    "post: post,missed_call,wire",
  ]);
  const { workflow: kept, deliveries } = await look(id);
  expect(kept?.steps.map(({ channel, waitMs }) => [channel, waitMs])).toEqual([
    ["post", 20_000],
    ["missed_call", 20_000],
    ["wire", 30_000],
  ]);
  expect(deliveries.map(({ channel }) => channel)).toEqual(["post"]);
  expect(world.placed).toHaveLength(0);
});

it("leaves the order of the request, and of steps with recipients of their own, as it is", async () => {
  const { guard, asks } = scripted();
  await open({ guard });
  const workflow = [{ channel: "missed_call" }, { channel: "post" }];
  await world.verifications.start(shop, { to: somebody(), workflow }, null);
  await world.verifications.start(shop, { to: somebody(), channel: "post", override: ["number_health"] }, null);
  expect(asks.map(({ mayReorder, override }) => [mayReorder, override])).toEqual([
    [false, []],
    [false, ["number_health"]],
  ]);
});
