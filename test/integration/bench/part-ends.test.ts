/**
 * A bench whose carrier, Asterisk, Redis or gateway has ended reports no figures: it ends and names the part. One that is
 * interrupted leaves no part behind.
 */
import { afterEach, expect, it } from "vitest";
import { type RunningCommand, run } from "../../support/command.ts";
import { isAlive } from "../../support/is-alive.ts";

let bench: RunningCommand | undefined;

afterEach(() => {
  if (bench?.child.exitCode === null) bench.child.kill("SIGTERM");
});

/** Every part runs then, and the warm-up has begun or is about to. */
const lastPart = /started the bare loop over websocket, pid \d+/;
const atOnceMs = 5000;

it.each([
  // A soft exit, as at the end of the calls that SIPp was told to take.
  { part: "the SIPp carrier", signal: "SIGUSR1", how: /exit code \d+/ },
  { part: "the SIPp carrier", signal: "SIGKILL", how: /signal SIGKILL/ },
  { part: "Asterisk", signal: "SIGKILL", how: /signal SIGKILL/ },
  { part: "Redis of the gateway of this commit", signal: "SIGKILL", how: /signal SIGKILL/ },
  { part: "the gateway of this commit", signal: "SIGKILL", how: /signal SIGKILL/ },
] as const)("the bench ends with one sentence when $part ends by $signal", async ({ part, signal, how }) => {
  bench = run(process.execPath, "bench/main.ts", "calls", "--quick", "--sides", "ours,bare_websocket");
  await bench.says(lastPart);
  const pid = Number(bench.output().split(`started ${part}, pid `)[1]?.split("\n")[0]);
  const endedAtMs = performance.now();
  process.kill(pid, signal);

  expect(await bench.exitCode()).toBe(1);
  expect(performance.now() - endedAtMs).toBeLessThan(atOnceMs);
  const last = bench.output().trimEnd().split("\n").at(-1) ?? "";
  expect(last).toContain(`bench calls: ${part} (pid ${pid}) ended with `);
  expect(last).toMatch(how);
  expect(last).toContain("last output: ");
  expect(bench.output()).not.toMatch(/^ratio/m);
});

it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "a bench interrupted by %s ends all that it started",
  async (signal) => {
    bench = run(process.execPath, "bench/main.ts", "calls", "--quick", "--sides", "ours,bare_websocket");
    await bench.says(lastPart);
    const pids = Array.from(bench.output().matchAll(/^started .*, pid (\d+)$/gm), ([, pid]) => Number(pid));
    bench.child.kill(signal);

    expect(await bench.exitCode()).toBe(1);
    expect(bench.output()).toContain(`bench calls: ended by ${signal}; no figures`);
    expect(pids.length).toBeGreaterThanOrEqual(5);
    expect(pids.filter(isAlive)).toEqual([]);
  },
);
