import path from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./vitest.order.ts";

/** Need nothing but Node. */
const unit = ["test/unit/**/*.test.ts", "test/conformance/**/*.test.ts", "test/fuzz/**/*.test.ts"];
/**
 * What counts milliseconds, offers a load or measures a heap: one at a time, when the others are over. Beside them, or beside each
 * other, such files failed for want of CPU on a machine half as fast. What only waits for limits does not belong here.
 */
const alone = [
  "test/{load,trials}/**/*.test.ts",
  "test/chaos/chaos.test.ts",
  "test/integration/telephony/sip-finals.test.ts",
  "test/integration/records/cdr-export.test.ts",
  "test/integration/events/live-memory.test.ts",
];
/** Times prove nothing on a busy machine: `npm run timings`. */
const timings = "test/integration/security/timing.test.ts";

/** Loading the modules of the gateway takes a second of CPU: once for each worker, not for each of 570 files. */
const shared = { isolate: false, setupFiles: ["test/support/ends-clean.ts"] };
/** Where `npm test` is still fetching what they start. */
const fetched = "test/support/fetched.ts";

export default defineConfig({
  test: {
    // The JSON report is what .ci/run counts from.
    reporters: ["default", "json"],
    outputFile: { json: ".runtime/test-report.json" },
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // What is waited for is told by a real process: on a busy machine the usual 1 s is short, and waiting costs nothing.
    expect: { poll: { timeout: 10_000 } },
    // Of two cores. With four the cores are idle 0 to 15 % of a run, and what kills, freezes or counts milliseconds starves.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Tests start `onering` some hundred times: from source that takes 0.9 s of CPU instead of 1.5 once it is compiled.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, "../.runtime/compile-cache") },
    projects: [
      { extends: true, test: { ...shared, name: "unit", include: unit } },
      {
        extends: true,
        test: {
          ...shared,
          name: "programs",
          include: ["test/**/*.test.ts"],
          exclude: [...unit, ...alone, ...(process.env.TIMINGS === undefined ? [timings] : [])],
          setupFiles: [fetched, ...shared.setupFiles],
        },
      },
      {
        extends: true,
        test: {
          ...{ name: "alone", include: alone, setupFiles: [fetched] },
          ...{ maxWorkers: 1, sequence: { groupOrder: 1 } },
        },
      },
    ],
  },
});
