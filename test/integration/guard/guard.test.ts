/** The guard on a real Redis: limits, learned thresholds and caps as an app sees them. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GuardRule } from "../../../src/guard/rule.ts";
import { deliveryDenied } from "../../../src/verification/refusals.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import {
  type Ask,
  createGuardWorld,
  dayMs,
  type GuardWorld,
  type GuardWorldOptions,
  hourMs,
  standard,
} from "./world.ts";

const runtime = withRuntime();
let redis: Redis;
let url: string;
const worlds: GuardWorld[] = [];

beforeAll(async () => {
  url = (await runtime.redis()).url;
  redis = new Redis(url);
});
beforeEach(() => redis.flushall());
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => redis.disconnect());

async function open(options: Omit<GuardWorldOptions, "redis"> = {}): Promise<GuardWorld> {
  const world = createGuardWorld({ redis: { url }, ...options });
  worlds.push(world);
  await world.store.firstTried();
  return world;
}

/** Only what a test is about: high thresholds everywhere else. */
const quiet = {
  ...standard.learned,
  ...{ country_day_floor: 1e6, prefix_day_floor: 1e6, app_day_floor: 1e6, ip_day_floor: 1e6, domain_day_floor: 1e6 },
};
const limits = (changed: Partial<typeof standard.limits>) => ({ ...standard.limits, ...changed });

async function many(world: GuardWorld, count: number, ask: (i: number) => Ask): Promise<(string | null)[]> {
  const decisions: (string | null)[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, decision } = await world.decide(ask(i));
    decisions.push(kind === "allow" ? decision : `${kind} ${decision}`);
  }
  return decisions;
}

describe("a limit of a network", () => {
  const config = { learned: quiet, limits: limits({ network: { per_hour: 3, per_day: 0 } }) };
  const to = (i: number) => `+4479111${String(i).padStart(5, "0")}`;

  it("counts an app's deliveries to one network, by its code or its name in a country", async () => {
    const world = await open({ config });
    const megafon = (i: number): Ask => ({ to: to(i), network: i % 2 ? ["MegaFon", "25002"] : [null, "25002"] });
    expect(await many(world, 4, megafon)).toEqual([null, null, null, "deny network_limit"]);
    expect(await many(world, 4, (i) => ({ to: to(i), network: ["Orange", null] }))).toEqual([
      ...[null, null, null],
      "deny network_limit",
    ]);
    expect(await many(world, 1, () => ({ network: ["Orange", null], country: "FR" }))).toEqual([null]);
    expect(await many(world, 1, () => ({ network: ["MegaFon", "25002"], app: "bank" }))).toEqual([null]);
    expect(await many(world, 5, (i) => ({ to: to(i) }))).toEqual([null, null, null, null, null]);
  });

  it("gives back what was not begun", async () => {
    const world = await open({ config });
    const ask = { to: to(0), network: ["MegaFon", null] } as const;
    for (let i = 0; i < 3; i++) {
      const asked = world.askOf(ask);
      const decided = await world.guard.decide(asked);
      if (decided.kind === "allow" && decided.counted !== null) world.guard.notBegun(asked, decided.counted);
    }
    await world.settle();
    expect(await many(world, 1, () => ask)).toEqual([null]);
  });
});

describe("a limit of a prefix", () => {
  const config = { learned: quiet, limits: limits({ prefix: { per_hour: 5, per_day: 8 } }) };
  const to = (i: number) => ({ to: `+44791112${String(i).padStart(4, "0")}` });

  it("counts the block of 10,000 numbers, for one app alone", async () => {
    const world = await open({ config });
    expect(await many(world, 5, to)).toEqual([null, null, null, null, null]);
    expect(await world.decide(to(5))).toMatchObject({
      kind: "deny",
      decision: "prefix_limit",
      refusal: { code: "rate_limited" },
    });
    expect((await world.decide({ to: "+447911130000" })).kind).toBe("allow");
    expect((await world.decide({ ...to(5), app: "bank" })).kind).toBe("allow");
  });

  it("says truly when a retry succeeds, of an hour and of a day", async () => {
    const world = await open({ config });
    await many(world, 5, to);
    for (let round = 0; round < 6; round++) {
      const denied = await world.decide(to(5));
      if (denied.kind !== "deny") throw new Error(`round ${round} was allowed`);
      const waitMs = denied.refusal.retryAfterMs ?? 0;
      expect(waitMs).toBeGreaterThan(1000);
      world.clock.advance(waitMs - 1000);
      expect((await world.decide(to(5))).kind, `a second too early, round ${round}`).toBe("deny");
      world.clock.advance(1001);
      expect((await world.decide(to(5))).kind, `after Retry-After, round ${round}`).toBe("allow");
    }
  });

  it("is not moved by what it refused, nor by what was not begun", async () => {
    const world = await open({ config });
    await many(world, 40, to);
    world.clock.advance(2 * hourMs);
    expect(await many(world, 3, to)).toEqual([null, null, null]);
    const ask = world.askOf(to(9));
    const decided = await world.guard.decide(ask);
    expect(decided).toMatchObject({ kind: "deny", decision: "prefix_limit" });

    const other = await open({ config });
    const taken = other.askOf({ ...to(1), app: "bank" });
    for (let i = 0; i < 20; i++) {
      const one = await other.guard.decide(taken);
      if (one.kind !== "allow" || one.counted === null) throw new Error(`${i} was denied`);
      other.guard.notBegun(taken, one.counted);
      await other.settle();
    }
  });
});

