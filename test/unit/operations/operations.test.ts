import pino from "pino";
import { describe, expect, it } from "vitest";
import { createOperations } from "../../../src/operations/operations.ts";
import type { Outage, Part } from "../../../src/operations/outages-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { telephonyConfig } from "../telephony/telephony-config.ts";

const outage: Outage = { by: "operator", who: "key 1", reason: "new SBC", sinceMs: 0 };
const breaker = { state: "closed", retryAtMs: null } as const;

/** Two trunks; `plus` through two Asterisks, of which `second` is not connected. The real store: integration tests. */
function operationsWith(parts: { out?: readonly Part[]; away?: boolean } = {}) {
  const { trunks, asterisks } = telephonyConfig();
  const { main } = asterisks;
  if (main === undefined) throw new Error("no Asterisk in the test's configuration");
  const away = async () => Promise.reject(new Error("no Redis"));
  return createOperations({
    config: { trunks, asterisks: { main, second: main } },
    telephony: {
      paths: () => [
        { trunk: "plus", asterisk: "main", usable: true, reachable: true, why: "up", breaker },
        {
          trunk: "plus",
          asterisk: "second",
          usable: false,
          reachable: false,
          why: "Asterisk second is not connected",
          breaker,
        },
        { trunk: "bare", asterisk: "main", usable: false, reachable: false, why: "gone", breaker },
      ],
      asterisks: () => [
        ["main", true],
        ["second", false],
      ],
    },
    outages: {
      look: parts.away
        ? away
        : async (all) =>
            all.map(({ kind, name }) => ({
              liveCalls: 1,
              callsPerSecond: 2,
              waitMs: 3,
              outage: parts.out?.some((one) => one.kind === kind && one.name === name) ? outage : null,
            })),
      takeOut: parts.away ? away : async () => ({ now: outage, before: null }),
      putBack: parts.away ? away : async () => null,
    },
    clock: systemClock,
    logger: pino({ level: "silent" }),
  });
}
const trunk = (name: string): Part => ({ kind: "trunk", name });
const asterisk = (name: string): Part => ({ kind: "asterisk", name });
const outOfService = "out of service: new SBC";

describe("the state of trunks", () => {
  it("is that of the way that can be used, or of the first", async () => {
    expect(await operationsWith().status()).toEqual([
      { trunk: "plus", usable: true, reachable: true, why: "up" },
      { trunk: "bare", usable: false, reachable: false, why: "gone" },
    ]);
  });

  it("knows what is out of service: a trunk, or the Asterisk that was left", async () => {
    const ofTrunk = await operationsWith({ out: [trunk("plus")] }).status();
    expect(ofTrunk[0]).toEqual({ trunk: "plus", usable: false, reachable: false, why: outOfService });
    const ofAsterisk = await operationsWith({ out: [asterisk("main")] }).status();
    expect(ofAsterisk[0]).toEqual({ trunk: "plus", usable: false, reachable: false, why: outOfService });
    const ofTheOther = await operationsWith({ out: [asterisk("second")] }).status();
    expect(ofTheOther[0]).toMatchObject({ usable: true, why: "up" });
  });

  it("is told without that while the store is away", async () => {
    expect(await operationsWith({ away: true }).status()).toMatchObject([{ usable: true }, { usable: false }]);
    expect(await operationsWith({ away: true }).outOfService()).toEqual([]);
  });
});

describe("the operator's view", () => {
  it("has limits, load and paths of each trunk and Asterisk", async () => {
    const [plus, bare] = await operationsWith().report("trunk");
    expect(plus).toMatchObject({
      name: "plus",
      usable: true,
      maxConcurrentCalls: 100,
      maxCallsPerSecond: 10,
      liveCalls: 1,
      callsPerSecond: 2,
      waitMs: 3,
    });
    expect(plus?.paths.map((path) => path.asterisk)).toEqual(["main", "second"]);
    expect(bare).toMatchObject({ name: "bare", usable: false, why: "gone" });
    const asterisks = await operationsWith({ out: [asterisk("main")] }).report("asterisk");
    expect(asterisks.map(({ name, usable, why }) => [name, usable, why])).toEqual([
      ["main", false, outOfService],
      ["second", false, "not connected"],
    ]);
    expect(asterisks[0]?.paths.map((path) => [path.trunk, path.why])).toEqual([
      ["plus", outOfService],
      ["bare", outOfService],
    ]);
  });

  it("drains only what there is, and fails where the store does", async () => {
    const operations = operationsWith({ out: [trunk("plus")] });
    expect(await operations.drain(trunk("plus"), "key 1", "new SBC")).toMatchObject({ name: "plus", usable: false });
    expect(await operations.drain(trunk("main"), "key 1", "x")).toBeNull();
    expect(await operations.undrain(asterisk("plus"), "key 1")).toBeNull();
    await expect(operationsWith({ away: true }).drain(trunk("plus"), "key 1", "x")).rejects.toThrow("no Redis");
  });
});
