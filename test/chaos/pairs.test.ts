/** The smaller version of what `npm run chaos` does with two gateways and two Asterisks. */
import { expect, test } from "vitest";
import { createDice } from "./dice.ts";
import { runPairs } from "./pairs/index.ts";

test("an Asterisk and a gateway killed under load: no verification is lost, new calls go to the others", async () => {
  const { phases, violations } = await runPairs({
    // Tests run side by side on few cores: late is no failure here, and Redis, which is not killed, may take its time.
    ...{ callsPerSecond: 10, phaseMs: 3000, someNeverType: false, lateMs: 10_000, redisTimeoutMs: 8000 },
    ...{ appendfsync: "always", dice: createDice(1) },
    progress: () => undefined,
    onStarted: () => undefined,
  });
  expect(violations).toEqual([]);
  const sum = (key: "asked" | "accepted" | "lost" | "refused") =>
    phases.reduce((total, phase) => total + phase[key], 0);
  expect({ asked: sum("asked"), accepted: sum("accepted"), lost: sum("lost"), refused: sum("refused") }).toEqual({
    ...{ asked: 120, accepted: 120 },
    ...{ lost: 0, refused: 0 },
  });
}, 90_000);