describe("limits by what the app says of the client", () => {
  const config = {
    learned: quiet,
    limits: limits({
      ip: { per_hour: 3, per_day: 0 },
      session: { per_hour: 2, per_day: 0 },
      device: { per_hour: 2, per_day: 0 },
    }),
  };
  const to = (i: number) => ({ to: `+4479${String(i * 37 + 100).padStart(4, "0")}0000` });

  it.each([
    ["ip_limit", 3, { ip: "203.0.113.9" }, { ip: "203.0.113.10" }],
    ["ip_limit", 3, { ip: "2001:db8:1:2::1" }, { ip: "2001:db8:1:3::1" }],
    ["session_limit", 2, { session: "s1" }, { session: "s2" }],
    ["device_limit", 2, { device: "d1" }, { device: "d2" }],
  ])("%s: %i in an hour, for that app alone", async (rule, most, client, another) => {
    const world = await open({ config });
    const denied = await many(world, most + 1, (i) => ({ ...to(i), ...client }));
    expect(denied).toEqual([...Array.from({ length: most }, () => null), `deny ${rule}`]);
    expect((await world.decide({ ...to(9), ...client, app: "bank" })).kind).toBe("allow");
    expect((await world.decide({ ...to(9), ...another })).kind).toBe("allow");
  });

  it("the /64 of an IPv6 address is one client, however it is written", async () => {
    const world = await open({ config });
    const ips = ["2001:db8::1", "2001:DB8:0:0:ffff::9", "2001:db8:0:0:1:2:3:4", "2001:db8::7"];
    expect(await many(world, 4, (i) => ({ ...to(i), ip: ips[i] ?? "" }))).toEqual([null, null, null, "deny ip_limit"]);
  });

  it("an address that many clients share, as of the app's own proxy, counts for none", async () => {
    const world = await open({ config });
    for (const ip of ["10.1.2.3", "127.0.0.1", "::1", "fd00::1", "::ffff:192.168.1.1", "100.64.9.9"]) {
      expect(await many(world, 5, (i) => ({ ...to(i), ip })), ip).toEqual([null, null, null, null, null]);
    }
  });
});

describe("an e-mail mailbox", () => {
  it("is one, however its address is written", async () => {
    const config = { learned: quiet, limits: limits({ address: { per_hour: 3, per_day: 0 } }) };
    const world = await open({ config });
    const spelt = [
      "Ada.Lovelace@gmail.com",
      "adalovelace+1@googlemail.com",
      "a.d.a.lovelace@GMAIL.com",
      "adalovelace@gmail.com",
    ];
    const decisions = await many(world, 4, (i) => ({ channel: "email", to: spelt[i] ?? "" }));
    expect(decisions).toEqual([null, null, null, "deny address_limit"]);
    // Elsewhere dots tell people apart.
    expect(await many(world, 4, (i) => ({ channel: "email", to: `${"a.".repeat(i)}b@example.com` }))).toEqual([
      ...[null, null, null, null],
    ]);
  });
});

