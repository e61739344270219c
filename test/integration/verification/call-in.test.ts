/** The callee calls us: which call proves which verification, on a real Redis. */
import { Redis } from "ioredis";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { TrunkCall } from "../../../src/telephony/calls/inbound.ts";
import { newestOf, type Verification } from "../../../src/verification/types.ts";
import { letterChannel } from "../../support/letter-channel/index.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { bank, createWorld, refusalOf, result, shop, type World, type WorldOptions, wrongCode } from "./world.ts";

const runtime = withRuntime();
const ours = ["+442079460001", "+442079460002", "+442079460003"];
let redis: RedisServer;
let worlds: World[] = [];
let number = 0;
const somebody = () => `+4477006${String(number++).padStart(5, "0")}`;
const callIn = { channel: "call_in" } as const;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(async () => {
  for (const world of worlds) await world.close();
  worlds = [];
});

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = createWorld({ redis: { url: redis.url, command_timeout_ms: 5000 }, callInNumbers: ours, ...options });
  worlds.push(world);
  await world.ready();
  return world;
}

/** The callee calls what it was told to call; `changed` says what is odd about that call. */
async function call(world: World, caller: string, called: string | null, changed: Partial<TrunkCall> = {}) {
  world.receiveInbound({ trunk: "carrier", trusted: true, caller, called, ...changed });
  await world.verifications.settled();
}

const results = (world: World) =>
  world.events.flatMap((event) => (event.type === "inbound_call.received" ? [event.data.result] : []));
/** The number of ours that the newest delivery names. */
const numberOf = (verification: Verification) => (newestOf(verification).details as { number: string }).number;
/** What became of calls, asked again and again while time passes. */
const later = (world: World, ms: number) =>
  expect.poll(() => {
    world.clock.advance(ms);
    return results(world);
  });
const statusOf = async (world: World, id: string) => (await world.verifications.get(shop, id)).status;

