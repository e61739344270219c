import { expect, it } from "vitest";
import { placeFunctions } from "../../../src/redis/lua-text.ts";

const place = (...lines: string[]) => placeFunctions(lines.join("\n")).split("\n");

it("leaves out what the script does not use, with its comments", () => {
  const used = ["local MOST = 3", "-- Used.", "local function most()", "  return MOST", "end", "return most()"];
  const unused = ["local LEAST, NONE = 1, 0", "-- Unused.", "local function least()", "  return LEAST", "end"];
  expect(place(...unused, ...used)).toEqual(used);
});

it("does not take a name in a comment, a field or a string for a use", () => {
  const unused = ["local function gap()", "  return 1", "end"];
  const rest = ["-- A gap.", "return { keys.gap, 'gap' }"];
  expect(place(...unused, ...rest)).toEqual(rest);
});

it("takes a concatenated call for a use", () => {
  const lines = ["local function gap()", "  return 1", "end", "return 'x'..gap()"];
  expect(place(...lines)).toEqual(lines);
});

it("creates what only a rare function uses inside it, below its parameters' reach", () => {
  const lines = [
    ...["local FACTOR = 2", "local function double(n)", "  return n * FACTOR", "end"],
    ...["--- @rare", "local function late(FACTOR)", "  return double(FACTOR)", "end"],
    "return ARGV[1] and late(5)",
  ];
  expect(place(...lines)).toEqual([
    "local function late(...)",
    ...["  local FACTOR = 2", "  local function double(n)", "    return n * FACTOR", "  end"],
    ...["  return (function(FACTOR)", "    return double(FACTOR)", "  end)(...)"],
    ...["end", "return ARGV[1] and late(5)"],
  ]);
});

it("creates what several rare functions use in each of them, and what the rest uses too only once", () => {
  const lines = [
    ...["local function shared()", "  return 1", "end", "local function common()", "  return 2", "end"],
    ...["--- @rare", "local function one()", "  return shared() + common()", "end"],
    ...["--- @rare", "local function two()", "  return shared() - common()", "end"],
    "return common() + (one or two)()",
  ];
  const text = placeFunctions(lines.join("\n"));
  expect(text.match(/^ {2}local function shared/gm)).toHaveLength(2);
  expect(text.match(/local function common/g)).toHaveLength(1);
  expect(text).toMatch(/^local function common/m);
});

it("refuses a function without an end at the left margin", () => {
  expect(() => place("local function one() return 1 end", "return one()")).toThrow('"end" at the left margin');
});
