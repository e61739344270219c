/** Heartbeats of many streams, spread over time: written all at once they would hold up calls' timers. */
import type { Clock } from "../shared/clock.ts";

/** Well below the 60 s after which common proxies close a silent connection, and the 20 s that a sign of a person holds. */
export const heartbeatMs = 10_000;
const groups = 20;

export interface Beating {
  beat(): void;
}

export class Heartbeats {
  readonly #clock: Clock;
  readonly #groups = Array.from({ length: groups }, () => new Set<Beating>());
  #next = 0;
  #count = 0;
  #stop: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `beat` every 10 s from now on. @returns ends it */
  add(stream: Beating): () => void {
    // The one that was served just now.
    const group = this.#groups[(this.#next + groups - 1) % groups];
    group?.add(stream);
    this.#count++;
    if (this.#stop === null) this.#schedule();
    return () => {
      if (group?.delete(stream)) this.#count--;
      if (this.#count > 0) return;
      this.#stop?.();
      this.#stop = null;
    };
  }

  #schedule(): void {
    this.#stop = this.#clock.after(heartbeatMs / groups, () => {
      const group = this.#groups[this.#next] ?? [];
      this.#next = (this.#next + 1) % groups;
      this.#schedule();
      for (const stream of [...group]) stream.beat();
    });
  }
}