describe("a verification by calling in", () => {
  it("names one of our numbers, places no call, and is verified by the callee's call to it", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn, reference: "sign-up" }, null);
    expect(started).toMatchObject({
      ...{ status: "pending", to, reference: "sign-up", codeLength: null, checksLeft: null },
      deliveries: [{ channel: "call_in", state: "waiting" }],
    });
    expect(ours).toContain(numberOf(started));
    expect(world.placed).toEqual([]);

    await call(world, to, numberOf(started));
    expect(await world.verifications.get(shop, started.id)).toMatchObject({
      id: started.id,
      status: "verified",
      proofDelivery: 1,
      deliveries: [{ state: "called", endedAtMs: world.clock.nowMs() }],
      endedAtMs: world.clock.nowMs(),
    });
    const about = { verification: started.id, channel: "call_in", country: "GB" };
    expect(world.events).toMatchObject([
      { type: "verification.started", app: "shop", seq: 1, data: about },
      { type: "verification.ended", app: "shop", data: { ...about, status: "verified", reason: null } },
      { type: "inbound_call.received", app: null, seq: null, data: { trunk: "carrier", result: "verified" } },
    ]);
  });

  it("is verified by the gateway that hears the call, whichever started it", async () => {
    const here = await open();
    const there = await open({ clock: here.clock });
    const to = somebody();
    const started = await here.verifications.start(shop, { to, ...callIn }, null);
    const { id } = started;
    const callInNumber = numberOf(started);
    await call(there, to, callInNumber);
    expect(await statusOf(here, id)).toBe("verified");
    expect(there.events.map(({ type }) => type)).toEqual(["verification.ended", "inbound_call.received"]);
    expect(here.events.map(({ type }) => type)).toEqual(["verification.started"]);
  });

  it("is verified exactly once by 200 calls at once on two gateways", async () => {
    const here = await open();
    const there = await open({ clock: here.clock });
    const to = somebody();
    const called = numberOf(await here.verifications.start(shop, { to, ...callIn }, null));
    for (let i = 0; i < 100; i++) {
      for (const world of [here, there]) {
        world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called });
      }
    }
    await Promise.all([here.verifications.settled(), there.verifications.settled()]);
    const all = [...results(here), ...results(there)];
    expect(all.filter((result) => result === "verified")).toHaveLength(1);
    expect(all.filter((result) => result === "no_match")).toHaveLength(199);
  });

  it.each([
    ["somebody else's call", { caller: "+447700699999" }, "no_match"],
    ["a withheld number", { caller: null }, "withheld"],
    ["a trunk whose caller IDs are not trusted", { trusted: false }, "untrusted"],
    ["a call to a number that is none of ours", { called: "+442079460999" }, "other_number"],
    ["a call to no whole number", { called: null }, "other_number"],
  ] as const)("is not verified by %s", async (_, changed, result) => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const { id } = started;
    const callInNumber = numberOf(started);
    await call(world, to, callInNumber, changed);
    expect(await statusOf(world, id)).toBe("pending");
    expect(results(world)).toEqual([result]);
  });

  it("is not verified by a call to another of our numbers, nor by one that came before it", async () => {
    const world = await open();
    const to = somebody();
    for (const called of ours) await call(world, to, called);
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const { id } = started;
    const callInNumber = numberOf(started);
    for (const called of ours.filter((our) => our !== callInNumber)) await call(world, to, called);
    expect(await statusOf(world, id)).toBe("pending");
  });

  it("is not verified when its time is over, and says so", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const { id, expiresAtMs } = started;
    const callInNumber = numberOf(started);
    world.clock.advance(expiresAtMs - world.clock.nowMs());
    await call(world, to, callInNumber);
    expect(await statusOf(world, id)).toBe("expired");
    expect(results(world)).toEqual(["no_match"]);
    expect(world.events.filter(({ type }) => type === "verification.ended")).toHaveLength(1);
  });

  it("is not verified after the app canceled it", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const { id } = started;
    const callInNumber = numberOf(started);
    expect((await world.verifications.cancel(shop, id)).status).toBe("canceled");
    await call(world, to, callInNumber);
    expect(await statusOf(world, id)).toBe("canceled");
  });

  it("never lets two verifications of one callee share a number, not even after the end of the first", async () => {
    const world = await open({ settings: { start_gap_seconds: 0 } });
    const to = somebody();
    const given: (string | null)[] = [];
    for (const app of [shop, bank, shop]) {
      const started = await world.verifications.start(app, { to, ...callIn }, null);
      const { id } = started;
      const callInNumber = numberOf(started);
      given.push(callInNumber);
      await world.verifications.cancel(app, id);
    }
    expect(given.toSorted()).toEqual(ours);
    const refusal = await refusalOf(world.verifications.start(bank, { to, ...callIn }, null));
    // A life of 300 s and a rest of 600 s.
    expect(refusal.code).toBe("capacity");
    expect(refusal.retryAfterMs).toBeGreaterThan(890_000);
    expect(refusal.retryAfterMs).toBeLessThanOrEqual(900_000);
    // Others are given them all the same.
    expect((await world.verifications.start(bank, { to: somebody(), ...callIn }, null)).status).toBe("pending");
  });

  it("keeps its number while later deliveries keep it open: no other one of this callee is proved by its call", async () => {
    const world = await open({ callInNumbers: ours.slice(0, 1) });
    const client = new Redis(redis.url);
    /** For what Redis lets go of by itself, too. */
    const pass = async (ms: number) => {
      world.clock.advance(ms);
      for (const key of await client.keys("*:in:+*")) await client.pexpire(key, (await client.pttl(key)) - ms);
    };
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    for (let resends = 0; resends < 3; resends++) {
      await pass(290_000);
      await world.verifications.resend(shop, started.id, "missed_call");
      await world.ringOut();
    }
    // Its number was held for 900 s from the start on.
    await pass(60_000);
    const other = await refusalOf(world.verifications.start(bank, { to, ...callIn }, null));
    expect(other).toMatchObject({ code: "capacity" });
    // What is left of its life, and 600 s.
    expect(other.retryAfterMs).toBeGreaterThan(830_000);
    expect(other.retryAfterMs).toBeLessThanOrEqual(840_000);
    await call(world, to, numberOf(started));
    expect(await statusOf(world, started.id)).toBe("verified");
    client.disconnect();
  });

  it("is proved by its call though steps before it were refused at the start", async () => {
    const post = letterChannel("post");
    const world = await open({ extraChannels: [post], settings: { start_gap_seconds: 0 } });
    post.fails("down");
    const start = () => {
      const workflow = [{ channel: "post" }, { channel: "missed_call" }, { channel: "call_in" }];
      world.loseTrunks("capacity");
      return world.verifications.start(shop, { to: somebody(), workflow }, null);
    };
    const proved = {
      ...{ status: "verified", proofDelivery: 3 },
      deliveries: [
        { channel: "post", state: "failed", reason: "channel_unavailable" },
        { channel: "missed_call", state: "failed", reason: "capacity" },
        { channel: "call_in", state: "called", result: { trunk: "carrier" } },
      ],
    };
    const started = await start();
    await call(world, started.to, numberOf(started));
    expect(await world.verifications.get(shop, started.id)).toMatchObject(proved);

    // And as an older delivery, after another one began.
    const other = await start();
    post.fails(null);
    await world.verifications.resend(shop, other.id, "post");
    await call(world, other.to, numberOf(other));
    const { deliveries, ...rest } = await world.verifications.get(shop, other.id);
    expect({ ...rest, deliveries: deliveries.slice(0, 3) }).toMatchObject(proved);
    expect(deliveries[3]).toMatchObject({ channel: "post", state: "queued" });
  });

  it("draws each of the numbers", async () => {
    const world = await open();
    const given = new Set<string | null>();
    for (let i = 0; i < 100 && given.size < ours.length; i++) {
      given.add(numberOf(await world.verifications.start(shop, { to: somebody(), ...callIn }, null)));
    }
    expect([...given].toSorted()).toEqual(ours);
  });

  it("takes no call-in number where the client is gone: it was held for a verification's life", async () => {
    const world = await open({ callInNumbers: ours.slice(0, 1) });
    const to = somebody();
    const gone = world.verifications.start(shop, { to, ...callIn }, null, () => true);
    expect(await refusalOf(gone)).toMatchObject({ code: "invalid_request" });
    expect(world.events).toEqual([]);
    // The one number is free, and no limit of the callee was used up.
    expect(numberOf(await world.verifications.start(shop, { to, ...callIn }, null))).toBe(ours[0]);

    const { id } = await world.verifications.start(shop, { to: somebody() }, null);
    await world.ringOut();
    world.clock.advance(15_000);
    expect(await refusalOf(world.verifications.resend(shop, id, "call_in", () => true))).toMatchObject({
      code: "invalid_request",
    });
    const again = await world.verifications.resend(shop, id, "call_in");
    expect(newestOf(again)).toMatchObject({ channel: "call_in", number: 2 });
  });

  it("has no code to check", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const { id } = started;
    const callInNumber = numberOf(started);
    for (const guess of [{ code: "0000" }, { code: "00" }, { callerIds: [to] }, { callerIds: [] }]) {
      expect((await refusalOf(world.verifications.check(shop, id, guess))).code).toBe("invalid_request");
    }
    expect(await world.verifications.get(shop, id)).toMatchObject({ status: "pending", checksLeft: null });
    await call(world, to, callInNumber);
    expect((await refusalOf(world.verifications.check(shop, id, { code: "0000" }))).code).toBe("verification_ended");
  });

  it("is counted apart: five of them, which are silent, do not keep missed calls from the callee", async () => {
    const world = await open({
      settings: { starts_per_callee_per_hour: 5 },
      callInNumbers: [1, 2, 3, 4, 5, 6].map((n) => `+44207946000${n}`),
    });
    const to = somebody();
    await world.verifications.start(shop, { to, ...callIn }, null);
    expect(await refusalOf(world.verifications.start(shop, { to, ...callIn }, null))).toEqual({
      code: "rate_limited",
      retryAfterMs: 15_000,
    });
    for (let more = 0; more < 4; more++) {
      world.clock.advance(15_000);
      await world.verifications.start(shop, { to, ...callIn }, null);
    }
    world.clock.advance(15_000);
    expect((await refusalOf(world.verifications.start(shop, { to, ...callIn }, null))).code).toBe("rate_limited");
    expect((await world.verifications.start(shop, { to }, null)).status).toBe("pending");
  });

  it("is not refused for the wrong codes of missed calls that kept one of those from the callee a moment ago", async () => {
    const world = await open({ settings: { wrong_checks_per_callee: 3 } });
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to, calls: 1 }, null);
    await world.ringOut();
    const { code } = world.lastCall();
    for (let i = 0; i < 3; i++) await world.verifications.check(shop, id, { code: wrongCode(code) });
    world.clock.advance(15_000);
    const missed = world.verifications.start(shop, { to, calls: 1 }, null);
    expect((await refusalOf(missed)).code).toBe("rate_limited");
    expect((await world.verifications.start(shop, { to, ...callIn }, null)).status).toBe("pending");
  });

  it("can follow a missed call in the same verification; then either of them verifies", async () => {
    const world = await open();
    for (const by of ["call", "code"] as const) {
      const to = somebody();
      const { id } = await world.verifications.start(shop, { to }, null);
      await world.ringOut();
      const { code } = world.lastCall();
      world.clock.advance(15_000);
      const again = await world.verifications.resend(shop, id, "call_in");
      expect(again).toMatchObject({
        codeLength: null,
        deliveries: [{ channel: "missed_call" }, { channel: "call_in" }],
      });
      if (by === "call") await call(world, to, numberOf(again));
      else expect(await world.verifications.check(shop, id, { code })).toMatchObject({ valid: true });
      const proofDelivery = by === "call" ? 2 : 1;
      expect(await world.verifications.get(shop, id)).toMatchObject({ status: "verified", proofDelivery });
    }
  });

  it("still waits when the missed call that follows it fails", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    world.clock.advance(15_000);
    await world.verifications.resend(shop, started.id, "missed_call");
    world.lastCall().ended(result({ outcome: "busy", alerted: false }));
    await world.verifications.settled();
    expect(await world.verifications.get(shop, started.id)).toMatchObject({
      status: "pending",
      deliveries: [{ state: "waiting" }, { state: "failed", reason: "busy" }],
    });
    await call(world, to, numberOf({ ...started }));
    expect(await world.verifications.get(shop, started.id)).toMatchObject({
      ...{ status: "verified", proofDelivery: 1 },
      deliveries: [{ state: "called" }, { state: "failed" }],
    });
  });

  it("is started once by one Idempotency-Key, which stands for this channel only", async () => {
    const world = await open();
    const to = somebody();
    const first = await world.verifications.start(shop, { to, ...callIn }, "key-1");
    expect(await world.verifications.start(shop, { to, ...callIn }, "key-1")).toEqual(first);
    expect((await refusalOf(world.verifications.start(shop, { to }, "key-1"))).code).toBe("idempotency_key_reused");
  });

  it("is refused where it is not set up, and with a code length", async () => {
    const world = await open({ callInNumbers: [] });
    expect((await refusalOf(world.verifications.start(shop, { to: somebody(), ...callIn }, null))).code).toBe(
      "not_supported",
    );
    const other = await open();
    const start = other.verifications.start(shop, { to: somebody(), ...callIn, codeLength: 4 }, null);
    expect((await refusalOf(start)).code).toBe("invalid_request");
  });
});

