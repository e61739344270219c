import { expect, it } from "vitest";
import { type BreakerChange, createTrunkWatch } from "../../../src/operations/trunk-watch.ts";
import type { BreakerState } from "../../../src/telephony/trunks/breaker.ts";
import { manualClock } from "../../support/manual-clock.ts";

it("reports each change of a path's circuit breaker once, with its reason while it is not closed", () => {
  const clock = manualClock();
  const states: Record<string, BreakerState> = { main: "closed", spare: "closed" };
  const changes: BreakerChange[] = [];
  const paths = () =>
    Object.entries(states).map(([asterisk, state]) => ({
      ...{ trunk: "carrier", asterisk, why: `circuit ${state}` },
      breaker: { state, retryAtMs: null },
    }));
  const watch = createTrunkWatch(paths, (change) => changes.push(change), clock);
  watch.start();
  clock.advance(3000);
  expect(changes).toEqual([]);
  states.main = "open";
  clock.advance(3000);
  states.main = "half_open";
  clock.advance(1000);
  states.main = "closed";
  clock.advance(3000);
  const path = { trunk: "carrier", asterisk: "main" };
  expect(changes).toEqual([
    { ...path, state: "open", reason: "circuit open" },
    { ...path, state: "half_open", reason: "circuit half_open" },
    { ...path, state: "closed", reason: null },
  ]);
  watch.stop();
  states.spare = "open";
  clock.advance(3000);
  expect(changes).toHaveLength(3);
});
