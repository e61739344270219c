import type { Clock } from "../../src/shared/clock.ts";

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  /** Of what passes; the time of day is `#setMs` off. */
  #nowMs: number;
  #setMs = 0;
  #timers: { atMs: number; callback: () => void }[] = [];

  constructor(startMs = 1_800_000_000_000) {
    this.#nowMs = startMs;
  }

  nowMs = (): number => this.#nowMs + this.#setMs;

  monotonicMs = (): number => this.#nowMs;

  /** As NTP or an operator does: the time of day is another one, and no time has passed. */
  set(byMs: number): void {
    this.#setMs += byMs;
  }

  after = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.length;
  }

  /** As for a process that was frozen: what became due meanwhile fires afterwards, late; what it sets, not yet. */
  freeze(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#timers = this.#timers.filter((timer) => !due.includes(timer));
    for (const { callback } of due) callback();
  }

  /** Moves time at once, and calls back what became due, unless one before it canceled it. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers].sort((a, b) => a.atMs - b.atMs)) {
      if (timer.atMs > this.#nowMs || !this.#timers.includes(timer)) continue;
      this.#timers = this.#timers.filter((other) => other !== timer);
      timer.callback();
    }
  }

  /** Lets `ms` pass; timers fire in order, those they set included. */
  pass(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = untilMs;
  }
}

/** @param startMs real time by default, for what is compared with a server's own clock */
export function manualClock(startMs = Date.now()): ManualClock {
  return new ManualClock(startMs);
}
