/** The calls of several gateways, counted together in a real Redis. */
import { Redis } from "ioredis";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type { AdmissionLimits, LimitedPath } from "../../../src/telephony/trunks/admission-port.ts";
import { anyCaller } from "../../support/any-caller.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
let gateways: [Store, Store];
let url = "";
let number = 0;

beforeAll(async () => {
  const redis = await runtime.redis();
  url = redis.url;
  const open = () =>
    createStore({
      redis: patientRedis(redis.url),
      reputation: careSettings,
      clock: systemClock,
      logger: pino({ level: "silent" }),
    });
  gateways = [open(), open()];
  const answers = () => Promise.all(gateways.map((gateway) => gateway.ping()));
  await vi.waitFor(async () => expect(await answers()).toEqual([true, true]), { timeout: 10_000 });
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

const roomy: AdmissionLimits = { callsPerSecond: 10_000, maxConcurrentCalls: 10_000 };

/** A way that no other test takes. */
function wayWith(
  limits: { trunk?: Partial<AdmissionLimits>; asterisk?: Partial<AdmissionLimits> } = {},
  asterisk?: string,
) {
  number += 1;
  return {
    trunk: `trunk-${number}`,
    asterisk: asterisk ?? `asterisk-${number}`,
    trunkLimits: { ...roomy, ...limits.trunk },
    asteriskLimits: { ...roomy, ...limits.asterisk },
  };
}

function take(paths: readonly LimitedPath[], changed: { gateway?: 0 | 1; maxWaitMs?: number; leaseMs?: number } = {}) {
  number += 1;
  const leaseId = `lease-${number}`;
  const { gateway = 0, maxWaitMs = 0, leaseMs = 30_000 } = changed;
  return gateways[gateway].admission
    .reserve({ leaseId, leaseMs, maxWaitMs, caller: anyCaller, paths })
    .then((answer) => ({ leaseId, answer }));
}

const kinds = (taken: { answer: { kind: string } }[]) => taken.map(({ answer }) => answer.kind);
/** Both gateways at once, in turn. */
const takeMany = (count: number, paths: readonly LimitedPath[], changed: Parameters<typeof take>[1] = {}) =>
  Promise.all(Array.from({ length: count }, (_, i) => take(paths, { ...changed, gateway: (i % 2) as 0 | 1 })));

describe("calls at once", () => {
  it.each(["trunk", "asterisk"] as const)("are bounded on each %s over all gateways", async (part) => {
    const path = wayWith({ [part]: { maxConcurrentCalls: 3 } });
    expect(kinds(await takeMany(10, [path], { maxWaitMs: 100 })).sort()).toEqual([
      ...Array(7).fill("full"),
      ...Array(3).fill("taken"),
    ]);
  });

  it("are fewer by what any gateway gives back, once", async () => {
    const path = wayWith({ trunk: { maxConcurrentCalls: 1 } });
    const first = await take([path]);
    await gateways[1].admission.settle({ leaseId: first.leaseId, path, caller: anyCaller }, "ended");
    const second = await take([path], { maxWaitMs: 100 });
    await gateways[0].admission.settle({ leaseId: first.leaseId, path, caller: anyCaller }, "ended");
    expect(kinds([first, second, await take([path])])).toEqual(["taken", "taken", "full"]);
  });

  it("of a gateway that died end with their leases", async () => {
    const path = wayWith({ trunk: { maxConcurrentCalls: 1 } });
    await take([path], { leaseMs: 1000 });
    expect((await take([path])).answer).toEqual({ kind: "full", retryAfterMs: 1000 });
    await expect.poll(async () => (await take([path])).answer.kind).toBe("taken");
  });
});

describe("calls a second", () => {
  it("are evenly spaced over all gateways, and refused beyond the longest wait", async () => {
    const path = wayWith({ trunk: { callsPerSecond: 20 } });
    const askedAtMs = performance.now();
    const taken = await takeMany(30, [path], { maxWaitMs: 500 });
    // A few milliseconds; on a busy machine, more. What is asked later waits less, and time may come for more turns.
    const askedForMs = performance.now() - askedAtMs;
    const waits = taken.flatMap(({ answer }) => (answer.kind === "taken" ? [answer.waitMs] : [])).sort((a, b) => a - b);
    // Turns come every 50 ms.
    expect(waits.length).toBeGreaterThanOrEqual(11);
    expect(waits.length).toBeLessThanOrEqual(11 + Math.ceil(askedForMs / 50));
    for (const [index, wait] of waits.entries()) {
      // Waits are whole milliseconds.
      expect(wait).toBeLessThanOrEqual(index * 50 + 1);
      expect(wait).toBeGreaterThanOrEqual(index * 50 - askedForMs - 1);
    }
    const refused = taken.flatMap(({ answer }) => (answer.kind === "full" ? [answer.retryAfterMs] : []));
    for (const retryAfterMs of refused) {
      expect(retryAfterMs).toBeGreaterThan(0);
      expect(retryAfterMs).toBeLessThanOrEqual(100);
    }
  });

  it("give the turn of a call that was never placed to the next", async () => {
    const path = wayWith({ trunk: { callsPerSecond: 1 } });
    const first = await take([path]);
    expect(kinds([await take([path], { maxWaitMs: 500 })])).toEqual(["full"]);
    await gateways[1].admission.settle({ leaseId: first.leaseId, path, caller: anyCaller }, "unused");
    expect(kinds([await take([path])])).toEqual(["taken"]);
  });

  it("of one trunk do not make the other trunks of its Asterisk wait", async () => {
    const slow = wayWith({ trunk: { callsPerSecond: 2 } }, "shared");
    const quick = wayWith({}, "shared");
    await takeMany(4, [slow], { maxWaitMs: 5000 });
    expect((await take([quick])).answer).toMatchObject({ kind: "taken", waitMs: 0 });
  });
});

/** As if its clock had been an hour ahead when these turns were taken. */
async function setClockBack(stems: readonly string[]): Promise<void> {
  const client = new Redis(url);
  const hourMs = 3_600_000;
  for (const stem of stems) await client.set(`{admission}:${stem}:turn`, Date.now() + hourMs, "PX", hourMs + 1000);
  await client.quit();
}

it("a clock of Redis that is set back closes no trunk: it was full until its old time came again", async () => {
  const path = wayWith({ trunk: { callsPerSecond: 1 } });
  const { trunk, asterisk } = path;
  const caller = { ...anyCaller, app: trunk, sharesTrunks: true, app_calls_per_second: 1 };
  const [{ app, prefix }, leaseMs] = [caller, 30_000];
  const ask = (leaseId: string) =>
    gateways[0].admission.reserve({ leaseId, leaseMs, maxWaitMs: 100, caller, paths: [path] });
  await setClockBack([
    ...[`trunk:${trunk}`, `asterisk:${asterisk}`, `trunk:${trunk}:flow:${app}`],
    ...[`app:${app}`, `prefix:${app}:${prefix}`],
  ]);
  expect(await ask("one")).toEqual({ kind: "taken", path: 0, waitMs: 0 });
  // From then on it is spaced as ever.
  expect(await ask("two")).toMatchObject({ kind: "limited", limit: "app_calls_per_second" });
  expect((await take([path], { maxWaitMs: 100 })).answer.kind).toBe("full");
});

describe("of several paths", () => {
  it("the first is taken while it has room soon, then the one with the shortest wait", async () => {
    const first = wayWith({ trunk: { callsPerSecond: 20 } });
    const backup = wayWith({ trunk: { callsPerSecond: 20 } });
    const paths: number[] = [];
    for (let i = 0; i < 8; i++) {
      const { answer } = await take([first, backup], { maxWaitMs: 2000 });
      if (answer.kind === "taken") paths.push(answer.path);
    }
    // 0, 50 and 100 ms are soon; 150 ms is not.
    expect(paths.slice(0, 3)).toEqual([0, 0, 0]);
    expect(paths.slice(3, 6)).toContain(1);
  });

  it("a full one is passed over", async () => {
    const full = wayWith({ trunk: { maxConcurrentCalls: 1 } });
    await take([full]);
    expect((await take([full, wayWith()])).answer).toMatchObject({ kind: "taken", path: 1 });
  });
});

describe("a start that was refused", () => {
  it("gives its turn back at once: honest calls do not queue behind refused ones", async () => {
    const path = wayWith({ trunk: { callsPerSecond: 10 } });
    for (let refused = 0; refused < 50; refused++) {
      const { leaseId, answer } = await take([path], { maxWaitMs: 100, gateway: (refused % 2) as 0 | 1 });
      expect(answer.kind).toBe("taken");
      await gateways[(refused % 2) as 0 | 1].admission.settle({ leaseId, path, caller: anyCaller }, "unused");
    }
    expect((await take([path])).answer).toEqual({ kind: "taken", path: 0, waitMs: 0 });
  });
});
