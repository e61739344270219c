/** What one gateway takes out of service, seen by another through a real Redis. */
import pino from "pino";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Outage, Part } from "../../../src/operations/outages-port.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type { LimitedPath } from "../../../src/telephony/trunks/admission-port.ts";
import { anyCaller } from "../../support/any-caller.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
let one: Store;
let other: Store;
let number = 0;

beforeAll(async () => {
  const redis = await runtime.redis();
  const open = () =>
    createStore({
      redis: patientRedis(redis.url),
      reputation: careSettings,
      clock: systemClock,
      logger: pino({ level: "silent" }),
    });
  [one, other] = [open(), open()];
  await vi.waitFor(async () => expect([await one.ping(), await other.ping()]).toEqual([true, true]), {
    timeout: 10_000,
  });
});
afterAll(() => Promise.all([one.close(), other.close()]));

const limits = { callsPerSecond: 10, maxConcurrentCalls: 10 };
function newWay(): { path: LimitedPath; trunk: Part; asterisk: Part } {
  number += 1;
  const path = { trunk: `t${number}`, asterisk: `a${number}`, trunkLimits: limits, asteriskLimits: limits };
  return { path, trunk: { kind: "trunk", name: path.trunk }, asterisk: { kind: "asterisk", name: path.asterisk } };
}
const take = (store: Store, path: LimitedPath, leaseId = `lease-${number++}`, maxWaitMs = 0) =>
  store.admission.reserve({ leaseId, leaseMs: 30_000, maxWaitMs, caller: anyCaller, paths: [path] });
const outage = (by: Outage["by"], reason: string): Outage => ({ by, who: "key 1", reason, sinceMs: 1000 });

const operator = { by: "operator", who: "key 1" } as const;
const canary = { by: "canary", who: "doctor" } as const;

describe("out of service", () => {
  it.each(["trunk", "asterisk"] as const)(
    "means no new line on a %s from any gateway, until it is back",
    async (kind) => {
      const { path, ...parts } = newWay();
      await one.outages.takeOut(parts[kind], outage("operator", "new SBC"));
      expect(await take(other, path)).toEqual({ kind: "out_of_service" });
      expect(await other.outages.look([parts[kind]])).toMatchObject([{ outage: outage("operator", "new SBC") }]);
      await other.outages.putBack(parts[kind], operator);
      expect(await take(one, path)).toMatchObject({ kind: "taken" });
    },
  );

  it("leaves a line that was taken before to its call", async () => {
    const { path, trunk } = newWay();
    await take(one, path, "live");
    await other.outages.takeOut(trunk, outage("operator", "x"));
    expect(await other.outages.look([trunk])).toMatchObject([{ liveCalls: 1 }]);
    await one.admission.settle({ leaseId: "live", path, caller: anyCaller }, "ended");
    expect(await other.outages.look([trunk])).toMatchObject([{ liveCalls: 0 }]);
  });

  it("twice is once: the first reason stands; putting back twice does no harm", async () => {
    const { path, trunk } = newWay();
    await one.outages.takeOut(trunk, outage("operator", "first"));
    const first = outage("operator", "first");
    expect(await other.outages.takeOut(trunk, outage("operator", "second"))).toEqual({ now: first, before: first });
    await one.outages.putBack(trunk, operator);
    await one.outages.putBack(trunk, operator);
    expect(await take(one, path)).toMatchObject({ kind: "taken" });
  });

  it("is an operator's decision before a program's", async () => {
    const { path, trunk } = newWay();
    await one.outages.takeOut(trunk, outage("canary", "altered"));
    const mine = outage("operator", "mine");
    expect(await one.outages.takeOut(trunk, mine)).toEqual({ now: mine, before: outage("canary", "altered") });
    expect(await one.outages.takeOut(trunk, outage("canary", "again"))).toEqual({ now: mine, before: mine });
    await one.outages.putBack(trunk, canary);
    expect(await take(one, path)).toEqual({ kind: "out_of_service" });
    await one.outages.putBack(trunk, operator);
    expect(await take(one, path)).toMatchObject({ kind: "taken" });

    await one.outages.takeOut(trunk, outage("canary", "altered"));
    await one.outages.putBack(trunk, canary);
    expect((await one.outages.look([trunk]))[0]?.outage).toBeNull();
  });
});

describe("how busy a part is", () => {
  it("is told over all gateways: calls up, calls in the last second, the wait for the next", async () => {
    const { path, trunk, asterisk } = newWay();
    expect(await one.outages.look([trunk])).toEqual([{ liveCalls: 0, callsPerSecond: 0, waitMs: 0, outage: null }]);
    const firstAtMs = performance.now();
    for (let call = 0; call < 6; call++) await take(call % 2 === 0 ? one : other, path, `busy-${call}`, 2000);
    const [seen] = await other.outages.look([trunk]);
    expect(seen?.liveCalls).toBe(6);
    // Six turns 100 ms apart were given out; of the wait for the next goes what has passed since, in whole milliseconds.
    expect(seen?.waitMs).toBeGreaterThanOrEqual(600 - (performance.now() - firstAtMs) - 1);
    expect(seen?.waitMs).toBeLessThanOrEqual(600);
    // All six turns lie in one second or in two; each is over sometime, and the second of most holds three or more.
    await vi.waitFor(
      async () => {
        for (const { callsPerSecond } of await one.outages.look([trunk, asterisk])) {
          expect(callsPerSecond).toBeGreaterThanOrEqual(3);
          expect(callsPerSecond).toBeLessThanOrEqual(6);
        }
      },
      { timeout: 4000, interval: 50 },
    );
    await expect.poll(async () => (await one.outages.look([trunk]))[0]?.callsPerSecond).toBe(0);
  });

  it("does not count a turn that was given back", async () => {
    const { path, trunk } = newWay();
    const begun: number[] = [];
    await take(one, path, "unused");
    await one.admission.settle({ leaseId: "unused", path, caller: anyCaller }, "unused");
    const untilMs = performance.now() + 2200;
    await vi.waitFor(
      async () => {
        begun.push((await one.outages.look([trunk]))[0]?.callsPerSecond ?? -1);
        expect(performance.now()).toBeGreaterThan(untilMs);
      },
      { timeout: 4000, interval: 100 },
    );
    expect(new Set(begun)).toEqual(new Set([0]));
  });
});
