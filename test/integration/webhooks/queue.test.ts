/** The queue's scripts on a real Redis: bounds, claims, circuit, and the list of what is due. */
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type { Claim, QueuedEvent, QueueSettings, Settled, WebhookQueue } from "../../../src/webhooks/queue-port.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";

const runtime = withRuntime();
let store: Store;
let endpoints = 0;
let tokens = 0;

beforeAll(async () => {
  store = createStore({
    redis: patientRedis((await runtime.redis()).url),
    reputation: {} as Parameters<typeof createStore>[0]["reputation"],
    ...{ clock: systemClock, logger: pino({ level: "silent" }) },
  });
  await store.firstTried();
});
afterAll(() => store.close());

const newEndpoint = () => `wh_${++endpoints}`;

function queueOf(changed: Partial<QueueSettings> = {}, jitter = 1): WebhookQueue {
  const settings = { longestMs: 86_400_000, mostQueued: 100, mostDead: 5, triesKept: 100, claimMs: 60_000, ...changed };
  return store.webhookQueue(settings, { token: () => `t${++tokens}`, jitter: () => jitter });
}

const event = (lane: string, seq: number, source: QueuedEvent["source"] = null): QueuedEvent => ({
  ...{
    source,
    lane,
    body: JSON.stringify({ id: `evt_${lane}_${seq}`, type: "call.ended", data: { verification: lane } }),
  },
});
const settled = ({ lane, token }: Claim, outcome: Settled["outcome"], delayMs = 0): Settled => ({
  ...{ lane, token, outcome, delayMs, entry: "" },
});
const bodies = (claims: readonly Claim[]) => claims.map(({ body }) => JSON.parse(body).id);

describe("claims", () => {
  it("give the first event of each lane alone, and the next one when it was delivered", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    await queue.append(id, [event("a", 1), event("a", 2), event("b", 1)]);
    const first = await queue.turn(id, [], 10);
    expect(bodies(first.claims)).toEqual(["evt_a_1", "evt_b_1"]);
    expect((await queue.turn(id, [], 10)).claims).toEqual([]);
    const second = await queue.turn(
      id,
      first.claims.map((claim) => settled(claim, "delivered")),
      10,
    );
    expect(bodies(second.claims)).toEqual(["evt_a_2"]);
    expect(second.queued).toBe(1);
    expect(
      await queue.turn(
        id,
        second.claims.map((claim) => settled(claim, "delivered")),
        10,
      ),
    ).toMatchObject({
      ...{ claims: [], queued: 0, nextMs: null },
    });
  });

  it("of a gateway that died are given to another one, and what the first says afterwards changes nothing", async () => {
    const [queue, id] = [queueOf({ claimMs: 50 }), newEndpoint()];
    await queue.append(id, [event("a", 1), event("a", 2)]);
    const [lost] = (await queue.turn(id, [], 1)).claims;
    const [taken] = await vi.waitFor(async () => {
      const { claims } = await queue.turn(id, [], 1);
      expect(claims).toHaveLength(1);
      return claims;
    });
    expect(taken?.body).toBe(lost?.body);
    await queue.turn(id, [settled(lost as Claim, "delivered")], 0);
    expect((await queue.status(id)).queued).toBe(2);
    await queue.turn(id, [settled(taken as Claim, "delivered")], 0);
    expect((await queue.status(id)).queued).toBe(1);
  });

  it("that are prolonged are not given to another one", async () => {
    const [queue, id] = [queueOf({ claimMs: 400 }), newEndpoint()];
    await queue.append(id, [event("a", 1)]);
    const { claims } = await queue.turn(id, [], 1);
    const untilMs = performance.now() + 1000;
    while (performance.now() < untilMs) {
      await queue.renew(id, claims);
      expect((await queue.turn(id, [], 1)).claims).toEqual([]);
    }
  });
});

