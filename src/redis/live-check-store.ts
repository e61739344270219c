/** Where all gateways keep live checks. The scripts are in lua/. */
import type { LiveCheckStore, StoreAnswer } from "../numbers/live-check/ports.ts";
import type { LiveReading } from "../numbers/live-check/types.ts";
import { calleeKey, liveCheckKey } from "./keys.ts";
import { unreadable } from "./replies.ts";
import type { Reply, RunScript } from "./run.ts";

/** Of a check whose gateway died: the call was begun, and nothing is known of it. */
const lost: LiveReading = { state: "unknown", reason: "interrupted", evidence: null };

/**
 * @param cooldownMs how long a callee is not shown a caller ID again: `verification.caller_id_cooldown_seconds`
 * @param testNow for tests: the time instead of Redis' own
 */
export function createLiveCheckStore(
  run: RunScript,
  cooldownMs: () => number,
  testNow: (() => number) | null,
): LiveCheckStore {
  const now = () => testNow?.() ?? "";

  async function begin(...[callee, apps, offer]: Parameters<LiveCheckStore["begin"]>): Promise<StoreAnswer> {
    const { id, repeatMs, lostMs, overMs, maxCoolingDown, callerIds } = offer;
    const limits = [repeatMs, lostMs, overMs, maxCoolingDown, cooldownMs()];
    const args = [now(), id, ...limits, apps.length, ...apps, ...callerIds];
    return readAnswer((await run("live_check_begin", calleeKey(callee), args)) as Reply);
  }

  return {
    look: (callee, apps) =>
      begin(callee, apps, { id: "", repeatMs: 1, lostMs: 1, overMs: 1, maxCoolingDown: 0, callerIds: [] }),
    begin,
    async end(callee, { id, reading, rememberMs, mayStillRing }) {
      const kept = reading === null ? 0 : Math.round(rememberMs);
      const args = [now(), id, kept, mayStillRing ? 1 : 0, JSON.stringify(reading)];
      const [atMs] = (await run("live_check_end", calleeKey(callee), args)) as Reply;
      return Number(atMs);
    },
    async admit({ id, app, leaseMs, perMinute, appPerMinute, appPerDay, maxConcurrent }) {
      const args = [now(), id, app, leaseMs, maxConcurrent, perMinute, appPerMinute, appPerDay];
      const [kind, value] = (await run("live_check_admit", liveCheckKey, args)) as Reply;
      return kind === "taken" ? { kind, stamp: String(value) } : { kind: "limited", retryAfterMs: Number(value) };
    },
    async release(id, app, stamp, unused) {
      await run("live_check_release", liveCheckKey, [id, app, stamp, unused ? 1 : 0]);
    },
  };
}

function readAnswer([kind, first, second, third, fourth]: Reply): StoreAnswer {
  switch (kind) {
    case "known": {
      const text = String(fourth);
      const reading = text === "" ? lost : (JSON.parse(text) as LiveReading);
      return { kind, atMs: Number(first), ageMs: Number(second), leftMs: Number(third), reading };
    }
    case "busy":
      return { kind, with: first === "call" ? "call" : "verification", retryAfterMs: Number(second) || null };
    case "refused":
      return { kind: "no_caller_id" };
    case "begun":
      // Lua counts from 1.
      return { kind, choice: Number(first) - 1 };
    case "under_way":
    case "free":
      return { kind };
    default:
      throw unreadable(kind);
  }
}
