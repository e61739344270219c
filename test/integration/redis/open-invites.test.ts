/** INVITEs under way, kept for other gateways in a real Redis: who lives, who takes a dead one's, what can be read there. */
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../../src/redis/index.ts";
import type { OpenInvitesStore } from "../../../src/redis/open-invites-store.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { OpenInvite } from "../../../src/telephony/sip-trunks/open-invites-port.ts";
import { createSealing } from "../../../src/verification/sealing.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const clock = manualClock();
const sealing = createSealing(cryptoRandom, "a key of at least 32 characters, for tests");
const callee = "447700900123";
const callerId = "442079460001";
let redis: Redis;
let open: () => Store;
let stores: Store[] = [];

beforeAll(async () => {
  const server = await runtime.redis();
  redis = new Redis(server.url);
  open = () => {
    const store = createStore({
      redis: patientRedis(server.url),
      reputation: careSettings,
      clock,
      testTime: true,
      logger: pino({ level: "silent" }),
    });
    stores.push(store);
    return store;
  };
});
beforeEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  stores = [];
  await redis.flushall();
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  redis.disconnect();
});

/** Gateways on one Redis, each of which has beaten once, after Redis was found to be there long enough. */
async function gateways(count: number): Promise<OpenInvitesStore[]> {
  const all = await Promise.all(
    Array.from({ length: count }, async () => {
      const store = open();
      await vi.waitFor(async () => expect(await store.ping()).toBe(true), { timeout: 10_000 });
      return store.openInvites(sealing);
    }),
  );
  for (const gateway of all) await gateway.beat();
  await redis.del("{gateways}:resumed");
  return all;
}

function inviteOf(number: number): OpenInvite {
  const branch = `z9hG4bK${number}`;
  return {
    trunk: "carrier-a",
    target: { protocol: "tcp", address: "192.0.2.1", port: 5060 },
    sent: {
      ...{ uri: `sip:+${callee}@carrier.example`, via: `SIP/2.0/TCP 198.51.100.1:5060;branch=${branch};rport`, branch },
      ...{ from: `<sip:+${callerId}@us.example>;tag=t`, to: `<sip:+${callee}@carrier.example>` },
      ...{ callId: `c${number}@us`, cseq: 2, routes: ["<sip:proxy.example;lr>"] },
    },
  };
}

const invitesIn = async () => (await redisContents(redis, "{o*}:invites")).length;
/** Lives on; at each step all of these beat. */
async function live(gateways: readonly OpenInvitesStore[], ms: number): Promise<string[]> {
  const dead: string[] = [];
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    for (const gateway of gateways) dead.push(...(await gateway.beat()));
  }
  return [...new Set(dead)];
}

describe("a gateway that dies", () => {
  it("is found after 4 s, and its INVITEs come back whole to exactly one of the others", async () => {
    const [dying, one, two] = (await gateways(3)) as [OpenInvitesStore, OpenInvitesStore, OpenInvitesStore];
    const invites = Array.from({ length: 450 }, (_, number) => inviteOf(number));
    invites.forEach((invite, number) => {
      dying.sent(`a${number}`, invite);
    });
    dying.flush();
    await vi.waitFor(async () => expect(await invitesIn()).toBe(1));
    expect(await live([one, two], 3500)).toEqual([]);
    expect(await live([one, two], 1000)).toEqual([dying.gateway]);
    const taken = new Map<string, OpenInvite | null>();
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all([one.take(dying.gateway), two.take(dying.gateway)]);
      const orphans = both.flat();
      expect(both.map(({ length }) => length)).toContain(0);
      for (const { attempt, invite } of orphans) taken.set(attempt, invite);
      const attempts = orphans.map(({ attempt }) => attempt);
      await (both[0].length > 0 ? one : two).done(dying.gateway, attempts);
    }
    expect(taken.size).toBe(450);
    expect(
      [...taken].every(
        ([attempt, invite]) => JSON.stringify(invite) === JSON.stringify(invites[Number(attempt.slice(1))]),
      ),
    ).toBe(true);
    expect((await redisContents(redis)).map(({ key }) => key).sort()).toEqual([
      "{gateways}:beats",
      "{version}:records",
    ]);
    expect(await live([one, two], 5000)).toEqual([]);
  });

  it("is taken over by another one where the taker dies too", async () => {
    const [dying, taker, last] = (await gateways(3)) as [OpenInvitesStore, OpenInvitesStore, OpenInvitesStore];
    dying.sent("a", inviteOf(1));
    dying.flush();
    await vi.waitFor(async () => expect(await invitesIn()).toBe(1));
    expect(await taker.take(dying.gateway)).toHaveLength(1);
    expect(await last.take(dying.gateway)).toEqual([]);
    await redis.pexpire(`{o${dying.gateway}}:taker`, 1);
    await vi.waitFor(async () => expect(await last.take(dying.gateway)).toHaveLength(1));
  });

  it("leaves nothing that can be read: no number in Redis, sealed for its gateway and attempt", async () => {
    const [dying, other] = (await gateways(2)) as [OpenInvitesStore, OpenInvitesStore];
    dying.sent("a", inviteOf(1));
    dying.sent("b", inviteOf(2));
    dying.flush();
    await vi.waitFor(async () => expect(await invitesIn()).toBe(1));
    const kept = await redisContents(redis, "{o*");
    for (const secret of [callee, callerId, callee.slice(3), "carrier", "192.0.2.1"]) {
      expect(JSON.stringify(kept)).not.toContain(secret);
    }
    const key = `{o${dying.gateway}}:invites`;
    await redis.hset(key, "b", (await redis.hget(key, "a")) ?? "");
    const taken = await other.take(dying.gateway);
    expect(taken.map(({ attempt, invite }) => [attempt, invite === null]).sort()).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });
});

