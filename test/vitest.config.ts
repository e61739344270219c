import path from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./vitest.order.ts";

/** Need nothing but Node. */
const unit = ["test/unit/**/*.test.ts", "test/conformance/**/*.test.ts", "test/fuzz/**/*.test.ts"];

export default defineConfig({
  test: {
    // The JSON report is what .ci/run counts from.
    reporters: ["default", "json"],
    outputFile: { json: ".runtime/test-report.json" },
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // What is waited for is told by a real process: on a busy machine the usual 1 s is short, and waiting costs nothing.
    expect: { poll: { timeout: 10_000 } },
    // Of two cores: half of the time a test waits, for a ring or a limit.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    // Tests start `onering` some hundred times: from source that takes 0.9 s of CPU instead of 1.5 once it is compiled.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, "../.runtime/compile-cache") },
    projects: [
      {
        extends: true,
        test: {
          name: "programs",
          include: ["test/**/*.test.ts"],
          // Times prove nothing on a busy machine: `npm run timings`.
          exclude: [
            ...unit,
            ...(process.env.TIMINGS === undefined ? ["test/integration/security/timing.test.ts"] : []),
          ],
        },
      },
      {
        extends: true,
        // Loading the modules of the gateway takes a second of CPU: once for each worker, not for each of 340 files.
        test: { name: "unit", include: unit, isolate: false },
      },
    ],
  },
});
