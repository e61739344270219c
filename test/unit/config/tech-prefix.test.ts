import { expect, it } from "vitest";
import { problemsAfter } from "./config-files.ts";

const trunk = (rules: object) => ({ asterisk: "pbx", endpoint: "e", ranges: ["block"], ...rules });

it("a tech prefix of nine digits is fine before callees, and too much before caller IDs", () => {
  const rules = [{ prefix: "+", add: "123456789" }];
  expect(problemsAfter((c) => (c.trunks.a = trunk({ callee_rules: rules })))).toEqual([]);
  const [problem] = problemsAfter((c) => (c.trunks.a = trunk({ caller_id_rules: rules })));
  expect(problem).toMatch(/^trunks\.a\.caller_id_rules\[0\]\.add: 123456789 → .*at most 15 digits; this makes 16/);
});