it("leaves a missed call alone when its callee calls one of our numbers", async () => {
  const world = await open();
  const to = somebody();
  const { id } = await world.verifications.start(shop, { to }, null);
  for (const called of ours) await call(world, to, called);
  expect(await statusOf(world, id)).toBe("pending");
});

it("verifies nothing while Redis is away, and says so in the log without numbers", async () => {
  const lost = await runtime.redis();
  const world = await open({ redis: { url: lost.url, command_timeout_ms: 300 } });
  const to = somebody();
  const callInNumber = numberOf(await world.verifications.start(shop, { to, ...callIn }, null));
  await lost.stop();
  const called = call(world, to, callInNumber);
  // Longer than a failover of Redis takes.
  await later(world, 20_000).toEqual(["failed"]);
  await called;
  const log = world.logLines.join("");
  expect(log).toContain("an inbound call could not be looked up");
  expect(log).not.toContain(to.slice(1));
});

describe("a call that comes while Redis fails over", () => {
  /** The next look-ups fail until it is told otherwise. */
  function away(world: World): () => void {
    const store = world.verificationStore;
    const real = store.runOnCallee;
    store.runOnCallee = () => Promise.reject(new Error("away"));
    return () => {
      store.runOnCallee = real;
    };
  }
  it("verifies once Redis is back: a person calls once", async () => {
    const world = await open();
    const to = somebody();
    const started = await world.verifications.start(shop, { to, ...callIn }, null);
    const back = away(world);
    world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called: numberOf(started) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(results(world)).toEqual([]);
    back();
    await later(world, 1000).toEqual(["verified"]);
    expect(await statusOf(world, started.id)).toBe("verified");
  });

  it("verifies nothing that was started after it", async () => {
    const world = await open({ callInNumbers: ours.slice(0, 1) });
    const to = somebody();
    const back = away(world);
    world.receiveInbound({ trunk: "carrier", trusted: true, caller: to, called: ours[0] ?? "" });
    world.clock.advance(50);
    const started = await world.verifications.start(bank, { to, ...callIn }, null);
    // As NTP does: the call came before all the same.
    world.clock.set(-60_000);
    back();
    await later(world, 1000).toEqual(["no_match"]);
    expect((await world.verifications.get(bank, started.id)).status).toBe("pending");
    await call(world, to, numberOf(started));
    expect((await world.verifications.get(bank, started.id)).status).toBe("verified");
  });
});

it("keeps nothing for ever", async () => {
  const world = await open();
  const to = somebody();
  await world.verifications.start(shop, { to, ...callIn }, null);
  const client = new Redis(redis.url);
  const kept = await redisContents(client);
  expect(kept).not.toEqual([]);
  for (const { key, ttlMs } of kept) expect(ttlMs, key).toBeGreaterThan(0);
  client.disconnect();
});
