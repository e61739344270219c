/**
 * How long reservations of each channel take in this process at the moment: a simulated delivery reserves nothing, and its
 * answer must not be faster than that of a real one.
 */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";

/** Of each channel the newest ones. */
const mostSamples = 128;
/** A timer of Node is a millisecond late; below this a question to the store waits more exactly. */
const leastTimerMs = 3;
/** Bounds the questions. */
const mostQuestions = 8;

export interface Pace {
  /** Notes how long a real reservation of the channel took. */
  measured(channel: string, ms: number): void;
  /**
   * Waits as long as one of the newest real reservations took, drawn at random.
   * @param startedAtMs when the work in its place began, by the clock of `now`
   * @param ask a question to the store that changes nothing, and takes as long as a short reservation
   */
  wait(channel: string, startedAtMs: number, ask: () => Promise<unknown>): Promise<void>;
  /** Monotonic, in ms with fractions. */
  now(): number;
}

/** @param now monotonic ms; in production `performance.now` */
export function createPace(clock: Clock, random: Random, now: () => number = () => performance.now()): Pace {
  const samples = new Map<string, number[]>();
  let next = 0;

  return {
    now,
    measured(channel, ms) {
      const own = samples.get(channel) ?? [];
      if (own.length === 0) samples.set(channel, own);
      own[own.length < mostSamples ? own.length : next++ % mostSamples] = ms;
    },
    async wait(channel, startedAtMs, ask) {
      const own = samples.get(channel) ?? [];
      // Before the first real one there is nothing to compare it with.
      if (own.length === 0) {
        await ask();
        return;
      }
      const untilMs = startedAtMs + (own[random.below(own.length)] ?? 0);
      for (let questions = 0; questions < mostQuestions; questions++) {
        const leftMs = untilMs - now();
        if (leftMs >= leastTimerMs) {
          await new Promise<void>((resolve) => void clock.after(leftMs - 1, resolve));
          continue;
        }
        const askedAtMs = now();
        if (leftMs <= 0) return;
        await ask();
        // A half question too many is as near as one too few.
        if (untilMs - now() < (now() - askedAtMs) / 2) return;
      }
    },
  };
}
