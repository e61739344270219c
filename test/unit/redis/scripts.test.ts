import { describe, expect, it } from "vitest";
import { callInMachine } from "../../../src/channels/call-in/machine.ts";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { loadScripts, loadVerificationScripts } from "../../../src/redis/scripts.ts";

const settings = {
  ttl_seconds: 300,
  retention_seconds: 3600,
  max_checks: 3,
  message_code_length: 6,
  min_calls: 1,
  wrong_checks_per_callee: 10,
  wrong_checks_window_seconds: 86_400,
  starts_per_callee_per_hour: 5,
  start_gap_seconds: 15,
  caller_id_cooldown_seconds: 86_400,
  max_guess_probability: 0.001,
  idempotency_ttl_seconds: 86_400,
};

const script = (path: string) => new URL(`../../../src/channels/${path}.lua`, import.meta.url);
const outbox = { perShard: false, maxEntries: 1000 };
const channels = [
  {
    name: "missed_call",
    machine: missedCallMachine,
    scripts: { start: script("missed-call/lua/start"), next_call: script("missed-call/lua/next_call") },
  },
  {
    name: "call_in",
    machine: callInMachine,
    scripts: { start: script("call-in/lua/start"), called: script("call-in/lua/called") },
  },
];
const load = (changed: Partial<typeof settings> = {}, apps = 1) =>
  loadVerificationScripts({ verification: { ...settings, ...changed }, apps }, channels, outbox);

describe.each([...loadScripts(), ...load()])("the script %s", (_name, text) => {
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
  expect(load({ wrong_checks_window_seconds: 7200 }).get("check")).toContain("local WRONG_CHECKS_WINDOW_MS = 7200000");
});

it("gives an app a share of the callee's limits only where there are several", () => {
  expect(load().get("check")).toContain("local WRONG_CHECKS_PER_APP = 10");
  expect(load({}, 2).get("check")).toContain("local WRONG_CHECKS_PER_APP = 6");
});
