/** Messages on a real Redis: what is sent, what the API shows of it, and what receipts change. */
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MessageReport } from "../../../src/channels/messages/provider-port.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { Store } from "../../../src/redis/index.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { newestOf } from "../../../src/verification/types.ts";
import { manualClock } from "../../support/manual-clock.ts";
import type { Answer } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { createGateway, type Gateway, receiptStore } from "./message-world.ts";
import { refusalOf, settings, shop, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let raw: Redis;
let receipts: Store;
let gateway: Gateway;
let callee = 0;

const options = (): WorldOptions => ({ redis: patientRedis(redis.url) });

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
beforeEach(async () => {
  receipts = receiptStore(options().redis);
  gateway = createGateway(receipts, options());
  await Promise.all([receipts.firstTried(), gateway.world.ready()]);
  return async () => {
    await gateway.world.close();
    await receipts.close();
  };
});

/** Another gateway on the same Redis, whose clock all share. */
async function anotherGateway(clock = gateway.world.clock): Promise<Gateway> {
  const other = createGateway(receipts, { ...options(), clock });
  await other.world.ready();
  return other;
}

const nextCallee = () => `+44770090${String(callee++).padStart(4, "0")}`;
const start = (locale?: string) =>
  gateway.world.verifications.start(shop, { to: nextCallee(), channel: "memory", ...(locale && { locale }) }, null);
const state = (id: string, one = gateway) => one.state(id);
const look = (id: string) => gateway.look(id);
const receipt: Gateway["receipt"] = (...args) => gateway.receipt(...args);
const sentOnce = () => expect.poll(() => gateway.provider.sent.length).toBe(1);
const failed = { state: "failed", reason: "not_reachable" } as const;

describe("a message", () => {
  it("is sent once, with a code that verifies", async () => {
    const { id, to, codeLength } = await start();
    await sentOnce();
    const [message] = gateway.provider.sent;
    expect(codeLength).toBe(6);
    expect(message).toMatchObject({
      ...{ deliveryId: `${id}-1`, app: "shop", to, country: "GB", locale: "en", appName: "Corner Shop", minutes: 5 },
      code: expect.stringMatching(/^\d{6}$/),
      text: `${message?.code} is your Corner Shop code. It expires in 5 min. Never share it with anyone.`,
      subject: "Your Corner Shop verification code",
    });
    expect(await state(id)).toEqual({ status: "delivered", state: "sent", reason: null });
    const { valid, status } = await gateway.world.verifications.check(shop, id, { code: message?.code ?? "" });
    expect({ valid, status }).toEqual({ valid: true, status: "verified" });
    expect(gateway.provider.held()).toBe(0);
  });

  it("that another route took costs what that one charges", async () => {
    const other = { route: "other", segments: 2, cost: 0.2 };
    gateway.provider.answer(() => ({ report: { state: "sent", result: other }, receiptId: null }));
    const { id } = await start();
    await sentOnce();
    const [delivery] = (await look(id)).deliveries;
    expect(delivery).toMatchObject({ cost: 0.2, result: other });
  });

  it("that another route without a price took has none: it kept the first one's", async () => {
    const other = { route: "other", segments: 2, cost: null };
    gateway.provider.answer(() => ({ report: { state: "sent", result: other }, receiptId: null }));
    const { id } = await start();
    await sentOnce();
    const [delivery] = (await look(id)).deliveries;
    expect(delivery).toMatchObject({ cost: null, result: other });
  });

  it.each([
    ["that no route took costs nothing", { state: "failed", reason: "rejected" }, 0],
    ["that may have been sent costs its price", { state: "failed", reason: "unknown_result" }, 0.05],
    ["of which a part was taken costs its price", { state: "failed", reason: "throttled", inPart: true }, 0.05],
  ] as const)("%s", async (_what, report, cost) => {
    gateway.provider.answer(() => ({ report, receiptId: null }));
    const { id } = await start();
    await sentOnce();
    expect((await look(id)).deliveries).toMatchObject([{ state: "failed", cost }]);
  });

  it("that a later step cannot send is refused at the start: the step would be due again and again", async () => {
    const workflow = [{ channel: "missed_call" }, { channel: "memory" }];
    const request = { to: nextCallee(), workflow, calls: 2, codeLength: 12 };
    const refused = await refusalOf(gateway.world.verifications.start(shop, request, null));
    expect(refused.code).toBe("invalid_request");
    expect(gateway.world.placed).toEqual([]);
  });

  it("is reserved with a text of the same length that holds another code", async () => {
    await start();
    await sentOnce();
    const [order] = gateway.provider.orders;
    const [message] = gateway.provider.sent;
    expect(order?.text.length).toBe((message?.text.length ?? 0) + "10".length - "5".length);
    expect(order?.text).toContain("000000");
  });

  it("shows what its channel's schema has, and no more", async () => {
    const { id } = await start();
    await sentOnce();
    await receipt({ ...failed, result: { error: "absent", to: "a number in a report" } });
    const channel = gateway.world.verifications.channels.find("memory");
    expect(channel?.describe(newestOf(await look(id)), false)).toEqual({
      ...{ route: "memory", segments: 1, cost: 0.05, error: "absent", locale: "en" },
    });
    const kept = (await redisContents(raw)).map(({ content }) => content).join("\n");
    expect(kept).toContain("absent");
    expect(kept).not.toContain("not in the schema");
    expect(kept).not.toContain("a number in a report");
  });

  it("is in the language of the request", async () => {
    await start("de-AT");
    await sentOnce();
    expect(gateway.provider.sent[0]).toMatchObject({ locale: "de", text: expect.stringContaining("ist Ihr Code") });
  });

  it("is not sent where the callee's limit refuses it; what was reserved is free again", async () => {
    const { to } = await start();
    const refused = gateway.world.verifications.start(shop, { to, channel: "memory" }, null);
    expect(await refusalOf(refused)).toMatchObject({ code: "rate_limited" });
    expect(gateway.provider.sent).toHaveLength(1);
    expect(gateway.provider.held()).toBe(0);
  });

  it("is refused with `calls`, and with a code of 11 digits", async () => {
    const to = nextCallee();
    for (const wrong of [{ calls: 2 }, { codeLength: 11 }, { codeLength: 3 }]) {
      const refused = gateway.world.verifications.start(shop, { to, channel: "memory", ...wrong }, null);
      expect(await refusalOf(refused)).toMatchObject({ code: "invalid_request" });
    }
    expect(gateway.provider.orders).toHaveLength(0);
  });
});

describe("a resend", () => {
  it("has the same code and less time; after 540 s a new one", async () => {
    const { id } = await start();
    await sentOnce();
    const codeAfter = async (seconds: number) => {
      gateway.world.clock.advance(seconds * 1000);
      const before = gateway.provider.sent.length;
      await gateway.world.verifications.resend(shop, id);
      await expect.poll(() => gateway.provider.sent.length).toBe(before + 1);
      await gateway.world.verifications.settled();
      const { code, minutes } = gateway.provider.sent[before] ?? { code: "", minutes: 0 };
      return { code, minutes };
    };
    await look(id);
    const first = gateway.provider.sent[0]?.code ?? "";
    expect(await codeAfter(290)).toEqual({ code: first, minutes: 5 });
    expect(await codeAfter(200)).toEqual({ code: first, minutes: 1 });
    const next = await codeAfter(60);
    expect(next).toEqual({ code: expect.not.stringMatching(first), minutes: 5 });
    const { valid } = await gateway.world.verifications.check(shop, id, { code: next.code });
    expect(valid).toBe(true);
  });
});

describe("the provider's answer", () => {
  it.each([
    ["invalid_recipient", "undeliverable"],
    ["throttled", "undeliverable"],
    ["unknown_result", "undeliverable"],
  ] as const)("%s fails the delivery at once", async (reason, status) => {
    gateway.provider.answer(() => ({ report: { state: "failed", reason }, receiptId: null }));
    const { id } = await start();
    await expect.poll(() => state(id)).toEqual({ status, state: "failed", reason });
  });

  it("that is lost fails the delivery at its deadline; it is not sent again", async () => {
    gateway.provider.answer(() => new Promise<Answer>(() => undefined));
    const { id } = await start();
    await sentOnce();
    gateway.world.clock.advance(gateway.provider.submitLimitMs + 1000);
    await expect
      .poll(() => state(id))
      .toEqual({
        ...{ status: "undeliverable", state: "failed", reason: "unknown_result" },
      });
    expect(gateway.provider.sent).toHaveLength(1);
  });

  it("that throws counts as lost, and its text is not logged", async () => {
    gateway.provider.answer(({ text }) => Promise.reject(new Error(text)));
    const { id } = await start();
    await expect.poll(() => state(id)).toMatchObject({ state: "failed", reason: "unknown_result" });
    expect(gateway.world.logLines.join("\n")).not.toContain("is your Corner Shop code");
  });

  it("of a gateway that died never comes: any gateway ends the delivery as interrupted, and none sends it again", async () => {
    gateway.provider.answer(() => new Promise<Answer>(() => undefined));
    const { id } = await start();
    await sentOnce();
    const { clock } = gateway.world;
    const other = await anotherGateway(clock);
    // The dead gateway's own deadline does not count.
    other.world.clock.advance(gateway.provider.submitLimitMs + 900);
    expect((await state(id, other)).state).toBe("queued");
    const later = manualClock();
    later.advance(clock.nowMs() - later.nowMs() + 10_000);
    const third = await anotherGateway(later);
    await third.world.verifications.settleDue();
    expect(await state(id, third)).toEqual({ status: "undeliverable", state: "failed", reason: "interrupted" });
    expect(third.provider.sent).toHaveLength(0);
    await Promise.all([other.world.close(), third.world.close()]);
  });
});

describe("a receipt", () => {
  it("delivers what was sent", async () => {
    const { id } = await start();
    await sentOnce();
    await look(id);
    expect(await receipt({ state: "delivered" })).toBe(true);
    expect(await state(id)).toEqual({ status: "delivered", state: "delivered", reason: null });
    expect(gateway.results).toEqual(["applied"]);
  });

  it("fails what was sent", async () => {
    const { id } = await start();
    await sentOnce();
    await look(id);
    await receipt(failed);
    expect(await state(id)).toEqual({ status: "undeliverable", state: "failed", reason: "not_reachable" });
  });

  it("comes to any gateway", async () => {
    const other = await anotherGateway();
    const { id } = await start();
    await sentOnce();
    const [message] = gateway.provider.sent;
    await look(id);
    await other.receipt({ state: "delivered" }, message && gateway.provider.receiptOf(message));
    expect((await state(id)).state).toBe("delivered");
    await other.world.close();
  });

  it("may overtake the answer to the submit, with its result", async () => {
    const { promise, resolve } = deferred<Answer>();
    gateway.provider.answer(() => promise);
    const { id } = await start();
    await sentOnce();
    expect(await receipt({ state: "delivered", result: { error: "none" } })).toBe(true);
    expect((await state(id)).state).toBe("queued");
    const [message] = gateway.provider.sent;
    resolve({ report: { state: "sent" }, receiptId: message ? gateway.provider.receiptOf(message) : null });
    await expect.poll(async () => (await state(id)).state).toBe("delivered");
    expect(newestOf(await look(id)).result).toEqual({ error: "none" });
    expect(gateway.results).toEqual(["early", "claimed"]);
  });

  it("that is unknown or forged is counted and changes nothing", async () => {
    const { id } = await start();
    await sentOnce();
    await look(id);
    expect(await receipt(failed, "memory/forged")).toBe(true);
    expect(await receipt(failed, `memory/${id}-2`)).toBe(true);
    expect(await state(id)).toEqual({ status: "delivered", state: "sent", reason: null });
    expect(gateway.results).toEqual(["early", "early"]);
  });

  it("of another channel with the same id changes nothing", async () => {
    const other = createGateway(receipts, { ...options(), clock: gateway.world.clock }, ["other"]);
    await other.world.ready();
    const { id } = await start();
    await sentOnce();
    await look(id);
    await other.receipt(failed, `memory/${id}-1`);
    expect((await state(id)).state).toBe("sent");
    await other.world.close();
  });

  it("after the end still says what became of the message, and ends nothing again", async () => {
    const { id } = await start();
    await sentOnce();
    await look(id);
    const code = gateway.provider.sent[0]?.code ?? "";
    await gateway.world.verifications.check(shop, id, { code });
    await receipt({ state: "delivered" });
    expect(await state(id)).toEqual({ status: "verified", state: "delivered", reason: null });
    const ends = gateway.world.events.filter(({ type }) => type === "verification.ended");
    expect(ends).toHaveLength(1);
  });

  it("is refused where the store is away, so that the provider sends it again", async () => {
    const away = receiptStore({ url: "redis://127.0.0.1:9", command_timeout_ms: 1000 });
    const other = createGateway(away, options());
    expect(await other.receipt(failed, "any")).toBe(false);
    expect(other.results).toEqual(["failed"]);
    await Promise.all([other.world.close(), away.close()]);
  });

  it("never takes back what a receipt before it said, in whatever order, however often, at whichever gateway", async () => {
    const other = await anotherGateway();
    const reports = fc.constantFrom<MessageReport["state"]>("sent", "delivered", "failed");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(reports, fc.boolean()), { minLength: 1, maxLength: 5 }), async (receipts) => {
        const { id } = await start();
        await expect.poll(() => gateway.provider.sent.at(-1)?.deliveryId).toBe(`${id}-1`);
        await look(id);
        for (const [one, elsewhere] of receipts) {
          const report: MessageReport = one === "failed" ? failed : { state: one };
          await (elsewhere ? other : gateway).receipt(report, `memory/${id}-1`);
        }
        const first = receipts.map(([one]) => one).find((one) => one !== "sent") ?? "sent";
        expect((await state(id)).state).toBe(first);
      }),
      { numRuns: 40 },
    );
    await other.world.close();
  });
});

