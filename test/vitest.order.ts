/**
 * The order of test files. A clean checkout has no earlier durations, and Vitest then begins with the largest files: those that
 * wait longest are small, and would be left for the end, one worker idle.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Over half a minute each, the longest first. */
const longFiles = [
  "test/integration/app/voice.test.ts",
  "test/e2e/every-channel.test.ts",
  "test/e2e/two-calls.test.ts",
  "test/trials/trials.test.ts",
  "test/integration/telephony/answered-call.test.ts",
  "test/integration/app/voice-kill.test.ts",
  "test/chaos/chaos.test.ts",
  "test/chaos/deliveries.test.ts",
  "test/chaos/pairs.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longFiles.findIndex((name) => moduleId.endsWith(name));
      return at === -1 ? longFiles.length : at;
    };
    // A stable sort: the others keep their order.
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
