/** The narrow forms of the trials; `npm run trials -- all` plays the long ones. */
import { describe, expect, it } from "vitest";
import { runTrial } from "./trials.ts";

/** Each has programs of its own, and a few starts a second. */
describe.concurrent("with a light load", () => {
  it("breaker poisoning: one failing start a second, or three, leave 95 % of the honest ones, and the gateway ready", async () => {
    for (const { line, honestPercent, figures } of await runTrial("finals", 12)) {
      expect(honestPercent, line).toBeGreaterThanOrEqual(95);
      expect(figures.ready, line).toBe(1);
    }
  }, 120_000);

  it("breaker poisoning: a burst of 12 failing starts leaves 95 % of the honest ones", async () => {
    const [result] = await runTrial("burst", 5);
    expect(result?.honestPercent, result?.line).toBeGreaterThanOrEqual(95);
  }, 120_000);

  it("608 flood: 60 refused starts leave a list of 200 caller IDs usable", async () => {
    const [result] = await runTrial("flags", 1);
    expect(result?.figures.resting, result?.line).toBeLessThanOrEqual(2);
    expect(result?.honestPercent, result?.line).toBeGreaterThanOrEqual(95);
  }, 120_000);
});

it("no fair shares: an app at 90 starts/s leaves 95 % of another's at 2/s on a trunk of 10 CPS", async () => {
  const [result] = await runTrial("shares", 10);
  expect(result?.honestPercent, result?.line).toBeGreaterThanOrEqual(95);
  expect(result?.figures.greedyPerSecond, result?.line).toBeGreaterThan(6);
}, 120_000);
