/** What the bench and the sides say to each other; the bare ones are processes of their own. */

/** Asterisk and the trunk that all sides call through. */
export interface Target {
  /** How the bare peer asks for calls. */
  readonly control: "http" | "websocket";
  readonly ariUrl: string;
  readonly ariUser: string;
  readonly ariPassword: string;
  readonly endpoint: string;
  /** How long a phone rings before the bare peer hangs up: as long as the gateway's. */
  readonly ringMs: number;
}

/** The carrier, spoken to without an Asterisk. */
export interface SipTarget {
  readonly control: "sip";
  readonly host: string;
  readonly port: number;
  readonly ringMs: number;
}

/** Offer calls. */
export interface RunCommand {
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** First callee of this run, so that no callee is called twice. */
  readonly firstCallee: number;
}

/** How that went, as far as the side knows; whether the phones rang is known from the carrier. */
export interface RunResult {
  readonly offered: number;
  /** Callee and wall-clock milliseconds of the request of each call that was accepted. */
  readonly placed: readonly (readonly [callee: string, atMs: number])[];
  /** What the first error said. */
  readonly firstError: string | null;
}

/**
 * A clock in wall-clock milliseconds with a fraction, comparable to the carrier's: `Date.now()` has no fraction, and
 * `performance.timeOrigin` drifts from it over a long run. Make a new one for each run; takes a millisecond.
 */
export function wallClock(): () => number {
  const firstMs = Date.now();
  let nextMs = firstMs;
  while (nextMs === firstMs) nextMs = Date.now();
  const offsetMs = nextMs - performance.now();
  return () => offsetMs + performance.now();
}

/** British mobile numbers, +44 7100 000000 to +44 7399 999999: more than a run calls. */
const callees = 300_000_000;

export const callee = (index: number) => `+44${7_100_000_000 + (index % callees)}`;