describe("early receipts", () => {
  it("are kept for a minute, and no more than 250 in a shard", async () => {
    const store = receipts.receipts(settings);
    // Early receipts of the tests before lie in any shard.
    const before = (await redisContents(raw, "{r0}:e*")).map(({ key }) => key);
    if (before.length > 0) await raw.del(before);
    const hash = (n: number) => `AAA${String(n).padStart(19, "0")}`;
    const report = { state: "delivered", reason: null, result: null } as const;
    const kinds = await Promise.all(Array.from({ length: 260 }, (_, n) => store.take(hash(n), report)));
    expect(kinds.filter(({ kind }) => kind === "early")).toHaveLength(250);
    expect(kinds.filter(({ kind }) => kind === "dropped")).toHaveLength(10);
    const kept = await redisContents(raw, "{r0}:e*");
    expect(kept.length).toBe(251);
    for (const { ttlMs } of kept) {
      expect(ttlMs).toBeGreaterThan(0);
      expect(ttlMs).toBeLessThanOrEqual(60_000);
    }
    const owner = { app: "shop", id: "v1", attempt: 1 };
    expect(await store.remember(hash(0), owner)).toEqual(report);
    expect(await store.remember(hash(0), owner)).toBeNull();
    // Its room is free again.
    expect((await store.take(hash(9999), report)).kind).toBe("early");
  });
});

it("keeps neither code nor receipt id readable in Redis, nor a code in the log", async () => {
  const { id } = await gateway.world.verifications.start(
    shop,
    { to: nextCallee(), channel: "memory", codeLength: 10 },
    null,
  );
  await sentOnce();
  await look(id);
  const [message] = gateway.provider.sent;
  const kept = (await redisContents(raw)).map(({ key, content }) => `${key}\n${content}`).join("\n");
  expect(kept).toContain(id);
  expect(kept).not.toContain(message?.code);
  expect(kept).not.toContain("memory/v");
  expect(gateway.world.logLines.join("\n")).not.toContain(message?.code);
});
