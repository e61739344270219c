/** Time as the domain sees it. Injected, so that tests control it. */
export interface Clock {
  /** Milliseconds since the epoch, for what is stored or shown: the system may set it back or forward. */
  nowMs(): number;
  /** Whole milliseconds since any moment, which nobody sets. Left out: `nowMs`. Durations are measured by `steadyClock`. */
  monotonicMs?(): number;
  /**
   * Calls back once after `delayMs`; returns what cancels it. A set clock changes nothing of it. What came while this process stood
   * still is read first: an answer that is there cancels its deadline.
   */
  after(delayMs: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: Date.now,
  monotonicMs: () => Math.floor(performance.now()),
  after(delayMs, callback) {
    // The event loop runs timers before it reads sockets, and immediates after it.
    let turn: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => (turn = setImmediate(callback)), delayMs);
    return () => {
      clearTimeout(timer);
      clearImmediate(turn);
    };
  },
};

/**
 * The clock for durations within this process, whose `nowMs` has no meaning beyond it: deadlines, pauses, ages. By the time of day a
 * clock that is set forward ends all of them at once, and one that is set back holds them for as long.
 */
export function steadyClock(clock: Clock): Clock {
  const nowMs = () => steadyMs(clock);
  return { nowMs, monotonicMs: nowMs, after: (delayMs, callback) => clock.after(delayMs, callback) };
}

/** What `steadyClock` says now: for what is made too often to have a clock of its own. */
export function steadyMs(clock: Clock): number {
  return clock.monotonicMs?.() ?? clock.nowMs();
}

/**
 * How many milliseconds have passed, for what must not happen too late: by the clock that says more. The steady one stops while the
 * machine is suspended; the time of day may be set back.
 */
export function stopwatch(clock: Clock): () => number {
  const begunMs = steadyMs(clock);
  const atMs = clock.nowMs();
  return () => Math.max(steadyMs(clock) - begunMs, clock.nowMs() - atMs);
}