describe("more gateways that died than one look gets", () => {
  it("come one after the other, and the one that died last comes at once", async () => {
    const [one, dying] = (await gateways(2)) as [OpenInvitesStore, OpenInvitesStore];
    const stuck = Array.from({ length: 70 }, (_, index) => `stuck${index}`);
    for (const [index, name] of stuck.entries()) await redis.zadd("{gateways}:beats", index, name);
    // Those that stopped in order have the score 0.
    expect(await live([one], 4000)).toContain(dying.gateway);
    for (let look = 0; look < 3; look++) {
      const found = await one.beat();
      expect(found[0]).toBe(dying.gateway);
      expect(found.length).toBeLessThanOrEqual(40);
    }
    expect(new Set(await live([one], 3000))).toEqual(new Set([...stuck, dying.gateway]));
  });
});

describe("a gateway that lives", () => {
  it("leaves nothing of calls that are over, whenever that was", async () => {
    const [gateway] = (await gateways(1)) as [OpenInvitesStore];
    gateway.sent("same-turn", inviteOf(1));
    gateway.over("same-turn");
    gateway.over("never-sent");
    gateway.sent("written", inviteOf(2));
    gateway.flush();
    await vi.waitFor(async () => expect(await redis.hkeys(`{o${gateway.gateway}}:invites`)).toEqual(["written"]));
    gateway.sent("written", inviteOf(3));
    gateway.over("written");
    clock.advance(20);
    await vi.waitFor(async () => expect(await invitesIn()).toBe(0));
  });

  it("has its INVITEs kept for as long as it lives, and for ten minutes after", async () => {
    const [gateway] = (await gateways(1)) as [OpenInvitesStore];
    const keptFor = async () => (await redisContents(redis, "{o*}:invites"))[0]?.ttlMs ?? 0;
    gateway.sent("a", inviteOf(1));
    gateway.flush();
    // Before any beat: it may die sooner.
    await vi.waitFor(async () => expect(await keptFor()).toBeGreaterThan(590_000));
    await redis.pexpire(`{o${gateway.gateway}}:invites`, 60_000);
    await gateway.beat();
    await vi.waitFor(async () => expect(await keptFor()).toBeGreaterThan(590_000));
    expect(await keptFor()).toBeLessThanOrEqual(600_000);
  });

  it("that was frozen is taken for dead, and then lives on", async () => {
    const [frozen, other] = (await gateways(2)) as [OpenInvitesStore, OpenInvitesStore];
    frozen.sent("a", inviteOf(1));
    frozen.flush();
    await vi.waitFor(async () => expect(await invitesIn()).toBe(1));
    expect(await live([other], 4500)).toEqual([frozen.gateway]);
    const taken = await other.take(frozen.gateway);
    await frozen.beat();
    await other.done(
      frozen.gateway,
      taken.map(({ attempt }) => attempt),
    );
    frozen.sent("b", inviteOf(2));
    frozen.flush();
    // The key is a new one.
    await vi.waitFor(async () =>
      expect((await redisContents(redis, "{o*}:invites"))[0]?.ttlMs).toBeGreaterThan(590_000),
    );
    frozen.over("a");
    expect(await live([frozen, other], 5000)).toEqual([]);
  });

  it("that was frozen, or forgotten, and is back counts as dead no longer: its new calls are its own", async () => {
    const [frozen, other] = (await gateways(2)) as [OpenInvitesStore, OpenInvitesStore];
    expect(await other.isDead(frozen.gateway)).toBe(false);
    expect(await live([other], 4500)).toEqual([frozen.gateway]);
    expect(await other.isDead(frozen.gateway)).toBe(true);
    await frozen.beat();
    expect(await other.isDead(frozen.gateway)).toBe(false);
    expect(await live([other], 4500)).toEqual([frozen.gateway]);
    await other.done(frozen.gateway, []);
    expect(await other.isDead(frozen.gateway)).toBe(false);
    await frozen.beat();
    frozen.sent("a", inviteOf(1));
    await frozen.leave();
    expect(await other.isDead(frozen.gateway)).toBe(true);
  });

  it("that stops with calls is looked after at once, and forgotten where it has none", async () => {
    const [stopping, idle, other] = (await gateways(3)) as [OpenInvitesStore, OpenInvitesStore, OpenInvitesStore];
    stopping.sent("a", inviteOf(1));
    stopping.flush();
    await vi.waitFor(async () => expect(await invitesIn()).toBe(1));
    await Promise.all([stopping.leave(), idle.leave()]);
    expect(await other.beat()).toEqual([stopping.gateway]);
    expect(await redis.zscore("{gateways}:beats", idle.gateway)).toBeNull();
  });

  it("is not taken for dead because Redis was away", async () => {
    const all = (await gateways(3)) as [OpenInvitesStore, OpenInvitesStore, OpenInvitesStore];
    clock.advance(10_000);
    expect(await all[0].beat()).toEqual([]);
    expect(await all[1].beat()).toEqual([]);
    expect(await all[2].beat()).toEqual([]);
    await redis.del("{gateways}:resumed");
    expect(await all[0].beat()).toEqual([]);
  });
});
