import { describe, expect, it } from "vitest";
import { createJudge } from "../../../../src/numbers/cleaning/judge.ts";
import { readPolicy } from "../../../../src/numbers/cleaning/policy.ts";
import type { CleaningPolicy } from "../../../../src/numbers/cleaning/ports.ts";
import { textOfNumber } from "../../../../src/numbers/cleaning/spreadsheet-values.ts";
import { createNumbers } from "../../../../src/numbers/numbers.ts";

function policyOf(country: string | null, keepLandlines = false): CleaningPolicy {
  const policy = readPolicy(null, country, keepLandlines);
  if ("wrong" in policy) throw new Error(policy.wrong);
  return policy;
}
const judge = createJudge(policyOf("id"));

describe("a cell of a list", () => {
  it.each([
    "081234567890",
    "0812-3456-7890",
    "+62 812 3456 7890",
    "6281234567890",
    "(+62) 812 3456 7890",
    " +6281234567890 ",
    "'+6281234567890",
    "'081234567890",
    "6281234567890.0",
    "+62\u00a0812\u20113456\u20117890",
  ])("%j is read as +6281234567890", (cell) => {
    expect(judge(cell)).toEqual({
      ...{ number: "+6281234567890", reason: null, suggestion: null },
      ...{ type: "mobile", country: "ID", network: "Telkomsel" },
    });
  });

  it.each([
    ["", "number_invalid"],
    ["n/a", "number_invalid"],
    ["0812", "number_too_short"],
    ["08123456789012345678", "number_too_long"],
    ["021 5550123", "number_is_landline"],
    ["+448712345678", "number_not_callable"],
    ["6.28123E+11", "number_rounded"],
    ["6,28123E+11", "number_rounded"],
    ["6.2812345678e10", "number_rounded"],
    ["2026-11-26", "number_is_date"],
    ["2026-11-26 09:30:00", "number_is_date"],
    ["26/11/2026", "number_is_date"],
    ["11.26.2026", "number_is_date"],
  ])("%j is rejected as %s", (cell, reason) => {
    expect(judge(cell).reason).toBe(reason);
  });

  it("gives the codes of the API", () => {
    const numbers = createNumbers(policyOf("ID").numbers);
    for (const cell of [
      "",
      "0812",
      "021 5550123",
      "+448712345678",
      "12345678901234567",
      "+999123456789",
      "+6281234567890",
    ]) {
      expect(judge(cell).reason).toBe(numbers.examine(cell, "ID", null).refusal?.code ?? null);
    }
  });

  it("is no date where its groups are those of a number", () => {
    const belgian = createJudge(policyOf("BE"));
    expect(belgian("0470/12.34.56")).toMatchObject({ number: "+32470123456", reason: null });
    expect(createJudge(policyOf("FR"))("06/12/34/56/78")).toMatchObject({ number: "+33612345678", reason: null });
  });

  it("is a landline that is kept where that was asked for", () => {
    const keeping = createJudge(policyOf("ID", true));
    expect(keeping("021 5550123")).toMatchObject({ number: "+62215550123", reason: null, type: "fixed_line" });
    expect(keeping("+448712345678").reason).toBe("number_not_callable");
  });

  it("without a country has to be in international format", () => {
    const anywhere = createJudge(policyOf(null));
    expect(anywhere("081234567890").reason).toBe("number_invalid");
    expect(anywhere("+6281234567890").reason).toBeNull();
  });

  it("that was mistyped has a suggestion, and stays rejected", () => {
    const { reason, suggestion } = judge("+62081234567890");
    expect({ reason, suggestion }).toEqual({ reason: "number_invalid", suggestion: "+6281234567890" });
  });
});

describe("a number of a spreadsheet", () => {
  it.each([
    [6281234567890, "6281234567890"],
    [81234567890, "81234567890"],
    [628123400000, "628123400000"],
    [2015550000, "2015550000"],
    [1.5, "1.5"],
  ])("%d has all its digits", (value, text) => {
    expect(textOfNumber(value)).toBe(text);
  });

  it.each([
    [628123000000, "6.28123E+11"],
    [6.28e11, "6.28E+11"],
    [62812300000, "6.28123E+10"],
  ])("%d was rounded, and is rejected", (value, text) => {
    expect(textOfNumber(value)).toBe(text);
    expect(judge(textOfNumber(value)).reason).toBe("number_rounded");
  });
});

it("a country that does not exist is refused with what to pass", () => {
  expect(readPolicy(null, "UK", false)).toEqual({ wrong: expect.stringMatching(/--country.*UK.*GB/) });
});
