/** What came of the load, phase by phase, and what must hold. */
import type { PairCall } from "./pair-call.ts";

/** New calls must fare well again so soon after a kill. */
const recoveryMs = 2000;

/** From the INVITE; Asterisk's own timeout here. */
const longestRingMs = 10_000;

/** A kill with the name of what was killed. */
export interface Kill {
  readonly victim: string;
  readonly atMs: number;
}

export interface PhaseResult {
  readonly phase: string;
  readonly asked: number;
  readonly accepted: number;
  readonly verified: number;
  readonly expired: number;
  /** Accepted and never ended. */
  readonly lost: number;
  /** Rang later than `lateMs` after the app asked. */
  readonly late: number;
  readonly undeliverable: number;
  /** No gateway accepted it. */
  readonly refused: number;
  /** From the app's request to 180 on the wire; of this the carrier takes half a second. */
  readonly p50_ring_ms: number | null;
  readonly p99_ring_ms: number | null;
  /** Longest time from 180 to CANCEL. */
  readonly longest_ring_ms: number | null;
  /** Phones that were never told to stop: their carrier's own limit ended it. */
  readonly never_canceled: number;
}

/** Calls that were under way, and had not rung yet, when something was killed have a row of their own. */
export function phaseResults(calls: readonly PairCall[], kills: readonly Kill[]): readonly PhaseResult[] {
  const rows = new Map<string, PairCall[]>();
  for (const call of calls) {
    const phase = rowOf(call, kills);
    rows.set(phase, [...(rows.get(phase) ?? []), call]);
  }
  return [...rows].map(([phase, own]) => phaseResult(phase, own));
}

function rowOf(call: PairCall, kills: readonly Kill[]): string {
  const kill = kills.find(
    ({ atMs }) => call.askedAtMs < atMs && atMs < (call.rang?.alertedAtMs ?? call.askedAtMs + 2000),
  );
  return kill === undefined ? call.phase : `under way when the ${kill.victim} was killed`;
}

function phaseResult(phase: string, calls: readonly PairCall[]): PhaseResult {
  const count = (holds: (call: PairCall) => boolean) => calls.filter(holds).length;
  const ringMs = calls.flatMap(({ rang, askedAtMs }) =>
    rang?.alertedAtMs == null ? [] : [rang.alertedAtMs - askedAtMs],
  );
  const lastedMs = calls.flatMap(({ rang }) =>
    rang?.alertedAtMs == null || rang.canceledAtMs === null ? [] : [rang.canceledAtMs - rang.alertedAtMs],
  );
  return {
    ...{ phase, asked: calls.length },
    accepted: count(({ verification }) => verification !== null),
    verified: count(({ end }) => end === "verified"),
    expired: count(({ end }) => end === "expired"),
    lost: count(({ isLost }) => isLost),
    late: count(({ isLate }) => isLate),
    undeliverable: count(({ end }) => end === "undeliverable"),
    refused: count(({ verification }) => verification === null),
    p50_ring_ms: quantile(ringMs, 0.5),
    p99_ring_ms: quantile(ringMs, 0.99),
    longest_ring_ms: quantile(lastedMs, 1),
    never_canceled: count(({ rang }) => rang !== null && rang.canceledAtMs === null),
  };
}

function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return value === undefined ? null : Math.round(value);
}

/** From a kill to the last start that failed or rang late because of it; null: none did. */
export function lastFailedMs(calls: readonly PairCall[], { atMs }: Kill): number | null {
  const since = calls
    .filter((call) => (call.isFailed || call.isLate) && call.askedAtMs > atMs && call.askedAtMs < atMs + 2 * recoveryMs)
    .map(({ askedAtMs }) => askedAtMs - atMs);
  return since.length === 0 ? null : Math.round(Math.max(...since));
}

/** Only an Asterisk that was killed while the phone rang leaves it to the carrier. */
function ringsOn({ rang }: PairCall, kills: readonly Kill[]): boolean {
  if (rang === null || (rang.canceledAtMs ?? rang.endedAtMs) !== null) return false;
  const before = (ms: number) => rang.invitedAtMs < ms + recoveryMs && ms < rang.invitedAtMs + longestRingMs;
  return !kills.some(({ victim, atMs }) => victim === "Asterisk" && before(atMs));
}

/** @returns what did not hold, in words */
export function judge(calls: readonly PairCall[], kills: readonly Kill[]): string[] {
  // Only a kill excuses a failure: of a call that was under way, or one that began right after it.
  const near = (fromMs: number, toMs: number) =>
    kills.some(({ atMs }) => fromMs > atMs - recoveryMs && toMs < atMs + recoveryMs);
  const excusedLate = ({ askedAtMs }: PairCall) => near(askedAtMs, askedAtMs);
  // On a busy machine a phone may ring long after the app asked, and shortly before the kill: nobody may know of it yet.
  const excused = ({ askedAtMs, rang }: PairCall) => near(rang?.alertedAtMs ?? askedAtMs, askedAtMs);
  return calls.flatMap((call) => {
    const { callee, phase, end, status, refusal, timesRung, timesVerified } = call;
    const wrongs: readonly (readonly [boolean, string])[] = [
      [timesRung > 1, `rang ${timesRung} times`],
      [timesVerified > 1, `was verified ${timesVerified} times`],
      [call.isLost, `is lost: ${end ?? "unreadable"}`],
      [
        call.isFailed && !excused(call),
        `failed with no reason to: ${status ?? "no answer"}${refusal}, ${end ?? "never read"}`,
      ],
      [call.isLate && !excusedLate(call), "rang late with no reason to"],
      [ringsOn(call, kills), "rings on, and nobody cancels"],
    ];
    return wrongs.filter(([isWrong]) => isWrong).map(([, text]) => `${phase}: ${callee} ${text}`);
  });
}
