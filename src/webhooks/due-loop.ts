/** Asks the queue which endpoints have something due, and says when those that this gateway looked at are due next. */
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Directory } from "./directory.ts";
import type { DueChange, DueEndpoint, WebhookQueue } from "./queue-port.ts";
import type { EndpointWorker } from "./worker.ts";

/** How often it asks for what other gateways left due, where nothing is due sooner. */
const pollMs = 1000;
/** So often at most, and while all deliveries at once are taken. */
const soonestMs = 20;
const fullMs = 100;
const endpointsAtOnce = 64;
/** Bounds what waits while Redis is away. What is left out is looked at again by itself. */
const mostChanges = 1000;

export interface DueLoop {
  start(): void;
  /**
   * @param dueMs until it is due next; null: nothing is queued
   * @param sooner whether it may be due sooner than was said before
   */
  say(worker: EndpointWorker, dueMs: number | null, sooner: boolean): void;
  stop(): void;
}

export function createDueLoop(parts: {
  readonly queue: Pick<WebhookQueue, "due">;
  readonly directory: Pick<Directory, "refresh">;
  readonly clock: Clock;
  /** How many deliveries may begin. */
  readonly free: () => number;
  readonly onDue: (endpoint: DueEndpoint) => void;
}): DueLoop {
  const { queue, directory, free, onDue } = parts;
  const clock = steadyClock(parts.clock);
  let changes: DueChange[] = [];
  let stopTimer = () => {};
  let atMs = Number.POSITIVE_INFINITY;
  let asking = false;
  let ended = true;

  function askWithin(delayMs: number): void {
    const dueMs = clock.nowMs() + delayMs;
    if (ended || asking || dueMs >= atMs) return;
    stopTimer();
    atMs = dueMs;
    stopTimer = clock.after(delayMs, () => void ask());
  }

  async function ask(): Promise<void> {
    asking = true;
    const said = changes;
    changes = [];
    let delayMs = pollMs;
    try {
      const found = await queue.due(said, Math.min(free(), endpointsAtOnce));
      await directory.refresh(found.version);
      for (const endpoint of found.endpoints) onDue(endpoint);
      if (found.nextMs !== null) delayMs = Math.max(free() > 0 ? soonestMs : fullMs, found.nextMs);
    } catch {
      // Redis did not answer, which its runner logs.
      changes.unshift(...said.slice(0, mostChanges));
    }
    asking = false;
    atMs = Number.POSITIVE_INFINITY;
    askWithin(changes.length > 0 ? Math.min(delayMs, fullMs) : Math.min(delayMs, pollMs));
  }

  return {
    start() {
      ended = false;
      askWithin(0);
    },
    say(worker, dueMs, sooner) {
      const { id: endpoint, taken } = worker;
      worker.taken = null;
      if (taken === null && (!sooner || dueMs === null)) return;
      if (changes.length < mostChanges) changes.push({ endpoint, dueMs, taken });
      askWithin(Math.min(fullMs, dueMs ?? fullMs));
    },
    stop() {
      ended = true;
      stopTimer();
    },
  };
}
