/** What the transactions of RFC 3261 section 17 have in common: each takes the steps of its table, with at most two timers. */

import type { Timer, TimerOwner, Timers } from "../../shared/timers.ts";
import type { Table } from "./tables.ts";
import type { TimerValues } from "./timer-values.ts";

export interface MachineContext {
  readonly timers: Timers;
  readonly values: TimerValues;
}

/** What repeats a message; all other timers end a state. */
const repeating: ReadonlySet<string> = new Set(["A", "E", "G"]);
const stopTimers = "stop timers";
const terminated = "terminated";

/** `Subject`: what an event is about, for the actions of its step. */
export abstract class Machine<
  State extends string,
  Event extends string,
  Action extends string,
  Subject,
  Context extends MachineContext,
> implements TimerOwner<Event>
{
  protected readonly context: Context;
  #state: State;
  #repeating: Timer | null = null;
  #ending: Timer | null = null;

  constructor(context: Context, state: State) {
    this.context = context;
    this.#state = state;
  }

  protected abstract get table(): Table<State, Event, Action>;
  protected abstract do(action: Action, subject: Subject | undefined, atMs: number): void;
  /** Before the actions of the step. Timers were stopped where the state is `terminated`. */
  protected abstract entered(state: State): void;

  get state(): State {
    return this.#state;
  }

  expired(timer: Event): void {
    if (repeating.has(timer)) this.#repeating = null;
    else this.#ending = null;
    this.on(timer);
  }

  /** Ends without informing the user. */
  abandon(): void {
    this.#enter(terminated as State);
  }

  protected on(event: Event, subject?: Subject, atMs = 0): void {
    const step = this.table[this.#state][event];
    if (step === undefined) return;
    if (step.next !== this.#state) this.#enter(step.next);
    for (const action of step.does) {
      if (action === stopTimers) this.#stopTimers();
      else this.do(action, subject, atMs);
    }
  }

  protected start(timer: Event, delayMs: number): void {
    const { timers } = this.context;
    if (repeating.has(timer)) {
      this.#repeating = timers.start(delayMs, this, timer);
      return;
    }
    timers.stop(this.#ending);
    this.#ending = timers.start(delayMs, this, timer);
  }

  /** Repeats its message no more. */
  protected stopRepeating(): void {
    this.context.timers.stop(this.#repeating);
    this.#repeating = null;
  }

  #enter(state: State): void {
    this.#state = state;
    if (state === terminated) this.#stopTimers();
    this.entered(state);
  }

  #stopTimers(): void {
    const { timers } = this.context;
    timers.stop(this.#repeating);
    timers.stop(this.#ending);
    this.#repeating = null;
    this.#ending = null;
  }
}
