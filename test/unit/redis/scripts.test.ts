import { describe, expect, it } from "vitest";
import { loadScripts, scriptNames } from "../../../src/redis/scripts.ts";
import { testConfig } from "../../support/test-config.ts";

const settings = testConfig().verification;

describe.each(scriptNames)("the script %s", (name) => {
  const text = loadScripts(settings)[name];

  it("is whole: each include once, none left over", () => {
    expect(text).not.toContain("@include");
    const functions = [...text.matchAll(/^local function (\w+)/gm)].map(([, name]) => name);
    expect(new Set(functions).size).toBe(functions.length);
  });

  it("tells Redis on its first line to look before it runs", () => {
    expect(text).toMatch(/^#!lua( flags=(allow-oom|no-writes))?\n/);
  });

  it("says what it takes and returns", () => {
    expect(text).toMatch(/KEYS\[1\][\s\S]*ARGV\[1\][\s\S]*Returns/);
  });
});

it("is made with the settings, in milliseconds", () => {
  const { check } = loadScripts({ ...settings, wrong_checks_window_seconds: 7200 });
  expect(check).toContain("local WRONG_CHECKS_WINDOW_MS = 7200000");
});