describe("learned thresholds", () => {
  const config = {
    limits: limits({ prefix: { per_hour: 0, per_day: 0 }, ip: { per_hour: 0, per_day: 0 } }),
    learned: { ...standard.learned, hour_floor: 1_000_000, app_day_floor: 1_000_000 },
  };
  const at = (i: number) => ({ to: `+4479${String(i).padStart(4, "0")}1234` });

  it("a country without traffic may begin: 20 starts that nobody verifies, and no more in a day", async () => {
    const world = await open({ config });
    const decisions = await many(world, 30, at);
    expect(decisions.filter((one) => one === null)).toHaveLength(20);
    expect(decisions.at(-1)).toBe("deny country_learned");
    expect((await world.decide({ ...at(1), to: "+33612345678", country: "FR" })).kind).toBe("allow");
  });

  it("grow with what is verified: usual failures and a fifth more", async () => {
    const world = await open({ config });
    for (let i = 0; i < 300; i++) {
      const ask = at(i);
      const decided = await world.decide(ask);
      expect(decided.kind, `start ${i}`).toBe("allow");
      // 60 % are verified.
      if (i % 5 < 3) world.end(ask, decided);
      if (i % 10 === 9) await world.settle();
    }
    await world.settle();
    // Of 180 verified: 120 unverified are usual (40 %), 36 more are allowed.
    const attack = await many(world, 100, (i) => ({ to: `+4477${String(i).padStart(4, "0")}1234` }));
    const allowed = attack.filter((one) => one === null).length;
    expect(allowed).toBeGreaterThanOrEqual(30);
    expect(allowed).toBeLessThanOrEqual(40);
  });

  it("people of a prefix that has verified before are not locked out with their country", async () => {
    const world = await open({ config });
    const known = { to: "+447911123456" };
    world.end(known, await world.decide(known));
    await world.settle();
    expect((await many(world, 40, at)).at(-1)).toBe("deny country_learned");
    expect((await world.decide({ to: "+447911129999" })).kind).toBe("allow");
  });

  it("remember the best day of the last 14, and no longer", async () => {
    const world = await open({ config });
    for (let i = 0; i < 400; i++) {
      const decided = await world.decide(at(i));
      if (decided.kind !== "allow") throw new Error(`start ${i}: ${decided.decision}`);
      world.end(at(i), decided);
      if (i % 20 === 19) await world.settle();
    }
    await world.settle();
    const attacked = (count: number, block: string) =>
      many(world, count, (i) => ({ to: `+44${block}${String(i).padStart(4, "0")}1234` })).then(
        (all) => all.filter((one) => one === null).length,
      );
    world.clock.advance(4 * dayMs);
    const fifth = await attacked(120, "76");
    expect(fifth).toBeGreaterThanOrEqual(79);
    expect(fifth).toBeLessThanOrEqual(81);
    world.clock.advance(16 * dayMs);
    expect(await attacked(40, "75")).toBe(20);
  });

  it("an address: ten unverified starts a day, whatever their numbers", async () => {
    const world = await open({ config });
    const ip = { ip: "203.0.113.77" };
    const decisions = await many(world, 12, (i) => ({ ...at(i), ...ip, country: `A${"ABCDEFGHIJKLM"[i]}` }));
    expect(decisions.slice(0, 3)).toEqual([null, null, null]);
    // More than three countries is a warning.
    expect(decisions.slice(3, 10)).toEqual(Array.from({ length: 7 }, () => "ip_countries"));
    expect(decisions.slice(10)).toEqual(["deny ip_learned", "deny ip_learned"]);
  });

  it("are not taught by codes of the app, and test numbers count nowhere", async () => {
    const world = await open({ config });
    const own = { ...at(1), appCode: true };
    expect(await many(world, 50, () => own)).toEqual(Array.from({ length: 50 }, () => null));
    for (let i = 0; i < 50; i++) world.end(own, { kind: "allow", decision: null, counted: null });
    await world.settle();
    expect(await many(world, 200, () => ({ ...at(1), test: true }))).toEqual(Array.from({ length: 200 }, () => null));
    expect((await many(world, 21, (i) => at(i + 10))).at(-1)).toBe("deny country_learned");
  });

  it("an hour has a threshold of its own, which leaves room for those who are typing", async () => {
    const world = await open({
      config: { ...config, learned: { ...standard.learned, app_day_floor: 1e6, country_day_floor: 60 } },
    });
    const decisions = await many(world, 25, at);
    // A sixth of the day's 60, and 10 that may be in progress.
    expect(decisions.filter((one) => one === null)).toHaveLength(20);
    expect(decisions.at(-1)).toBe("deny country_learned");
    world.clock.advance(2 * hourMs);
    expect((await world.decide(at(99))).kind).toBe("allow");
  });
});

