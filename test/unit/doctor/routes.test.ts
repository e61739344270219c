import { expect, it } from "vitest";
import { examineRoutes } from "../../../src/doctor/routes.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import { telephonyConfig } from "../telephony/telephony-config.ts";

const trunk = (...ranges: string[]) => ({ ...telephonyConfig().trunks.plus, ranges }) as TrunkConfig;

it("a route whose trunks cannot stand in for each other is a warning", () => {
  const findings = examineRoutes({
    trunks: { a: trunk("one", "two"), b: trunk("two"), c: trunk("three") },
    routes: [
      { prefix: "+1", trunks: ["a", "b"] },
      { prefix: "+33", trunks: ["a", "b", "c"] },
      { prefix: "+44", trunks: ["b", "c"] },
      { prefix: "+", trunks: ["c"] },
    ],
  });
  expect(findings.map(({ level, what }) => `${level} ${what}`)).toEqual([
    expect.stringMatching(/^ok Route \+1:/),
    expect.stringMatching(/^warn Route \+33: a call that fails on c ends there/),
    expect.stringMatching(/^warn Route \+44: a call that fails on b, c ends there/),
  ]);
});
