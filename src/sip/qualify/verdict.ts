/** Whether a far end is up, from one OPTIONS after the other: pure. */

/** `unknown`: nothing was sent yet; then calls decide. */
export type Reach = "unknown" | "up" | "down";

export interface Verdict {
  readonly reach: Reach;
  /** Results in a row that speak against `reach`. */
  readonly against: number;
}

/** `null`: no response. */
export type ProbeStatus = number | null;

/** One lost datagram, or one restarted proxy, does not take a trunk from use, and one lucky answer does not bring it back. */
const needed = 2;
/** While results speak against the verdict the next one comes soon. */
const soonMs = 2_000;
/** Of a far end that is down: its return is seen within this time. */
const downMs = 10_000;

export const noVerdict: Verdict = { reach: "unknown", against: 0 };

/** Any response shows that the far end is there, but not a proxy's for a server that is not: 408 and 503 (RFC 3261 section 21). */
export function isAlive(status: ProbeStatus): boolean {
  return status !== null && status !== 408 && status !== 503;
}

export function judge({ reach, against }: Verdict, status: ProbeStatus): Verdict {
  const seen: Reach = isAlive(status) ? "up" : "down";
  // The first answer is taken as it is; the first silence is asked about once more.
  if (seen === reach || (reach === "unknown" && seen === "up")) return { reach: seen, against: 0 };
  return against + 1 >= needed ? { reach: seen, against: 0 } : { reach, against: against + 1 };
}

/** How long to wait for the next probe. */
export function pauseMs({ reach, against }: Verdict, everyMs: number): number {
  if (against > 0) return Math.min(soonMs, everyMs);
  return reach === "down" ? Math.min(downMs, everyMs) : everyMs;
}
