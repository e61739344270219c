/**
 * Files of a project share a process. What one of them leaves there would change the next one, which then fails for no fault of
 * its own, or passes by it: so each file ends as it began. Set-up file of those projects.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, vi } from "vitest";
import { builtInMetadata, numberingMetadata } from "../../src/numbers/library.ts";

/** What is closed comes out of the list a moment later: connections say goodbye to each other. */
const settleMs = 5000;
const lookEveryMs = 10;
/** Vitest has timers of its own, and what a timer of a test does later is told by what it then holds. A failed start leaves a histogram. */
const notCounted = new Set(["Timeout", "Immediate", "IntervalHistogram"]);
const events = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "uncaughtException", "unhandledRejection", "message"];

/** What holds the process: servers, sockets, connections, child processes; not idle ones of `fetch`, which it lets go itself. */
function held(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => !notCounted.has(kind));
}

function state() {
  const { VITEST_WORKER_ID: _worker, ...env } = process.env;
  return {
    ...{ env, folder: process.cwd(), exitCode: process.exitCode },
    listeners: Object.fromEntries(events.map((event) => [event, process.listenerCount(event)])),
    fakeTimers: vi.isFakeTimers(),
    plans: numberingMetadata() === builtInMetadata ? "built in" : "of a file",
  };
}

const before = { state: state(), held: held() };

/** What was not held before. */
function heldSince(): string[] {
  const known = [...before.held];
  return held().filter((kind) => {
    const at = known.indexOf(kind);
    if (at !== -1) known.splice(at, 1);
    return at === -1;
  });
}

afterAll(async () => {
  expect(state(), "what this file leaves in the process that it shares").toEqual(before.state);
  const giveUpAtMs = performance.now() + settleMs;
  while (heldSince().length > 0 && performance.now() < giveUpAtMs) await pause(lookEveryMs);
  expect(heldSince(), "what this file leaves open").toEqual([]);
});
