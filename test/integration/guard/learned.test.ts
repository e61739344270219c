/** The guard on a real Redis: learned thresholds and caps of a day, as an app sees them. */
import { describe, expect, it } from "vitest";
import { limits, many, quiet, withGuards } from "./with-guards.ts";
import { dayMs, hourMs, standard } from "./world.ts";

const { open, redis } = withGuards();

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

  it.each([
    ["day, exactly", 15 * hourMs, 10, config.learned, "ip_learned"],
    [
      "hour, exactly",
      hourMs,
      20,
      { ...standard.learned, app_day_floor: 1e6, country_day_floor: 60 },
      "country_learned",
    ],
  ] as const)("say when they are over where the starts of a new scope fill those of the %s", async (...row) => {
    const [, leftMs, most, learned, rule] = row;
    const world = await open({ config: { ...config, learned } });
    const ask = (i: number) => ({ ...at(i), ...(rule === "ip_learned" && { ip: "203.0.113.77" }) });
    expect(await many(world, most, ask)).toEqual(Array.from({ length: most }, () => null));
    const denied = await world.decide(ask(most));
    if (denied.kind !== "deny") throw new Error("allowed");
    expect(denied.decision).toBe(rule);
    const { retryAfterMs } = denied.refusal;
    expect(Math.abs((retryAfterMs ?? 0) - leftMs)).toBeLessThanOrEqual(1000);
    world.clock.advance(leftMs - 1000);
    expect(await world.decide(ask(most))).toMatchObject({ kind: "deny", decision: rule });
    world.clock.advance(1001);
    expect((await world.decide(ask(most))).kind).toBe("allow");
  });
});

describe("caps of a day", () => {
  const spend = (most: number) => ({ spend_per_day: most, countries: {} });
  const config = { mode: "record" as const };

  it("hold in every mode, until midnight UTC", async () => {
    for (const mode of ["off", "record", "deny"] as const) {
      await redis().flushall();
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