describe("caps of a day", () => {
  const spend = (most: number) => ({ spend_per_day: most, countries: {} });
  const config = { mode: "record" as const };

  it("hold in every mode, until midnight UTC", async () => {
    for (const mode of ["off", "record", "deny"] as const) {
      await redis.flushall();
      const world = await open({ config: { mode, learned: quiet }, caps: { shop: spend(0.1) } });
      const decisions = await many(world, 4, (i) => ({ to: `+44791${i}123456`, cost: 0.03 }));
      expect(decisions, mode).toEqual([null, null, null, "deny cap_app"]);
      const denied = await world.decide({ cost: 0.03 });
      if (denied.kind !== "deny") throw new Error("allowed");
      expect(denied.refusal.retryAfterMs).toBe(15 * hourMs);
      expect((await world.decide({ app: "bank", cost: 0.03 })).kind).toBe("allow");
      world.clock.advance(15 * hourMs);
      expect((await world.decide({ cost: 0.03 })).kind).toBe("allow");
    }
  });

  it("an estimate is replaced by the cost once that is known", async () => {
    const world = await open({ config, caps: { shop: spend(1) } });
    const asks = Array.from({ length: 3 }, (_, i) => ({ to: `+44791${i}123456`, cost: 0.3 }));
    for (const ask of asks) world.end(ask, await world.decide(ask), "verified", 0.05);
    expect(await world.decide({ cost: 0.3 })).toMatchObject({ kind: "deny", decision: "cap_app" });
    await world.settle();
    expect(await many(world, 3, (i) => ({ to: `+44792${i}123456`, cost: 0.28 }))).toEqual([null, null, null]);
    expect((await world.decide({ cost: 0.28 })).decision).toBe("cap_app");
  });

  it("of all apps, of a country, of deliveries: each by its name", async () => {
    const world = await open({
      config: { ...config, caps: { deliveries_per_day: 6, countries: { FR: { deliveries_per_day: 2 } } } },
      caps: { shop: { countries: { GB: { deliveries_per_day: 3 } } } },
    });
    expect(await many(world, 4, (i) => ({ to: `+44791${i}123456` }))).toEqual([
      null,
      null,
      null,
      "deny cap_app_country",
    ]);
    const french = await many(world, 3, (i) => ({ app: "bank", to: `+3361234567${i}`, country: "FR" }));
    expect(french).toEqual([null, null, "deny cap_gateway_country"]);
    expect(await many(world, 2, () => ({ app: "bank", country: "DE" }))).toEqual([null, "deny cap_gateway"]);
  });

  it("are used up by what is only recorded", async () => {
    const world = await open({
      config: { ...config, learned: quiet, limits: limits({ prefix: { per_hour: 1, per_day: 0 } }) },
      caps: { shop: { deliveries_per_day: 3, countries: {} } },
    });
    expect(await many(world, 4, () => ({}))).toEqual([null, "prefix_limit", "prefix_limit", "deny cap_app"]);
  });
});

describe("without its counters", () => {
  it("fails closed but for a few, and not at all where nothing is refused", async () => {
    const away = { url: "redis://127.0.0.1:1" };
    const deny = createGuardWorld({ redis: away, config: { fallback_per_minute: 2 } });
    const record = createGuardWorld({ redis: away, config: { mode: "record" } });
    worlds.push(deny, record);
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
  const add = (world: GuardWorld, value: string, list: "block" | "allow" = "block", app: string | null = null) =>
    world.module.lists?.add("key 1", { list, app, value, reason: null, expiresAtMs: null });

  it("the most exact entry holds, of the configuration or added, for all apps or one", async () => {
    const world = await open({ config: { block: ["+4479111", "@spam.example"], allow: ["+447911123456"] } });
    expect(await many(world, 1, () => ({ to: "+447911199999" }))).toEqual(["deny block_list"]);
    expect((await world.decide({ to: "+447911199999" })).kind).toBe("deny");
    expect((await world.decide({ to: "+447911123456" })).decision).toBe("allow_list");
    expect((await world.decide({ channel: "email", to: "x@Spam.example" })).decision).toBe("block_list");
    await add(world, "+447911123456", "block", "bank");
    expect((await world.decide({ to: "+447911123456", app: "bank" })).decision).toBe("block_list");
    expect((await world.decide({ to: "+447911123456" })).decision).toBe("allow_list");
    await add(world, "Ada.L+x@gmail.com");
    expect((await world.decide({ channel: "email", to: "adal@googlemail.com" })).decision).toBe("block_list");
  });

  it("every gateway follows a change, also one that Redis lost", async () => {
    const world = await open();
    const other = await open();
    const entry = await add(world, "+447911123456");
    await other.module.load();
    expect((await other.decide()).decision).toBe("block_list");
    await redis.flushall();
    world.module.start();
    await expect.poll(() => redis.hlen("{lists}:entries")).toBe(1);
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
  const contents = JSON.stringify(await redisContents(redis));
  for (const clear of ["447911", "79111", "203.0.113", "session-of-ada", "phone-of-ada", "ada@", "example.com"]) {
    expect(contents).not.toContain(clear);
  }
});
