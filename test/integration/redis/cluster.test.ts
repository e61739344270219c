import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import { createLiveStreams } from "../../../src/live/index.ts";
import { writeReading } from "../../../src/numbers/health/readings.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createStore } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { OpenInvite } from "../../../src/telephony/sip-trunks/open-invites-port.ts";
import { createSealing } from "../../../src/verification/sealing.ts";
import { anyCaller } from "../../support/any-caller.ts";
import { anEvent } from "../../support/public-events.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { TestOutput } from "../../support/stream-outputs.ts";
import { within } from "../../support/within.ts";
import { careSettings, createWorld, refusalOf, shop, type World, wrongCode } from "../verification/world.ts";
import { type ClusterNodes, moveSlot, type Node, slots, startCluster } from "./cluster-nodes.ts";
import { tell } from "./outbox-world.ts";

let cluster: ClusterNodes;
let nodes: readonly Node[];
let world: World;
/** Gives up on a node early, as an operator would have it. */
let hasty: World;

const allNodes = (command_timeout_ms: number) => ({
  cluster: { nodes: nodes.map(({ port }) => `127.0.0.1:${port}`), tls: false },
  command_timeout_ms,
});

beforeAll(async () => {
  cluster = await startCluster();
  ({ nodes } = cluster);
  world = createWorld({
    callInNumbers: ["+442079460001", "+442079460002"],
    // What is refused for a shorter deadline is written again by the world's clock, which stands still.
    redis: allNodes(10_000),
  });
  hasty = createWorld({ redis: allNodes(800) });
  await Promise.all([world.ready(), hasty.ready()]);
});

afterAll(async () => {
  await world?.close();
  await hasty?.close();
  await cluster?.stop();
});

