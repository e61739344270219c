/** The guard on a real Redis: its rules in their order, lists, a Redis that is away, and what is kept. */
import { describe, expect, it } from "vitest";
import type { GuardRule } from "../../../src/guard/rule.ts";
import { deliveryDenied } from "../../../src/verification/refusals.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { limits, many, quiet, withGuards } from "./with-guards.ts";
import { type GuardWorld, hourMs, standard } from "./world.ts";

const { add, open, redis } = withGuards();

describe("without its counters", () => {
  it("fails closed but for a few, and not at all where nothing is refused", async () => {
    const away = { url: "redis://127.0.0.1:1" };
    const deny = add({ redis: away, config: { fallback_per_minute: 2 } });
    const record = add({ redis: away, config: { mode: "record" } });
    expect(await many(deny, 3, () => ({}))).toEqual([null, null, "deny fallback"]);
    expect((await deny.decide({ app: "bank" })).kind).toBe("allow");
    deny.clock.advance(60_000);
    expect((await deny.decide()).kind).toBe("allow");
    expect(await many(record, 40, () => ({}))).toEqual(Array.from({ length: 40 }, () => null));
  });
});

describe("rules in their order", () => {
  const trusting = { allow: ["+447911123456"] };
  const refusing = (name: string): GuardRule => ({
    ...{ name, binding: "always" },
    judge: () => ({ kind: "deny", refusal: deliveryDenied() }),
  });

  it("who is trusted meets no limit, but caps, opt-out and approval", async () => {
    const config = { ...trusting, limits: limits({ prefix: { per_hour: 1, per_day: 0 } }) };
    const world = await open({
      config,
      caps: { shop: { deliveries_per_day: 4, countries: {} } },
    });
    expect(await many(world, 5, () => ({}))).toEqual([
      ...Array.from({ length: 4 }, () => "allow_list"),
      "deny cap_app",
    ]);
    const optedOut = await open({ config: trusting, rules: { optOut: refusing("opt_out") } });
    expect(await optedOut.decide()).toMatchObject({ kind: "deny", decision: "opt_out" });
  });

  it("what the app's approval refuses is counted for nothing", async () => {
    const config = { learned: quiet, limits: limits({ prefix: { per_hour: 2, per_day: 0 } }) };
    const world = await open({ config, rules: { approval: refusing("approval") } });
    for (let i = 0; i < 5; i++) {
      expect((await world.decide()).decision).toBe("approval");
      await world.settle();
    }
  });

  it.each(["optOut", "health"])(
    "what %s refuses, or fails at, is counted for nothing, nor where the start begins elsewhere",
    async (name) => {
      const config = { learned: quiet, limits: limits({ prefix: { per_hour: 2, per_day: 0 } }) };
      const elsewhere = { kind: "begin_with", channel: "sms" } as const;
      const fails = async () => Promise.reject(new Error("away"));
      const verdicts = [async () => refusing("x").judge({} as never), async () => elsewhere, fails];
      for (const judge of verdicts) {
        const world = await open({ config, rules: { [name]: { name, binding: "always", judge } as GuardRule } });
        for (let i = 0; i < 4; i++) {
          await world.decide().catch(() => undefined);
          await world.settle();
        }
      }
      const world = await open({ config });
      expect(await many(world, 3, () => ({}))).toEqual([null, null, "deny prefix_limit"]);
    },
  );

  it("a denial is told once in a while, with how many there were", async () => {
    const world = await open({ rules: { optOut: refusing("opt_out") } });
    await many(world, 5, () => ({}));
    world.clock.advance(10_000);
    await world.decide();
    expect(world.denials).toMatchObject([
      ["shop", { rule: "opt_out", count: 1 }],
      ["shop", { rule: "opt_out", count: 5 }],
    ]);
    await world.settle();
    expect(world.rows).toHaveLength(6);
  });
});

