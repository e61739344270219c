/** The narrow form of `npm run fuzz:sip`, which makes 10^6 inputs. */
import { expect, it } from "vitest";
import { fuzzSip } from "../../fuzz/sip-messages.ts";

it("mutated messages neither throw nor take long, and streams of them do not depend on their pieces", () => {
  const { accepted, faults } = fuzzSip(8000, 13);
  expect(faults).toEqual([]);
  expect(accepted).toBeGreaterThan(1000);
});
