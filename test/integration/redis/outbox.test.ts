/** Which public events each change of state writes, in the same script: a table for every channel. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { createRepresentation } from "../../../src/verification/representation.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createGateway, receiptStore } from "../verification/message-world.ts";
import { createWorld, result, shop, type World, type WorldOptions, wrongCode } from "../verification/world.ts";
import { inShort, type Told, tell } from "./outbox-world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let raw: Redis;
let number = 0;
const open: World[] = [];
const somebody = () => `+4477008${String(number++).padStart(5, "0")}`;
const callInNumbers = ["+442079460001"];

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
  await raw.flushall();
});

async function begin(options: Partial<WorldOptions> = {}): Promise<World & { told: Told }> {
  const world = createWorld({ redis: patientRedis(redis.url), callInNumbers, ...options });
  open.push(world);
  await world.ready();
  return { ...world, told: tell(world) };
}

type Opened = Awaited<ReturnType<typeof begin>>;
const rings = async ({ lastCall, verifications }: Opened) => {
  lastCall().ringing();
  await verifications.settled();
};
const ends = async ({ lastCall, verifications }: Opened, outcome: "rang" | "busy" | "unallocated" = "rang") => {
  lastCall().ended(result({ outcome, alerted: outcome === "rang" }));
  await verifications.settled();
};

/** Steps after the start of a missed call, and the events of them all. */
const missedCalls: Record<string, [steps: (world: Opened, id: string) => Promise<unknown>, events: string[]]> = {
  "rings, and the code is right": [
    async (world, id) => {
      await rings(world);
      await ends(world);
      await world.verifications.check(shop, id, { code: world.lastCall().code });
    },
    [
      "2 delivery.updated 1 ringing – sending",
      "3 delivery.updated 1 rung rang delivered",
      "4 call.ended 1 1 rang",
      "5 verification.ended verified rang",
    ],
  ],
  "wrong codes until none is left": [
    async (world, id) => {
      await ends(world);
      for (let i = 0; i < 3; i++) await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    },
    ["2 delivery.updated 1 rung rang delivered", "3 call.ended 1 1 rang", "4 verification.ended failed rang"],
  ],
  "fails, and with it the verification": [
    (world) => ends(world, "unallocated"),
    [
      "2 delivery.updated 1 failed unallocated undeliverable",
      "3 call.ended 1 1 unallocated",
      "4 verification.ended undeliverable unallocated",
    ],
  ],
  "canceled while it rings: its evidence comes after the end": [
    async (world, id) => {
      await rings(world);
      await world.verifications.cancel(shop, id);
      await ends(world);
    },
    [
      "2 delivery.updated 1 ringing – sending",
      "3 verification.ended canceled –",
      "4 delivery.updated 1 rung rang canceled",
      "5 call.ended 1 1 rang",
    ],
  ],
  "its gateway died, and its lifetime is over": [
    async (world) => {
      world.clock.advance(60_000);
      await world.verifications.settleDue();
      world.clock.advance(600_000);
      await world.verifications.settleDue();
    },
    ["2 delivery.updated 1 failed interrupted undeliverable", "3 verification.ended undeliverable interrupted"],
  ],
  "lost while it rang: the delivery is told although nothing ended": [
    async (world) => {
      await rings(world);
      world.clock.advance(60_000);
      await world.verifications.settleDue();
    },
    ["2 delivery.updated 1 ringing – sending", "3 delivery.updated 1 rung interrupted delivered"],
  ],
  expires: [
    async (world) => {
      await ends(world);
      world.clock.advance(301_000);
      await world.verifications.settleDue();
    },
    ["2 delivery.updated 1 rung rang delivered", "3 call.ended 1 1 rang", "4 verification.ended expired rang"],
  ],
  "resent, and the second call fails": [
    async (world, id) => {
      await ends(world);
      world.clock.advance(15_000);
      await world.verifications.resend(shop, id);
      await ends(world, "busy");
    },
    [
      "2 delivery.updated 1 rung rang delivered",
      "3 call.ended 1 1 rang",
      "4 delivery.updated 2 calling – sending",
      "5 delivery.updated 2 failed busy undeliverable",
      "6 call.ended 2 1 busy",
      "7 verification.ended undeliverable busy",
    ],
  ],
  "resent as a call in, and called": [
    async (world, id) => {
      await ends(world);
      world.clock.advance(15_000);
      const { to } = await world.verifications.resend(shop, id, "call_in");
      world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called: callInNumbers[0] ?? "" } as never);
      await world.verifications.settled();
    },
    [
      "2 delivery.updated 1 rung rang delivered",
      "3 call.ended 1 1 rang",
      "4 delivery.updated 2 waiting – sending",
      "5 delivery.updated 2 called – verified",
      "6 verification.ended verified –",
    ],
  ],
};