describe("on a Redis Cluster of three nodes", () => {
  it("every verification lives its whole life, wherever its callee lies", async () => {
    for (let i = 0; i < 60; i++) {
      const to = `+44770090${String(i).padStart(4, "0")}`;
      const { id } = await world.verifications.start(shop, { to }, `key ${i}`);
      const { code } = world.lastCall();
      await world.ringOut();
      expect(await world.verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({ checksLeft: 2 });
      world.clock.advance(15_000);
      await world.verifications.resend(shop, id);
      const right = await world.verifications.check(shop, id, { code: world.lastCall().code });
      expect(right).toMatchObject({ valid: true, status: "verified" });
    }
    const counts = await Promise.all(nodes.map(({ client }) => client.dbsize()));
    for (const count of counts) expect(count).toBeGreaterThan(30);
  });

  it("all keys of one callee share their slot", async () => {
    const tags = new Map<string, Set<string>>();
    for (const { client } of nodes) {
      for (const key of await client.keys("*:c:*")) {
        const callee = key.split(":")[2] ?? "";
        tags.set(callee, (tags.get(callee) ?? new Set()).add(key.slice(0, key.indexOf("}") + 1)));
      }
    }
    expect(tags.size).toBe(60);
    for (const [callee, found] of tags) expect(found.size, callee).toBe(1);
  });

  it("the events of every verification reach the app's stream in order, from whichever node", async () => {
    const { events, drain } = tell(world);
    const bank = appIdentity("bank");
    const started = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        world.verifications.start(bank, { to: `+4477012${String(i).padStart(5, "0")}` }, null),
      ),
    );
    const reader = events.streams.open();
    const waiting = reader.read(
      new Map([
        [bank.name, "0-0"],
        [null, "0-0"],
      ]),
      10,
      5000,
    );
    await Promise.all(started.map(({ id }) => world.verifications.cancel(bank, id)));
    await drain();
    expect([...(await waiting).keys()]).toEqual([bank.name]);
    reader.close();
    const entries = await events.streams.read(bank.name, "0-0", 1000);
    const seqs = started.map(({ id }) =>
      entries.flatMap(({ event }) => (event.id.startsWith(`evt_${id}_`) ? [event.seq] : [])),
    );
    expect(seqs).toEqual(started.map(() => [1, 2]));
    expect(await events.status()).toEqual([{ cursor: "live", waiting: 0, oldestMs: 0 }]);
    const { events: kept } = await events.history.read(bank.name, started[0]?.id ?? "");
    expect(kept.map(({ type }) => type)).toEqual(["verification.started", "verification.ended"]);
  });

  it("all that is kept of a callee is found and erased, on whichever node it lies", async () => {
    const { drain } = tell(world);
    const eve = appIdentity("eve");
    const { subjects } = world.store;
    for (let i = 0; i < 12; i++) {
      const to = `+4477013${String(i).padStart(5, "0")}`;
      const { callee } = world.verifications.identify(to, null);
      const { id } = await world.verifications.start(eve, { to, reference: `ref-${i}` }, null);
      await world.verifications.cancel(eve, id);
      await world.ringOut();
      // The last one's events have not been handed on.
      if (i < 11) await drain();
      let next = await subjects.search(callee, null);
      while (next !== null) next = await subjects.search(callee, next);
      expect(await subjects.verifications(callee)).toEqual([{ id, app: "eve" }]);
      expect(await subjects.limits(callee)).toMatchObject({ starts: 1, caller_ids_shown: 1 });
      expect(await world.verifications.erase(id)).toBe(true);
      expect(await subjects.eraseLimits(callee)).toBe(1);
      await subjects.forget(callee);
      const verifications = new Set<string>();
      const note = (one: string) => void verifications.add(one);
      const whom = { to, hash: "", verifications, note, is: (one: string) => one === to };
      // Where a relay holds what it took, the erasure looks again by this clock.
      const ticking = setInterval(() => world.clock.pass(10), 10);
      for (const store of world.store.eventSubjects(() => [eve.name])) {
        let after: string | null = null;
        do after = (await store.erase(whom, after)).next;
        while (after !== null);
      }
      clearInterval(ticking);
    }
    await drain();
    const kept = await Promise.all(nodes.map(async ({ client }) => JSON.stringify(await redisContents(client))));
    expect(kept.join("")).not.toMatch(/4477013|"ref-\d/);
    expect(kept.join("")).toContain("4477012");
  });

  it("calls are counted for their caller IDs in one slot, whatever callee and trunk they were of", async () => {
    const perNode = await Promise.all(nodes.map(({ client }) => client.keys("{reputation}:*")));
    const holding = perNode.filter((keys) => keys.length > 0);
    expect(holding).toHaveLength(1);
    // 120 calls from a million caller IDs: hardly one came twice.
    expect(holding[0]?.filter((key) => key.startsWith("{reputation}:a:")).length).toBeGreaterThan(110);
  });

  it("a callee's own call finds the verification that it proves, wherever that lies", async () => {
    for (let i = 0; i < 30; i++) {
      const to = `+4477009300${String(i).padStart(2, "0")}`;
      const { id, deliveries } = await world.verifications.start(shop, { to, channel: "call_in" }, null);
      const [{ details } = { details: null }] = deliveries;
      const { number: called } = details as unknown as { number: string };
      world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called });
      await world.verifications.settled();
      expect((await world.verifications.get(shop, id)).status).toBe("verified");
    }
  });

  it("follows a slot that moves to another node, without placing twice", async () => {
    const to = "+447700911111";
    const { id } = await world.verifications.start(shop, { to }, null);
    const key = `{s${Number.parseInt(id.slice(1, 5), 16) % 64}}:v:${id}`;
    const slot = await nodes[0]?.client.cluster("KEYSLOT", key);
    const placed = world.placed.length;
    await moveSlot(cluster, Number(slot));
    const { code } = world.lastCall();
    expect(await world.verifications.check(shop, id, { code: wrongCode(code) })).toMatchObject({ checksLeft: 2 });
    expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: true });
    expect(world.placed.length).toBe(placed);
  });

  it("counts the calls of all gateways on one node", async () => {
    const limits = { callsPerSecond: 1000, maxConcurrentCalls: 1 };
    const path = { trunk: "carrier", asterisk: "main", trunkLimits: limits, asteriskLimits: limits };
    const take = (leaseId: string) =>
      world.store.admission.reserve({ leaseId, leaseMs: 30_000, maxWaitMs: 100, caller: anyCaller, paths: [path] });
    expect([(await take("a")).kind, (await take("b")).kind]).toEqual(["taken", "full"]);
    const released = world.store.admission.settle({ leaseId: "a", path, caller: anyCaller }, "ended");
    world.clock.advance(1000);
    await released;
    expect(await take("c")).toMatchObject({ kind: "taken", path: 0 });
  });

  it("serves who waits for the first try to connect to each node: the first starts were refused where one was slower", async () => {
    // Not the one that holds what every gateway looks at before it is ready.
    const slow = nodes[2] as Node;
    // ioredis asks any node whether the cluster is whole: here always the first, which is not the slow one.
    const any = vi.spyOn(Math, "random").mockReturnValue(0);
    process.kill(slow.child.pid, "SIGSTOP");
    const other = createWorld({
      redis: { cluster: { nodes: [`127.0.0.1:${nodes[0]?.port}`], tls: false }, command_timeout_ms: 5000 },
    });
    const tried = other.store.firstTried();
    await expect.poll(() => other.store.ping()).toBe(true);
    process.kill(slow.child.pid, "SIGCONT");
    await tried;
    any.mockRestore();
    const callees = Array.from({ length: 10 }, (_, i) => `+44770094000${i}`);
    await Promise.all(callees.map((to) => other.verifications.start(shop, { to }, null)));
    await other.close();
  });

  it("live streams of apps on each node get their events, and go on where another node is gone", async () => {
    const { streams } = hasty.store;
    const unasked = () => Promise.reject(new Error("not asked"));
    const live = createLiveStreams({
      ...{
        streams,
        history: { read: unasked },
        verifications: { get: unasked },
        clock: systemClock,
        random: cryptoRandom,
      },
      ...{ limits: { max_streams: 100, max_streams_per_app: 1 }, logger: createLogger({ level: "silent" }) },
    });
    const follow = async (app: string) => {
      const output = new TestOutput();
      (await live.openEvents(app, null, null)).begin(output, () => undefined);
      const key = `{e:${app}}:events`;
      const node = Math.floor((Number(await nodes[0]?.client.cluster("KEYSLOT", key)) * 3) / slots);
      return { app, output, node };
    };
    const apps = await Promise.all(Array.from({ length: 12 }, (_, n) => follow(`app${n}`)));
    expect(new Set(apps.map(({ node }) => node)).size).toBe(3);
    const happen = (app: string, seq: number) =>
      streams.append(app, 0, [{ position: `${seq}-0`, json: JSON.stringify(anEvent(app, "v1", seq)) }]);
    const seqs = (of: typeof apps) => of.map(({ output }) => output.events.map(({ data }) => data.seq));
    await Promise.all(apps.map(({ app }) => happen(app, 1)));
    await expect.poll(() => seqs(apps)).toEqual(apps.map(() => [1]));

    const paused = nodes[2] as Node;
    process.kill(paused.child.pid, "SIGSTOP");
    const others = apps.filter(({ node }) => node !== 2);
    await Promise.all(others.map(({ app }) => happen(app, 2)));
    await expect.poll(() => seqs(others)).toEqual(others.map(() => [1, 2]));
    process.kill(paused.child.pid, "SIGCONT");
    const theirs = apps.filter(({ node }) => node === 2);
    await expect
      .poll(() =>
        Promise.all(theirs.map(({ app }) => happen(app, 2))).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await expect.poll(() => seqs(theirs)).toEqual(theirs.map(() => [1, 2]));
    await live.close();
  });

  it("number health: readings of many numbers over all nodes, counts of trunks, erasure", async () => {
    const { health } = world.store;
    const hashes = Array.from({ length: 20 }, (_, i) => `number${i}`);
    const reading = writeReading({
      kind: "a",
      proven: false,
      source: "call",
      via: "trunk1",
      app: "shop__",
      atMs: 1e12,
    });
    await Promise.all(hashes.map((hash) => health.merge(hash, reading, 21_600, 60_000)));
    expect(await Promise.all(hashes.map((hash) => health.read(hash)))).toEqual(hashes.map(() => reading));
    const counts = { answers: 2, unallocated: 1, barred: 0, early: 0, wrong: 0 };
    await health.count(new Map([["trunk1", counts]]));
    expect((await health.count(new Map([["trunk1", counts]]))).get("trunk1")).toMatchObject({
      answers: 4,
      unallocated: 2,
    });
    expect(await Promise.all(hashes.map((hash) => health.erase(hash)))).toEqual(hashes.map(() => true));
  });

  it("the guard counts each app in one slot, and caps of all apps in another", async () => {
    const guard = world.store.guard;
    const bucket = { country: null, maxDeliveries: null, maxMicros: null };
    const request = {
      ...{ app: "shop", starts: true, costMicros: 1000, country: "GB", goesOn: false },
      learning: { percent: 20, inFlight: 10, usual: 667 },
      caps: [
        { ...bucket, app: null, maxDeliveries: 3 },
        { ...bucket, app: "shop", maxMicros: 2500 },
      ],
      scopes: ["p:x", "c:GB", "a:"].map((suffix) => ({ suffix, perHour: 0, perDay: 0, dayFloor: 9, hourFloor: 9 })),
    };
    expect((await guard.count(request)).reached).toBe(null);
    expect((await guard.count(request)).reached).toBe(null);
    expect((await guard.count(request)).reached).toMatchObject({ index: 1, kind: "cost" });
    // What was refused is taken back from the caps of all apps.
    const bank = { ...request, app: "bank", caps: request.caps.slice(0, 1) };
    expect((await guard.count(bank)).reached).toBe(null);
    expect((await guard.count(bank)).reached).toMatchObject({ index: 0, kind: "deliveries" });
    const cap = { app: null, country: null, atMs: world.clock.nowMs(), deliveries: -1, micros: -1000 };
    await guard.settle({
      app: "bank",
      caps: [cap],
      scopes: [{ suffix: "p:x", deliveries: -1, starts: -1, verified: 0 }],
    });
    expect((await guard.count(bank)).reached).toBe(null);
  });

  it("keeps INVITEs under way for another gateway, wherever their keys lie", async () => {
    const sealing = createSealing(cryptoRandom, "a key of at least 32 characters, for tests");
    const stores = [1, 2].map(() =>
      createStore({
        redis: allNodes(800),
        reputation: careSettings,
        clock: systemClock,
        logger: createLogger({ level: "silent" }),
      }),
    );
    try {
      await Promise.all(stores.map((store) => store.firstTried()));
      const [dying, other] = stores.map((store) => store.openInvites(sealing));
      const invite: OpenInvite = {
        ...{ trunk: "a", target: { protocol: "udp", address: "192.0.2.1", port: 5060 } },
        sent: { uri: "sip:a@b", via: "v", branch: "b", from: "f", to: "t", callId: "c", cseq: 1, routes: [] },
      };
      dying?.sent("one", invite);
      dying?.sent("two", invite);
      dying?.flush();
      await dying?.beat();
      await vi.waitFor(async () => expect(await other?.take(dying?.gateway ?? "")).toHaveLength(2));
      dying?.over("two");
      await other?.done(dying?.gateway ?? "", ["one"]);
      await vi.waitFor(async () => expect(await other?.take(dying?.gateway ?? "")).toEqual([]));
      await other?.beat();
      await dying?.leave();
      await other?.leave();
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  });

  /** Asks the world's gateway by another one. Time stands still there. */
  async function expectAsked(callId: string): Promise<void> {
    const asking = createStore({
      redis: allNodes(800),
      ...{ reputation: careSettings, clock: systemClock, logger: createLogger({ level: "silent" }) },
    });
    try {
      await asking.firstTried();
      await vi.waitFor(
        () => {
          world.clock.advance(1000);
          asking.hangUps.ask(world.store.hangUps.gateway, callId);
          expect(world.canceled).toContain(callId);
        },
        { timeout: 10_000, interval: 100 },
      );
    } finally {
      await asking.close();
    }
  }

  it("another gateway can ask to hang up, whichever node each is connected to, and when that connection broke", async () => {
    await expectAsked("v0000abcdefghijklmnopqrstuv-1");
    for (const { client } of nodes) await client.call("CLIENT", "KILL", "TYPE", "pubsub");
    await expectAsked("v0000abcdefghijklmnopqrstuv-2");
  });

  it("refuses what lies on a node that is gone within a second, and keeps placing nothing", async () => {
    const victim = nodes[2] as Node;
    process.kill(victim.child.pid, "SIGKILL");
    await victim.child.exited;
    const placed = hasty.placed.length;
    const codes = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const to = `+4477009200${String(i).padStart(2, "0")}`;
      const start = hasty.verifications.start(shop, { to }, null).then(
        () => "placed",
        (error) => (error as { code: string }).code,
      );
      codes.add(await within(1000, start));
    }
    expect(codes).toContain("store_unavailable");
    expect([...codes].every((code) => code === "placed" || code === "store_unavailable")).toBe(true);
    expect(hasty.placed.length - placed).toBeLessThan(20);
    expect(await refusalOf(hasty.verifications.get(shop, "v"))).toMatchObject({ code: "verification_not_found" });
    // It may have been connected to this node for that.
    await expectAsked("v0000abcdefghijklmnopqrstuv-3");
  });
});
