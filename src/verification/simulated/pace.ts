/**
 * How long the work of a real delivery takes in this process at the moment: a simulated one reserves nothing, and its answer
 * must not be faster. What the simulated work took itself is ranked among its like, and waits until the real work of the same
 * rank would be done: so both have the same distribution, not only the same mean.
 */
import { type Clock, systemClock } from "../../shared/clock.ts";

/** Of each name the newest ones. */
const mostSamples = 256;
/** A timer of Node is a millisecond late; below this a question to the store waits more exactly. */
const leastTimerMs = 3;
/** Bounds the questions. */
const mostQuestions = 8;

export interface Pace {
  /** Notes how long real work of this name took. */
  measured(name: string, ms: number): void;
  /**
   * Waits until real work of this name would be done. Returns at once where none was measured.
   * @param startedAtMs when the work in its place began, by `now`
   * @param ask a question to the store that changes nothing: for waits that are shorter than a timer
   */
  wait(name: string, startedAtMs: number, ask: () => Promise<unknown>): Promise<void>;
  /** Monotonic, in ms with fractions. */
  now(): number;
}

/** Real time, whatever the clock of the domain says: what is measured is this process. */
export interface PaceTime {
  /** Monotonic, in ms. */
  now(): number;
  readonly after: Clock["after"];
}

const realTime: PaceTime = { now: () => performance.now(), after: systemClock.after };

export function createPace({ now, after }: PaceTime = realTime): Pace {
  const real = createSamples();
  const own = createSamples();
  /** How long a question takes, averaged. */
  let questionMs = 0.3;

  async function question(ask: () => Promise<unknown>): Promise<void> {
    const askedAtMs = now();
    await ask();
    questionMs += (now() - askedAtMs - questionMs) / 16;
  }

  return {
    now,
    measured: real.add,
    async wait(name, startedAtMs, ask) {
      const tookMs = now() - startedAtMs;
      own.add(name, tookMs);
      const untilMs = startedAtMs + (real.at(name, own.rank(name, tookMs)) ?? tookMs);
      for (let questions = 0; questions < mostQuestions; questions++) {
        const leftMs = untilMs - now();
        // Half a question too many is as near as half a one too few.
        if (leftMs < questionMs / 2) return;
        if (leftMs < leastTimerMs) await question(ask);
        else await new Promise<void>((resolve) => void after(leftMs - 1, resolve));
      }
    },
  };
}

function createSamples() {
  const byName = new Map<string, { readonly all: number[]; next: number }>();
  const of = (name: string) => {
    const known = byName.get(name) ?? { all: [], next: 0 };
    byName.set(name, known);
    return known;
  };
  return {
    add(name: string, ms: number): void {
      const samples = of(name);
      samples.all[samples.next++ % mostSamples] = ms;
    },
    /** Which part of them is less than this. */
    rank(name: string, ms: number): number {
      const { all } = of(name);
      return all.filter((one) => one < ms).length / Math.max(1, all.length);
    },
    /** Null: there are none. @param rank from 0, below 1 */
    at(name: string, rank: number): number | null {
      const { all } = of(name);
      return all.toSorted((a, b) => a - b)[Math.floor(rank * all.length)] ?? null;
    },
  };
}