describe("a missed call", () => {
  it.each(Object.entries(missedCalls))("%s", async (_title, [steps, events]) => {
    const world = await begin();
    const { id } = await world.verifications.start(shop, { to: somebody() }, null);
    await steps(world, id);
    const told = await world.told.drain(id);
    expect(told.map(inShort)).toEqual(["1 verification.started pending calling", ...events]);
    expect(told.map((event) => event.id)).toEqual(told.map((_, index) => `evt_${id}_${index + 1}`));
    // Read again from the record they are the same; of a delivery that went on meanwhile, the end says what became of it.
    const { events: kept, ended } = await world.told.events.history.read("shop", id);
    expect(ended).toBe(told.some(({ type }) => type === "verification.ended"));
    const same =
      told.at(-1)?.type === "verification.ended" ? told : told.filter(({ type }) => type !== "verification.ended");
    expect(kept.map((event) => event.id)).toEqual(told.map((event) => event.id));
    expect(kept).toEqual(expect.arrayContaining([...same]));
  });

  it("of two calls reports the evidence of each, also when read again", async () => {
    const world = await begin();
    const { id } = await world.verifications.start(shop, { to: somebody(), calls: 2 }, null);
    await world.ringFirst();
    world.lastCall().ringing();
    world.lastCall().ended(result({ outcome: "busy", alerted: false }));
    await world.verifications.settled();
    const told = await world.told.drain(id);
    expect(told.map(inShort)).toEqual([
      "1 verification.started pending calling",
      "2 call.ended 1 1 rang",
      "3 delivery.updated 1 failed busy undeliverable",
      "4 call.ended 1 2 busy",
      "5 verification.ended undeliverable busy",
    ]);
    const { events } = await world.told.events.history.read("shop", id);
    expect(events).toEqual(told);
  });

  it("reports evidence once, however often it is written: answers get lost", async () => {
    const world = await begin();
    const { id } = await world.verifications.start(shop, { to: somebody() }, null);
    const change = { app: "shop", id, attempt: 1, event: "delivered", reason: "rang" };
    const evidence = { outcome: "rang", alerted: true };
    for (let i = 0; i < 3; i++) await world.verificationStore.change({ ...change, result: evidence });
    expect((await world.told.drain(id)).map(inShort)).toEqual([
      "1 verification.started pending calling",
      "2 delivery.updated 1 rung rang delivered",
      "3 call.ended 1 1 rang",
    ]);
  });
});

describe("a call in", () => {
  it("is told when it waits and when it proved the number", async () => {
    const world = await begin();
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to, channel: "call_in" }, null);
    world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called: callInNumbers[0] ?? "" } as never);
    await world.verifications.settled();
    expect((await world.told.drain(id)).map(inShort)).toEqual([
      "1 verification.started pending waiting",
      "2 delivery.updated 1 called – verified",
      "3 verification.ended verified –",
    ]);
  });
});

describe("what apps get", () => {
  it("has the fields of each type, and at the end the deliveries as the API answers them", async () => {
    const world = await begin();
    const to = somebody();
    const about = { reference: "order 7", metadata: { cart: "12" } };
    const { id } = await world.verifications.start(shop, { to, ...about }, null);
    await ends(world);
    await world.verifications.check(shop, id, { code: world.lastCall().code });
    const [started, updated, call, ended] = await world.told.drain(id);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(started).toEqual({
      ...{ id: `evt_${id}_1`, type: "verification.started", at: time, seq: 1, app: "shop" },
      data: {
        ...{ verification: id, status: "pending", to, country: "GB", channel: "missed_call", state: "calling" },
        ...{ ...about, created_at: time, expires_at: time },
      },
    });
    expect(updated?.data).toMatchObject({
      verification: id,
      number: 1,
      to,
      reference: "order 7",
      missed_call: { calls: 1 },
    });
    expect(call?.data).toMatchObject({ verification: id, trunk: "carrier", outcome: "rang", alerted: true });
    const verification = await world.verifications.get(shop, id);
    const { deliveries, proof } = createRepresentation(world.verifications.channels.all).verification(verification, []);
    expect(ended?.data).toEqual({
      ...{ verification: id, status: "verified", reason: "rang", to, country: "GB" },
      ...{ channel: "missed_call", state: "rung", ...about, proof, deliveries, created_at: time, ended_at: time },
    });
    expect(world.told.stored.map(({ ended: whole }) => whole?.status ?? null)).toEqual([null, null, null, "verified"]);
  });

  it("has the whole verification with what comes after its end", async () => {
    const world = await begin();
    const { id } = await world.verifications.start(shop, { to: somebody() }, null);
    await world.verifications.cancel(shop, id);
    await ends(world);
    await world.told.drain(id);
    expect(world.told.stored.map(({ ended }) => ended?.deliveries[0]?.result ?? null)).toMatchObject([
      null,
      null,
      { outcome: "rang" },
      { outcome: "rang" },
    ]);
  });
});

describe("a wrong check", () => {
  it("is the app's own answer: no event, and no entry in the outbox", async () => {
    const world = await begin();
    const { id } = await world.verifications.start(shop, { to: somebody() }, null);
    await world.verifications.check(shop, id, { code: wrongCode(world.lastCall().code) });
    expect(await raw.xlen("{s0}:outbox")).toBe(1);
  });
});

describe("messages", () => {
  it("are told when queued, sent, delivered, and failed late while another is open", async () => {
    const receipts = receiptStore(patientRedis(redis.url));
    const gateway = createGateway(receipts, { redis: patientRedis(redis.url) }, ["one", "two"]);
    open.push(gateway.world);
    await gateway.world.ready();
    const told = tell(gateway.world);
    const { id } = await gateway.world.verifications.start(
      shop,
      { to: somebody(), workflow: [{ channel: "one", waitMs: 0 }, { channel: "two" }] },
      null,
    );
    await gateway.look(id);
    // A step by waiting needs a sign of a person.
    await gateway.world.verifications.get(shop, id, true);
    gateway.world.clock.advance(1000);
    await gateway.world.verifications.settleDue();
    await gateway.look(id);
    await gateway.receipt({ state: "failed", reason: "rejected" }, undefined, "one");
    await gateway.world.verifications.cancel(shop, id);
    expect((await told.drain(id)).map(inShort)).toEqual([
      "1 verification.started pending queued",
      "2 delivery.updated 1 sent – delivered",
      "3 delivery.updated 2 queued – sending",
      "4 delivery.updated 2 sent – delivered",
      "5 delivery.updated 1 failed rejected delivered",
      "6 verification.ended canceled –",
    ]);
    await receipts.close();
  });
});
