/** Messages per second of a bind, and the parts of long messages, over several gateways in a real Redis. */
import { Redis } from "ioredis";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BindLimits } from "../../../src/channels/sms/admission-port.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
let gateways: [Store, Store];
let url = "";
let number = 0;

beforeAll(async () => {
  const redis = await runtime.redis();
  url = redis.url;
  const open = () =>
    createStore({
      redis: patientRedis(redis.url),
      reputation: careSettings,
      clock: systemClock,
      logger: pino({ level: "silent" }),
    });
  gateways = [open(), open()];
  const answers = () => Promise.all(gateways.map((gateway) => gateway.ping()));
  await vi.waitFor(async () => expect(await answers()).toEqual([true, true]), { timeout: 10_000 });
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

/** A bind that no other test uses. */
function bind(messagesPerSecond: number) {
  number += 1;
  return { name: `acme.b${number}`, messagesPerSecond };
}

/** @param app of several; null: there is one */
function reserve(
  gateway: Store,
  binds: readonly BindLimits[],
  messages: number,
  maxWaitMs: number,
  app: string | null = null,
) {
  const share = { app: app ?? "shop", weight: 1, shares: app !== null };
  return gateway.messageAdmission.reserve({ binds, messages, maxWaitMs, ...share });
}

describe("messages per second", () => {
  it("are spaced evenly over all gateways", async () => {
    const own = bind(10);
    const beganMs = performance.now();
    for (let index = 0; index < 6; index++) {
      const turn = await reserve(gateways[(index % 2) as 0 | 1], [own], 1, 10_000);
      const passedMs = performance.now() - beganMs;
      if (turn.kind !== "taken") throw new Error(turn.kind);
      expect(turn.waitMs).toBeLessThanOrEqual(index * 100);
      expect(turn.waitMs).toBeGreaterThanOrEqual(Math.floor(index * 100 - passedMs - 1));
    }
  });

  it("asked for in one turn of the event loop are spaced as if they were asked for one after the other", async () => {
    const binds = [bind(10), bind(10)];
    const turns = await Promise.all(Array.from({ length: 7 }, () => reserve(gateways[0], binds, 1, 250)));
    // Waits in hundreds of ms.
    expect(
      turns.map((turn) => (turn.kind === "taken" ? `${turn.bind}: ${Math.round(turn.waitMs / 100)}` : turn.kind)),
    ).toEqual(["0: 0", "0: 1", "1: 0", "1: 1", "0: 2", "1: 2", "full"]);
    const shared = bind(10);
    const asked = [...Array.from({ length: 20 }, () => "greedy"), "honest"];
    const all = await Promise.all(asked.map((app) => reserve(gateways[1], [shared], 1, 1000, app)));
    const taken = all.flatMap(({ kind }, index) => (kind === "taken" ? [asked[index]] : []));
    expect(taken.length).toBeGreaterThanOrEqual(9);
    expect(taken.length).toBeLessThanOrEqual(11);
    expect(taken).toContain("honest");
  });

  it("count every part of a long message", async () => {
    const own = bind(10);
    await reserve(gateways[0], [own], 3, 1000);
    expect(await reserve(gateways[1], [own], 1, 1000)).toMatchObject({ kind: "taken", bind: 0 });
    const turn = await reserve(gateways[1], [own], 1, 1000);
    expect(turn.kind === "taken" && turn.waitMs).toBeGreaterThan(300);
  });

  it("go on at once where the clock of Redis was set back: a bind was booked until its old time came again", async () => {
    const own = bind(1);
    const [client, hourMs] = [new Redis(url), 3_600_000];
    for (const stem of [own.name, `${own.name}:flow:shop`])
      await client.set(`{admission}:bind:${stem}:turn`, Date.now() + hourMs, "PX", hourMs + 1000);
    await client.quit();
    expect(await reserve(gateways[0], [own], 1, 100, "shop")).toEqual({ kind: "taken", bind: 0, waitMs: 0 });
    expect((await reserve(gateways[1], [own], 1, 100, "shop")).kind).toBe("full");
  });

  it("beyond the longest wait are refused, and say when there is room", async () => {
    const own = bind(2);
    for (let i = 0; i < 3; i++) await reserve(gateways[0], [own], 1, 1000);
    const full = await reserve(gateways[1], [own], 1, 1000);
    expect(full.kind).toBe("full");
    expect(full.kind === "full" && full.retryAfterMs).toBeGreaterThan(200);
    expect(full.kind === "full" && full.retryAfterMs).toBeLessThanOrEqual(500);
  });

  it("go on over the next bind when the first is booked for more than a moment", async () => {
    const binds = [bind(5), bind(5)];
    const over = [];
    for (let i = 0; i < 4; i++) {
      const turn = await reserve(gateways[0], binds, 1, 1000);
      over.push(turn.kind === "taken" ? turn.bind : null);
    }
    expect(over).toEqual([0, 1, 0, 1]);
  });

  it("of an app that sends more than its share leave a quarter of the queue to others", async () => {
    const own = bind(10);
    const greedy = [];
    for (let i = 0; i < 20; i++) greedy.push(await reserve(gateways[0], [own], 1, 1000, "greedy"));
    const taken = greedy.filter(({ kind }) => kind === "taken").length;
    expect(taken).toBeGreaterThanOrEqual(8);
    expect(taken).toBeLessThan(10);
    expect(await reserve(gateways[1], [own], 1, 1000, "honest")).toMatchObject({ kind: "taken" });
    expect(await reserve(gateways[0], [own], 1, 1000, "greedy")).toMatchObject({ kind: "full" });
  });

  it("that were not sent are returned", async () => {
    const own = bind(2);
    await reserve(gateways[0], [own], 2, 1000);
    await gateways[1].messageAdmission.giveBack(own, 2);
    expect(await reserve(gateways[0], [own], 1, 0)).toEqual({ kind: "taken", bind: 0, waitMs: 0 });
  });
});

describe("the parts of a long message", () => {
  const delivered = { state: "delivered" } as const;

  it("are joined by any gateway, in any order, doubled", async () => {
    const [one, two] = gateways;
    await one.messageParts.join("acme:parts-g1", ["acme:1", "acme:2"]);
    expect(await two.messageParts.groupOf("acme:2", delivered)).toEqual({ group: "acme:parts-g1", parts: 2 });
    expect(await two.messageParts.groupOf("acme:3", delivered)).toBeNull();
    expect(await two.messageParts.settle("acme:parts-g1", 2, "acme:2", "delivered")).toBe("open");
    expect(await one.messageParts.settle("acme:parts-g1", 2, "acme:2", "delivered")).toBe("open");
    expect(await one.messageParts.settle("acme:parts-g1", 2, "acme:1", "delivered")).toBe("delivered");
    // A late contradiction does not change what a part was.
    expect(await one.messageParts.settle("acme:parts-g1", 2, "acme:1", "failed")).toBe("delivered");
  });

  it("whose receipts came to another gateway before they were joined bring them along", async () => {
    const [one, two] = gateways;
    const failed = { state: "failed", reason: "not_reachable" } as const;
    expect(await two.messageParts.groupOf("acme:11", failed)).toBeNull();
    expect(await two.messageParts.groupOf("acme:11", delivered)).toBeNull();
    expect(await two.messageParts.groupOf("acme:12", delivered)).toBeNull();
    const ids = ["acme:11", "acme:12", "acme:13"];
    expect(await one.messageParts.join("acme:parts-g11", ids)).toEqual([failed, delivered, null]);
    expect(await two.messageParts.groupOf("acme:11", delivered)).toEqual({ group: "acme:parts-g11", parts: 3 });
  });

  it("fail together", async () => {
    const { messageParts } = gateways[0];
    await messageParts.join("acme:parts-g2", ["acme:4", "acme:5"]);
    expect(await messageParts.settle("acme:parts-g2", 2, "acme:4", "failed")).toBe("failed");
    expect(await messageParts.settle("acme:parts-g2", 2, "acme:5", "delivered")).toBe("failed");
  });

  it("are kept for an hour under hashes, and receipts of unknown ones for a minute", async () => {
    await gateways[0].messageParts.join("acme:parts-g3", ["acme:CARRIER-ID-77"]);
    await gateways[0].messageParts.groupOf("acme:CARRIER-ID-78", delivered);
    const redis = new Redis(url);
    const kept = await redisContents(redis, "{p*").finally(() => redis.disconnect());
    expect(kept.length).toBeGreaterThan(0);
    expect(JSON.stringify(kept)).not.toContain("CARRIER-ID");
    const [joined, early] = [true, false].map((isJoined) =>
      kept.filter(({ content }) => content.includes("group") === isJoined).map(({ ttlMs }) => ttlMs),
    );
    expect(Math.min(...(joined ?? []))).toBeGreaterThan(3_500_000);
    expect(Math.max(...(early ?? []))).toBeLessThanOrEqual(60_000);
  });
});
