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

describe.each([...loadScripts(), ...load()])("the script %s", (_name, { script: text, library }) => {
  it("is whole: each include once, none left over", () => {
    expect(text).not.toContain("@include");
    const functions = [...text.matchAll(/^local function (\w+)/gm)].map(([, name]) => name);
    expect(new Set(functions).size).toBe(functions.length);
  });

  it("tells Redis on its first line to look before it runs", () => {
    expect(text).toMatch(/^#!lua( flags=(allow-oom|no-writes))?\n/);
  });

  it("has a library with the same flags, of which name and function are the same", () => {
    const [, name = ""] = /^#!lua name=(onering_[0-9a-f]{20})\n/.exec(library.text) ?? [];
    expect(library.name).toBe(name);
    const [, flags = ""] = /^#!lua(?: flags=(.*))?\n/.exec(text) ?? [];
    expect(library.text).toContain(`function_name = '${name}', flags = { ${flags && `'${flags}'`} }`);
  });

  it("says what it takes and returns", () => {
    expect(text).toMatch(/KEYS\[1\][\s\S]*ARGV\[1\][\s\S]*Returns/);
  });
});

it("is made with the settings, in milliseconds", () => {
  expect(load({ wrong_checks_window_seconds: 7200 }).get("check")?.script).toContain(
    "local WRONG_CHECKS_WINDOW_MS = 7200000",
  );
});

it("has another library where a setting differs", () => {
  const { library } = load().get("check") ?? {};
  expect(load({ wrong_checks_window_seconds: 7200 }).get("check")?.library.name).not.toBe(library?.name);
  expect(load().get("check")?.library).toEqual(library);
});

it("gives an app a share of the callee's limits only where there are several", () => {
  expect(load().get("check")?.script).toContain("local WRONG_CHECKS_PER_APP = 10");
  expect(load({}, 2).get("check")?.script).toContain("local WRONG_CHECKS_PER_APP = 6");
});
