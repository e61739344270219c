import { expect, it } from "vitest";
import { libraryOf } from "../../../src/redis/library-text.ts";

const script = (...lines: string[]) => ["#!lua flags=allow-oom", "--[[", "What it does.", "]]", ...lines].join("\n");
const first = ["local MOST = 3", "-- Why.", "local function most(n)", "  return MOST + n", "end"];

it("makes what a script defines first once, and runs the rest on each call", () => {
  const unused = ["local function least()", "  return 0", "end"];
  const rest = ["local now = ARGV[1]", "local function late()", "  return most(now)", "end", "return late()"];
  const { name, text } = libraryOf(script(...unused, ...first, ...rest));
  expect(text.split("\n")).toEqual([
    ...[`#!lua name=${name}`, "local KEYS, ARGV"],
    ...first.filter((line) => !line.startsWith("--")),
    "redis.register_function({",
    `  function_name = '${name}', flags = { 'allow-oom' },`,
    ...["  callback = function(keys, args)", "KEYS, ARGV = keys, args"],
    ...rest,
    ...["end })", ""],
  ]);
});

it("places nothing within a rare function: it is made once too", () => {
  const rare = ["--- @rare", "local function late()", "  return most(1)", "end"];
  const { text } = libraryOf(script(...first, ...rare, "return ARGV[1] and late()"));
  expect(text).toMatch(/^local function most[\s\S]*^local function late/m);
});

it("is named after its text and its flags", () => {
  const { name } = libraryOf(script("return 1"));
  expect(libraryOf(script("return 1")).name).toBe(name);
  expect(libraryOf(script("return 2")).name).not.toBe(name);
  expect(libraryOf("#!lua\nreturn 1").name).not.toBe(name);
});
