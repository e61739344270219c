/** The guard on a real Redis: configured limits, as an app sees them. */
import { describe, expect, it } from "vitest";
import { limits, many, quiet, withGuards } from "./with-guards.ts";
import { type Ask, hourMs } from "./world.ts";

const { open } = withGuards();

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
