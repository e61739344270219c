import { describe, expect, test } from "vitest";
import { rangeOf } from "../../../src/caller-ids/range.ts";

describe("a block", () => {
  const range = rangeOf({ prefix: "+4477009", digits: 4 });

  test("has every number that goes on with so many digits", () => {
    expect(range).toMatchObject({ prefix: "+4477009", digits: 4, size: 10_000, list: null, example: "+44770090000" });
    expect(range.samples).toEqual(["+44770090000", "+44770099999"]);
    expect([range.numberAt(0), range.numberAt(42), range.numberAt(9999)]).toEqual([
      "+44770090000",
      "+44770090042",
      "+44770099999",
    ]);
  });

  test.each([
    ["+44770091234", true],
    ["+4477009123", false],
    ["+447700912345", false],
    ["+44770081234", false],
    ["+4477009123x", false],
  ])("contains %s: %s", (number, expected) => {
    expect(range.contains(number)).toBe(expected);
  });
});

describe("a list", () => {
  const numbers = ["+44880091230", "+44880091231", "+44880095555"];
  const range = rangeOf({ numbers, digits: 4 });

  test("has its numbers alone, and shares their prefix", () => {
    expect(range).toMatchObject({
      prefix: "+4488009",
      size: 3,
      example: "+44880091230",
      samples: numbers,
      list: numbers,
    });
    expect(range.contains("+44880095555")).toBe(true);
    expect(range.contains("+44880095556")).toBe(false);
    expect(range.numberAt(2)).toBe("+44880095555");
  });
});

test.each([-1, 0.5, 10_000, Number.NaN])("a number at %s is a mistake of the program", (index) => {
  expect(() => rangeOf({ prefix: "+4477009", digits: 4 }).numberAt(index)).toThrow(RangeError);
  expect(() => rangeOf({ numbers: ["+44880091230"], digits: 4 }).numberAt(index)).toThrow(RangeError);
});
