/** What is kept of numbers' health: one string a number, and counts of trunks. The scripts are in lua/. */
import type { HealthStore, TrunkCounts } from "../numbers/health/ports.ts";
import { mostOfKind } from "../numbers/health/readings.ts";
import { healthKey, healthTrunksKey } from "./keys.ts";
import type { Reply, RunCommand, RunScript } from "./run.ts";

const counted = 5;
const kept = Object.entries(mostOfKind)
  .map(([kind, most]) => `${kind}${most}`)
  .join("");

/** @param testNowMs the current time for scripts; in production null: Redis' own */
export function createHealthStore(run: RunScript, read: RunCommand, testNowMs: (() => number) | null): HealthStore {
  return {
    async read(hash) {
      return String((await read("GET", healthKey(hash))) ?? "");
    },
    async merge(hash, readings, bucketSeconds, keepMs) {
      await run("health_merge", healthKey(hash), [readings, bucketSeconds, keepMs, kept]);
    },
    async erase(hash) {
      const [erased] = (await run("health_erase", healthKey(hash), [])) as Reply;
      return erased === 1;
    },
    async count(fields) {
      if (fields.size === 0) return fields;
      const args = [...fields].flatMap(([name, { answers, unallocated, barred, early, wrong }]) => [
        ...[name, answers, unallocated, barred, early, wrong],
      ]);
      const reply = (await run("health_count", healthTrunksKey, [testNowMs?.() ?? "", ...args])) as Reply;
      return new Map([...fields.keys()].map((name, at) => [name, countsOf(reply.slice(at * counted))]));
    },
  };
}

function countsOf(sums: Reply): TrunkCounts {
  const [answers = 0, unallocated = 0, barred = 0, early = 0, wrong = 0] = sums.slice(0, counted).map(Number);
  return { answers, unallocated, barred, early, wrong };
}
