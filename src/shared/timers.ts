/**
 * Timers of what there is by the thousand, such as calls and transactions: one queue a duration. Timers of one duration end in the
 * order in which they began, so each queue is a list with one timer of the clock for its head; starting and stopping one is
 * a change of four links, and there is one object for each and no closure.
 */
import type { Clock } from "./clock.ts";

export interface TimerOwner<Name extends string> {
  expired(name: Name): void;
}

/** One running timer; off every list once stopped or expired. */
export class Timer {
  dueMs = 0;
  next: Timer = this;
  previous: Timer = this;
  queue: Queue | null = null;
  // biome-ignore lint/suspicious/noExplicitAny: the owner that started it knows its own names
  readonly owner: TimerOwner<any> | null;
  readonly name: string;

  constructor(owner: Timer["owner"], name: string) {
    this.owner = owner;
    this.name = name;
  }
}

export class Timers {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #queues = new Map<number, Queue>();

  /**
   * @param clock monotonic: a step of the wall clock would end what still waits
   * @param onError takes what an owner throws, so that the timers behind it go on; left out: it is thrown
   */
  constructor(clock: Clock, onError: OnError = rethrow) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** @param delayMs in general one of a few values: each has a queue as long as it has timers */
  start<Name extends string>(delayMs: number, owner: TimerOwner<Name>, name: Name): Timer {
    let queue = this.#queues.get(delayMs);
    if (queue === undefined) {
      queue = new Queue(this.#clock, delayMs, this.#onError, this.#emptied);
      this.#queues.set(delayMs, queue);
    }
    const timer = new Timer(owner, name);
    queue.add(timer);
    return timer;
  }

  /** Idempotent. */
  stop(timer: Timer | null): void {
    timer?.queue?.remove(timer);
  }

  /** How many run. */
  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.size;
    return size;
  }

  /** Stops all. */
  clear(): void {
    for (const queue of [...this.#queues.values()]) queue.clear();
  }

  /** One that was emptied and replaced while it called an owner back must not take the new one along. */
  readonly #emptied = (delayMs: number, queue: Queue): void => {
    if (this.#queues.get(delayMs) === queue) this.#queues.delete(delayMs);
  };
}

type OnError = (error: unknown) => void;

function rethrow(error: unknown): void {
  throw error;
}

type Emptied = (delayMs: number, queue: Queue) => void;

class Queue {
  readonly #clock: Clock;
  readonly #onError: OnError;
  readonly #delayMs: number;
  readonly #emptied: Emptied;
  /** Before the first and behind the last. */
  readonly #ends = new Timer(null, "");
  #stopClock: (() => void) | null = null;
  size = 0;

  constructor(clock: Clock, delayMs: number, onError: OnError, emptied: Emptied) {
    this.#clock = clock;
    this.#onError = onError;
    this.#delayMs = delayMs;
    this.#emptied = emptied;
  }

  add(timer: Timer): void {
    timer.dueMs = this.#clock.nowMs() + this.#delayMs;
    timer.queue = this;
    const last = this.#ends.previous;
    last.next = timer;
    timer.previous = last;
    timer.next = this.#ends;
    this.#ends.previous = timer;
    this.size += 1;
    if (this.#stopClock === null) this.#wait(this.#delayMs);
  }

  remove(timer: Timer): void {
    this.#unlink(timer);
    if (this.size === 0) this.#rest();
  }

  clear(): void {
    while (this.size > 0) this.#unlink(this.#ends.next);
    this.#rest();
  }

  #unlink(timer: Timer): void {
    timer.previous.next = timer.next;
    timer.next.previous = timer.previous;
    // A stopped timer that is still held must not keep its neighbours.
    timer.next = timer;
    timer.previous = timer;
    timer.queue = null;
    this.size -= 1;
  }

  #rest(): void {
    this.#stopClock?.();
    this.#stopClock = null;
    if (this.size === 0) this.#emptied(this.#delayMs, this);
  }

  #wait(delayMs: number): void {
    this.#stopClock = this.#clock.after(delayMs, this.#expire);
  }

  #end({ owner, name }: Timer): void {
    try {
      owner?.expired(name);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** The head may have been stopped since: then the clock's timer is set anew, for the next one. */
  readonly #expire = (): void => {
    const nowMs = this.#clock.nowMs();
    try {
      // Node's timers count whole milliseconds. What is added meanwhile is due later, and ends the loop.
      for (let head = this.#ends.next; this.size > 0 && head.dueMs - nowMs < 1; head = this.#ends.next) {
        this.#unlink(head);
        this.#end(head);
      }
    } finally {
      this.#rest();
      if (this.size > 0) this.#wait(Math.max(1, Math.min(Math.ceil(this.#ends.next.dueMs - nowMs), this.#delayMs)));
    }
  };
}
