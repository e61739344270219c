/** The deliveries of one endpoint by this gateway: how many at once, and what is to be settled with the queue. */
import type { Claim, Settled } from "./queue-port.ts";
import type { Endpoint } from "./types.ts";

/** A new endpoint, or one that was quiet, begins with so many at once. */
const firstWindow = 8;

export class EndpointWorker {
  readonly id: string;
  readonly #widest: number;
  /** Deliveries at once: grows by one with each success, halves with each failure. */
  #window: number;
  readonly #inProgress = new Map<Claim, number>();
  readonly #settled: Settled[] = [];
  /** A turn runs; `again`: another one is wanted after it. */
  turning = false;
  again = false;
  /** A turn begins soon. */
  planned = false;
  /** Dead letters are being moved. */
  moving = false;
  /** Whether the circuit was open at the last turn. */
  open = false;
  /** With which score this gateway took the endpoint from those that are due; null: it did not. */
  taken: string | null = null;
  /** It answered 410. */
  gone: Endpoint | null = null;

  constructor(id: string, widest: number) {
    this.id = id;
    this.#widest = widest;
    this.#window = Math.min(firstWindow, widest);
  }

  /** How many more may begin. */
  get free(): number {
    return Math.max(0, this.#window - this.#inProgress.size);
  }

  get inProgress(): number {
    return this.#inProgress.size;
  }

  get isIdle(): boolean {
    return !this.turning && !this.planned && !this.moving && this.#inProgress.size === 0 && !this.hasSettled;
  }

  get hasSettled(): boolean {
    return this.#settled.length > 0;
  }

  begin(claim: Claim, atMs: number): void {
    this.#inProgress.set(claim, atMs);
  }

  end(claim: Claim, settled: Settled): void {
    this.#inProgress.delete(claim);
    this.#settled.push(settled);
    if (settled.outcome === "delivered") this.#window = Math.min(this.#widest, this.#window + 1);
    else this.#window = Math.max(1, Math.floor(this.#window / 2));
  }

  /** Takes what is to be settled. */
  take(most: number): readonly Settled[] {
    return this.#settled.splice(0, most);
  }

  /** Whether it reached the queue is unknown: settling twice does no harm. */
  giveBack(settled: readonly Settled[]): void {
    this.#settled.unshift(...settled);
  }

  /** Claims of deliveries that began by then. */
  begunBy(atMs: number): readonly Claim[] {
    return [...this.#inProgress].filter(([, beganMs]) => beganMs <= atMs).map(([claim]) => claim);
  }
}
