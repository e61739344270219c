import { expect, it } from "vitest";
import { examineClock, examineMemory, noRedis } from "../../../src/doctor/redis.ts";

const mib = 1_048_576;
const info = (used: number, max: number, system: number) =>
  `# Memory\r\nused_memory:${used * mib}\r\ntotal_system_memory:${system * mib}\r\nmaxmemory:${max * mib}\r\nmaxmemory_policy:noeviction\r\n`;

it.each([
  [info(100, 1000, 8000), "ok", "uses 100 MiB of maxmemory 1000 MiB"],
  [info(800, 1000, 8000), "warn", "uses 800 MiB of maxmemory 1000 MiB"],
  [info(1000, 1000, 8000), "fail", "uses 1000 MiB of maxmemory 1000 MiB"],
  [info(100, 0, 8000), "hint", "8000 MiB of its machine (no maxmemory is set)"],
  [info(7000, 0, 8000), "warn", "8000 MiB of its machine (no maxmemory is set)"],
])("a Redis that is filling up is reported before every start answers 503: %#", (memory, level, what) => {
  const finding = examineMemory(memory);
  expect(finding.level).toBe(level);
  expect(finding.what).toContain(what);
});

it.each([
  [["1000", "500000"], 1_000_500, "ok", "agrees"],
  [["1000", "0"], 1_001_999, "ok", "agrees"],
  [["1000", "0"], 1_003_000, "warn", "differs from this machine's by 3000 ms"],
  [["1000", "0"], 910_000_000, "warn", "differs from this machine's by 909000000 ms"],
  [["1000", "0"], 990_000, "warn", "differs from this machine's by -10000 ms"],
])("a clock 25 h ahead of Redis' is reported, and one 3 s: %j at %d", (time, nowMs, level, what) => {
  const finding = examineClock(time, nowMs);
  expect(finding.level).toBe(level);
  expect(finding.what).toContain(what);
});

it.each([
  [
    "NOAUTH HELLO must be called with the client already authenticated, otherwise …",
    /asks for a password/,
    /redis\.url/,
  ],
  ["WRONGPASS invalid username-password pair or user is disabled.", /refuses the user or password/, /percent-encoded/],
  ["connect ECONNREFUSED 127.0.0.1:6379", /does not answer \(connect ECONNREFUSED/, /address/],
])("what to do about a Redis that cannot be used fits the cause: %s", (message, what, fix) => {
  expect(noRedis(new Error(message))).toMatchObject({
    level: "fail",
    what: expect.stringMatching(what),
    fix: expect.stringMatching(fix),
  });
});