describe("block and allow lists", () => {
  const listed = (world: GuardWorld, value: string, list: "block" | "allow" = "block", app: string | null = null) =>
    world.module.lists?.add("key 1", { list, app, value, reason: null, expiresAtMs: null });

  it("the most exact entry holds, of the configuration or added, for all apps or one", async () => {
    const world = await open({ config: { block: ["+4479111", "@spam.example"], allow: ["+447911123456"] } });
    expect(await many(world, 1, () => ({ to: "+447911199999" }))).toEqual(["deny block_list"]);
    expect((await world.decide({ to: "+447911199999" })).kind).toBe("deny");
    expect((await world.decide({ to: "+447911123456" })).decision).toBe("allow_list");
    expect((await world.decide({ channel: "email", to: "x@Spam.example" })).decision).toBe("block_list");
    await listed(world, "+447911123456", "block", "bank");
    expect((await world.decide({ to: "+447911123456", app: "bank" })).decision).toBe("block_list");
    expect((await world.decide({ to: "+447911123456" })).decision).toBe("allow_list");
    await listed(world, "Ada.L+x@gmail.com");
    expect((await world.decide({ channel: "email", to: "adal@googlemail.com" })).decision).toBe("block_list");
  });

  it("every gateway follows a change, also one that Redis lost", async () => {
    const world = await open();
    const other = await open();
    const entry = await listed(world, "+447911123456");
    await other.module.load();
    expect((await other.decide()).decision).toBe("block_list");
    await redis().flushall();
    world.module.start();
    await expect.poll(() => redis().hlen("{lists}:entries")).toBe(1);
    await world.module.lists?.remove("key 1", entry?.id ?? "", null);
    await other.module.load();
    expect((await other.decide()).kind).toBe("allow");
  });

  it("an entry ends at its time", async () => {
    const world = await open();
    const expiresAtMs = world.clock.nowMs() + hourMs;
    const entry = { list: "block", app: null, value: "+447911123456", reason: null, expiresAtMs } as const;
    await world.module.lists?.add("key 1", entry);
    expect((await world.decide()).decision).toBe("block_list");
    world.clock.advance(hourMs);
    expect((await world.decide()).kind).toBe("allow");
  });
});

describe("rules that are asked first", () => {
  const rule = (name: string, verdict: Awaited<ReturnType<GuardRule["judge"]>>, asked: string[] = []): GuardRule => ({
    ...{ name, binding: "always" },
    async judge() {
      asked.push(name);
      return verdict;
    },
  });
  const figures = [{ name: "age_days", limit: null, count: 3, windowSeconds: null }];

  it("are asked at once, and judged in their order", async () => {
    const asked: string[] = [];
    const denies: GuardRule = { ...rule("opt_out", { kind: "deny", refusal: deliveryDenied() }, asked) };
    const world = await open({
      rules: { optOut: denies, health: rule("number_health", { kind: "record", figures }, asked) },
    });
    const decided = world.decide();
    expect(asked).toEqual(["opt_out", "number_health"]);
    expect(await decided).toMatchObject({ kind: "deny", decision: "opt_out" });
  });

  it("one that only records has the delivery begin, written down, and what is verified then teaches", async () => {
    const health = rule("number_health", { kind: "record", figures });
    const world = await open({ rules: { health }, config: { learned: { ...standard.learned, prefix_day_floor: 2 } } });
    for (let i = 0; i < 6; i++) {
      const decided = await world.decide();
      expect(decided).toMatchObject({ kind: "allow", decision: "number_health" });
      world.end({}, decided);
      await world.settle();
    }
    expect(world.rows).toHaveLength(6);
    expect(world.rows[0]).toMatchObject({ verdict: "recorded", rule: "number_health", figures });
  });

  it("one may have a start begin with another channel: nothing is counted for the first", async () => {
    const health = rule("number_health", { kind: "begin_with", channel: "voice" });
    const world = await open({
      rules: { health },
      config: { limits: limits({ prefix: { per_hour: 1, per_day: 0 } }) },
    });
    for (let i = 0; i < 3; i++) expect(await world.decide()).toMatchObject({ kind: "begin_with", channel: "voice" });
  });
});

it("a configuration that is loaded again holds at once", async () => {
  const world = await open({ config: { learned: quiet, limits: limits({ prefix: { per_hour: 1, per_day: 0 } }) } });
  expect(await many(world, 2, () => ({}))).toEqual([null, "deny prefix_limit"]);
  world.configure({ limits: limits({ prefix: { per_hour: 3, per_day: 0 } }), block: ["+4479222"] });
  expect(await many(world, 3, () => ({}))).toEqual([null, null, "deny prefix_limit"]);
  expect((await world.decide({ to: "+447922212345" })).decision).toBe("block_list");
});

it("Redis holds no number, no address and nothing of the client in clear", async () => {
  const world = await open({ caps: { shop: { deliveries_per_day: 100, countries: {} } } });
  const ask = { to: "+447911123456", ip: "203.0.113.77", session: "session-of-ada", device: "phone-of-ada" };
  world.end(ask, await world.decide(ask));
  await world.decide({ channel: "email", to: "ada@example.com" });
  const blocked = { list: "block", app: null, value: "+447911123457", reason: null, expiresAtMs: null } as const;
  await world.module.lists?.add("key 1", blocked);
  await world.settle();
  const contents = JSON.stringify(await redisContents(redis()));
  for (const clear of ["447911", "79111", "203.0.113", "session-of-ada", "phone-of-ada", "ada@", "example.com"]) {
    expect(contents).not.toContain(clear);
  }
});