describe("what is queued", () => {
  it("once by its position in the outbox is left out when it comes again, of each shard by itself", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    const at = (shard: number, position: string) => ({ shard, position });
    const batch = [event("a", 1, at(1, "999-1")), event("a", 2, at(1, "1000-0")), event("b", 1, at(2, "5-0"))];
    expect(await queue.append(id, batch)).toEqual({ added: 3, dropped: 0 });
    expect(await queue.append(id, [...batch, event("a", 3, at(1, "1000-1"))])).toEqual({ added: 1, dropped: 0 });
    // A replay has no position.
    expect(await queue.append(id, [event("a", 1)])).toEqual({ added: 1, dropped: 0 });
  });

  it("all events of one change: the evidence of a call was lost, because the state that it led to had the same position", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    const source = { shard: 1, position: "1000-0" };
    const batch = [event("a", 1, source), event("a", 2, source), event("b", 1, { shard: 1, position: "1000-1" })];
    expect(await queue.append(id, batch)).toEqual({ added: 3, dropped: 0 });
    expect(await queue.append(id, batch)).toEqual({ added: 0, dropped: 0 });
    expect((await queue.status(id)).queued).toBe(3);
  });

  it("beyond the bound becomes a dead letter, the oldest first, and what is being delivered stays", async () => {
    const [queue, id] = [queueOf({ mostQueued: 4 }), newEndpoint()];
    await queue.append(id, [event("a", 1)]);
    const { claims } = await queue.turn(id, [], 1);
    await queue.append(id, [event("b", 1), event("c", 1), event("d", 1)]);
    expect(await queue.append(id, [event("e", 1), event("f", 1)])).toEqual({ added: 2, dropped: 2 });
    const dead = await queue.deadLetters(id, 10);
    expect(dead.map(({ reason, body }) => [reason, JSON.parse(body).id])).toEqual([
      ["overflow", "evt_b_1"],
      ["overflow", "evt_c_1"],
    ]);
    expect(
      (
        await queue.turn(
          id,
          claims.map((claim) => settled(claim, "delivered")),
          0,
        )
      ).queued,
    ).toBe(3);
    await queue.dispose(id, dead);
    expect(await queue.deadLetters(id, 10)).toEqual([]);
  });

  it("and given up is bounded too while records are away: the oldest are dropped and counted once", async () => {
    const [queue, id] = [queueOf({ mostDead: 3 }), newEndpoint()];
    await queue.append(
      id,
      Array.from({ length: 5 }, (_, seq) => event("a", seq + 1)),
    );
    await queue.bury(id, "disabled");
    const turn = await queue.turn(id, [], 1);
    expect(turn).toMatchObject({ queued: 0, dead: 3, dropped: 2, claims: [] });
    expect((await queue.turn(id, [], 1)).dropped).toBe(0);
    expect((await queue.deadLetters(id, 10)).map(({ body }) => JSON.parse(body).id)).toEqual([
      "evt_a_3",
      "evt_a_4",
      "evt_a_5",
    ]);
  });

  it("of a verification is forgotten, and of no other", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    await queue.append(id, [event("a", 1), event("a", 2), event("b", 1)]);
    expect(await queue.forget(id, ["a", "unknown"])).toBe(2);
    expect(bodies((await queue.turn(id, [], 10)).claims)).toEqual(["evt_b_1"]);
  });

  it("of a verification that is erased is not queued again by a replay that had read it before", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    expect(await queue.forget(id, ["a"])).toBe(0);
    expect(await queue.append(id, [event("a", 1), event("b", 1)])).toEqual({ added: 1, dropped: 0 });
    expect(bodies((await queue.turn(id, [], 10)).claims)).toEqual(["evt_b_1"]);
  });

  it("and erased is gone from all dead letters that wait for records, which name those that are on their way there", async () => {
    const [queue, id] = [queueOf({ mostQueued: 1000, mostDead: 1000 }), newEndpoint()];
    const lanes = Array.from({ length: 450 }, (_, i) => (i % 3 === 0 ? "a" : `b${i}`));
    await queue.append(
      id,
      lanes.map((lane, seq) => event(lane, seq)),
    );
    await queue.bury(id, "disabled");
    const moving = await queue.deadLetters(id, 10);
    expect(await queue.forget(id, ["a"])).toBe(150);
    const left = await queue.deadLetters(id, 1000);
    expect(left).toHaveLength(300);
    expect(left.map(({ body }) => body).join()).not.toContain('"verification":"a"');
    const erased = moving.filter(({ body }) => body.includes('"verification":"a"')).map(() => "a");
    expect(erased.length).toBeGreaterThan(0);
    expect(await queue.dispose(id, moving)).toEqual(erased);
    expect(await queue.deadLetters(id, 1000)).toHaveLength(300 - (10 - erased.length));
  });
});

