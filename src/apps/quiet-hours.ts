/** Whether it is a quiet hour at a callee's, and until when. */
import type { QuietHours } from "./bounds.ts";

/** Local time of a zone in minutes from midnight. */
export type MinuteOfDay = (zone: string, atMs: number) => number;

const minutesADay = 1440;
const minuteMs = 60_000;
/** Of an hour at most each, within two days; zones around the globe end at other minutes. */
const mostSteps = 200;

/**
 * How long calls have to wait; null: none of the zones has a quiet hour now.
 * @param zones of the callee: where it has several, each counts; none: unknown, and every hour is quiet
 * @returns milliseconds until no zone has a quiet hour, at most two days; two days where that never comes
 */
export function quietForMs(
  quiet: QuietHours,
  zones: readonly string[],
  nowMs: number,
  minuteOfDay: MinuteOfDay,
): number | null {
  const longestMs = 2 * minutesADay * minuteMs;
  if (zones.length === 0) return longestMs;
  // Local times change at full minutes.
  const beganMs = Math.floor(nowMs / minuteMs) * minuteMs;
  let atMs = beganMs;
  for (let step = 0; step < mostSteps && atMs - beganMs < longestMs; step++) {
    const waits = zones.map((zone) => minutesLeft(quiet, minuteOfDay(zone, atMs)));
    const wait = Math.max(...waits);
    if (wait === 0) return atMs === beganMs ? null : atMs - nowMs;
    // An hour at most: the clocks may be changed meanwhile.
    atMs += Math.min(wait, 60) * minuteMs;
  }
  return longestMs;
}

/** Minutes until the quiet hours end at this time of day; 0: it is outside of them. */
function minutesLeft({ from, to }: QuietHours, minute: number): number {
  const isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
  return isQuiet ? (to - minute + minutesADay) % minutesADay : 0;
}
