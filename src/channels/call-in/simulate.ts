/** Calls by the person that are only simulated. */
import type { SimulationAsk } from "../../verification/channel-port.ts";
import { between, type Simulation } from "../../verification/simulated/simulation.ts";

/** A test number's call comes so soon. */
const testCallMs = 3000;

/**
 * Of a test number the call comes where its outcome is that of a person who does what is asked; to a shadow answer none
 * ever comes.
 * @param number of ours, E.164
 */
export function simulateCallIn({ kind, outcome, random }: SimulationAsk, numbers: readonly string[]): Simulation {
  const calls = kind === "test" && (outcome === "delivered" || outcome === "answered");
  return {
    ...{ details: { number: numbers[between(random, 0, numbers.length - 1)] }, parts: 1, ownCode: null, cost: null },
    ...{ countsAs: "inbound", lostAfterMs: null, overAfterMs: 0, stopsAtEnd: true },
    steps: calls ? [{ afterMs: testCallMs, event: "called", result: { trunk: null } }] : [],
  };
}