describe("the circuit", () => {
  const lanes = ["a", "b", "c", "d", "e", "f", "g"];

  it("opens after five verifications failed without a delivery between them, then tries one event, and closes with its delivery", async () => {
    // 50 ms instead of 5 s.
    const [queue, id] = [queueOf({}, 0.01), newEndpoint()];
    await queue.append(
      id,
      lanes.map((lane) => event(lane, 1)),
    );
    const { claims } = await queue.turn(id, [], 5);
    const opened = await queue.turn(
      id,
      claims.map((claim) => settled(claim, "retry")),
      10,
    );
    expect(opened).toMatchObject({ open: true, claims: [] });
    expect(opened.nextMs).toBeGreaterThan(0);
    const probe = await vi.waitFor(async () => {
      const turn = await queue.turn(id, [], 10);
      expect(turn.claims).toHaveLength(1);
      return turn.claims[0] as Claim;
    });
    expect((await queue.turn(id, [], 10)).claims).toEqual([]);
    const again = await queue.turn(id, [settled(probe, "retry", 60_000)], 10);
    // Twice as long as the first time.
    expect(again.nextMs).toBeGreaterThan(50);
    const second = await vi.waitFor(async () => {
      const turn = await queue.turn(id, [], 10);
      expect(turn.claims).toHaveLength(1);
      return turn.claims[0] as Claim;
    });
    const closed = await queue.turn(id, [settled(second, "delivered")], 10);
    expect(closed).toMatchObject({ open: false, failingMs: null });
    expect(closed.claims).toHaveLength(5);
  });

  it("does not open for one verification, however often it fails", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    await queue.append(id, [event("poison", 1)]);
    for (let i = 0; i < 20; i++) {
      const { claims, open } = await queue.turn(id, [], 1);
      expect([claims.length, claims[0]?.tries, open]).toEqual([1, i, false]);
      await queue.turn(id, [settled(claims[0] as Claim, "retry")], 0);
    }
    await queue.append(id, [event("good", 1)]);
    expect(bodies((await queue.turn(id, [], 10)).claims)).toContain("evt_good_1");
  });
});

describe("the list of what is due", () => {
  it("gives an endpoint to one gateway, keeps what was queued meanwhile, and forgets one without events", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    const own = async (most = 100) => (await queue.due([], most)).endpoints.filter(({ endpoint }) => endpoint === id);
    await queue.due([{ endpoint: id, dueMs: 0, taken: null }], 0);
    const [first] = await own();
    if (first === undefined) throw new Error("not due");
    expect(await own()).toEqual([]);
    // Something is queued between the look and what it found.
    await queue.due([{ endpoint: id, dueMs: 0, taken: null }], 0);
    await queue.due([{ endpoint: id, dueMs: null, taken: first.taken }], 0);
    const [second] = await own();
    if (second === undefined) throw new Error("what was queued meanwhile is lost");
    await queue.due([{ endpoint: id, dueMs: null, taken: second.taken }], 0);
    expect(await own()).toEqual([]);
    expect((await queue.due([], 0)).nextMs).toBeNull();
  });

  it("gives it to another gateway where the first one died", async () => {
    const [queue, id] = [queueOf(), newEndpoint()];
    await queue.due([{ endpoint: id, dueMs: 0, taken: null }], 100);
    await vi.waitFor(
      async () => expect((await queue.due([], 100)).endpoints.map(({ endpoint }) => endpoint)).toContain(id),
      { timeout: 5000 },
    );
  });
});
