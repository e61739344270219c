/** The smaller version of what `npm run chaos` does with messages: one kill. test/integration/app/voice-kill.test.ts kills during voice calls. */
import { expect, test } from "vitest";
import { runDeliveries } from "./deliveries/index.ts";
import { isLost, messageLines } from "./deliveries/lines.ts";
import { createDice } from "./dice.ts";

test("a gateway killed in each state of each message: all goes on at the other one, and no person gets a delivery twice", async () => {
  const { cells, violations } = await runDeliveries({
    lines: messageLines,
    ...{ times: 1, quick: true, appendfsync: "always", dice: createDice(1) },
    progress: () => undefined,
    onStarted: () => undefined,
  });
  expect(violations).toEqual([]);
  for (const { line, state, in_state, ends, next_step_ms } of cells) {
    expect({ line, state, ends }).toEqual({ line, state, ends: { verified: 1 } });
    if (state !== "starting") expect({ line, state, in_state }).toEqual({ line, state, in_state: 1 });
    if (isLost(line, state)) expect(next_step_ms).not.toBeNull();
  }
}, 90_000);
