/** Counts the calls of all gateways together: each method is one script, one round trip. What they do stands in lua/. */
import type { PacedWay, Pacing, TakeAnswer } from "../telephony/pacing-port.ts";
import { linesKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

export function createPacing(run: RunScript): Pacing {
  return {
    async take({ leaseId, leaseMs, maxWaitMs, ways }) {
      const args = [leaseId, leaseMs, maxWaitMs, ...ways.flatMap(wayArgs)];
      return readTake((await run("take_line", linesKey, args)) as Reply);
    },
    async release(leaseId, way, unused) {
      await run("release_line", linesKey, [leaseId, unused ? 1 : 0, ...wayArgs(way)]);
    },
  };
}

function wayArgs({ trunk, trunkLimits, asterisk, asteriskLimits }: PacedWay): (string | number)[] {
  return [
    ...[trunk, trunkLimits.callsPerSecond, trunkLimits.maxConcurrentCalls],
    ...[asterisk, asteriskLimits.callsPerSecond, asteriskLimits.maxConcurrentCalls],
  ];
}

function readTake([kind, first, second]: Reply): TakeAnswer {
  switch (kind) {
    case "taken":
      // Lua counts from 1.
      return { kind, way: Number(first) - 1, waitMs: Number(second) };
    case "full":
      return { kind, retryAfterMs: Number(first) };
    case "out_of_service":
      return { kind };
    default:
      throw new Error(`a script answered ${String(kind)}, which this version does not know`);
  }
}
