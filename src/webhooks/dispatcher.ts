/**
 * Delivers what is due: claims events from the queue, a bounded number at once for each endpoint and in all, sends them and
 * settles them. Every gateway runs one; what a dead one had claimed is due again when its claims end.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { readHead, resultOf, settle } from "./deliveries.ts";
import type { Directory } from "./directory.ts";
import { createDueLoop } from "./due-loop.ts";
import type { WebhookObserver } from "./observer-port.ts";
import type { Claim, Settled, Turn, WebhookQueue } from "./queue-port.ts";
import { goneStatus, type Sender } from "./sender.ts";
import type { DisabledReason, Endpoint } from "./types.ts";
import { EndpointWorker } from "./worker.ts";

/** Deliveries that end within this time are settled together; the next event of a verification waits for it. */
const settleMs = 10;
const settledAtOnce = 100;
/** While more is due than this gateway may send at once, others are asked to help this often. */
const helpMs = 250;
/** While records are away, dead letters are tried to be moved this often; as often an endpoint that cannot be read. */
const laterMs = 10_000;
/** After Redis did not answer. */
const againMs = 500;

export interface DispatcherParts {
  readonly queue: WebhookQueue;
  readonly directory: Pick<Directory, "find" | "has" | "refresh">;
  readonly sender: Sender;
  readonly observer: WebhookObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly concurrencyPerEndpoint: number;
  /** Claims are prolonged each third of this. */
  readonly claimMs: number;
  readonly disableAfterMs: number;
  /** Of an endpoint that the mirror has not. Never rejects. */
  readonly isDeleted: (id: string) => Promise<boolean>;
  readonly disable: (endpoint: Endpoint, reason: DisabledReason) => Promise<void>;
  /** Moves dead letters to records. Never rejects. */
  readonly moveDeadLetters: (endpoint: Endpoint) => Promise<void>;
  /** For tests: see retries.ts. */
  readonly delaysMs?: readonly number[];
}

export interface Dispatcher {
  start(): void;
  /** Something was queued for this endpoint. */
  wake(endpoint: string): void;
  /** Claims nothing more; resolves when what is in progress is settled, at the latest after `deadlineMs`: the rest never is. */
  stop(deadlineMs: number): Promise<void>;
}

export function createDispatcher(parts: DispatcherParts): Dispatcher {
  const { queue, directory, sender, observer, logger } = parts;
  const clock = steadyClock(parts.clock);
  const workers = new Map<string, EndpointWorker>();
  /** Endpoints that had something due when all deliveries at once were taken. */
  const waiting = new Set<string>();
  let running = 0;
  let stopping = false;
  let stopped = false;
  let stopRenewal = () => {};
  let idle = () => {};
  const loop = createDueLoop({
    ...{ queue, directory, clock },
    free: () => (stopping ? 0 : parts.concurrency - running),
    onDue: ({ endpoint, taken }) => turn(workerOf(endpoint), taken),
  });

  function workerOf(id: string): EndpointWorker {
    const worker = workers.get(id) ?? new EndpointWorker(id, parts.concurrencyPerEndpoint);
    workers.set(id, worker);
    return worker;
  }

  function turn(worker: EndpointWorker, taken: string | null): void {
    worker.taken ??= taken;
    worker.again = true;
    if (!worker.turning) void turns(worker);
  }

  async function turns(worker: EndpointWorker): Promise<void> {
    worker.turning = true;
    let failed = false;
    try {
      while (worker.again || worker.hasSettled) {
        worker.again = false;
        await once(worker);
      }
    } catch {
      // Redis did not answer, which its runner logs. What is due is found again.
      failed = true;
    }
    worker.turning = false;
    if (failed && worker.hasSettled) plan(worker, againMs);
    forgetIdle(worker);
  }

  function forgetIdle(worker: EndpointWorker): void {
    if (worker.isIdle && workers.get(worker.id) === worker) workers.delete(worker.id);
    if (stopping && workers.size === 0) idle();
  }

  async function once(worker: EndpointWorker): Promise<void> {
    const { id } = worker;
    const endpoint = directory.find(id);
    const settled = worker.take(settledAtOnce);
    if (endpoint === null) {
      // Deleted; or sealed with a key that this gateway does not have, which another one may; or lost, and will be back.
      const isDeleted = !directory.has(id) && (await parts.isDeleted(id));
      if (isDeleted) await queue.remove(id);
      return loop.say(worker, isDeleted ? null : laterMs, false);
    }
    const wanted = endpoint.row.enabled && !stopping ? worker.free : 0;
    const most = Math.min(wanted, parts.concurrency - running);
    if (most < wanted) waiting.add(id);
    if (!endpoint.row.enabled) await queue.bury(id, "disabled");
    running += most;
    let found: Turn;
    try {
      found = await queue.turn(id, settled, most);
    } catch (error) {
      worker.giveBack(settled);
      throw error;
    } finally {
      running -= most;
    }
    for (const claim of found.claims) void deliver(worker, endpoint, claim);
    await conclude(worker, endpoint, settled, found);
  }

  async function deliver(worker: EndpointWorker, endpoint: Endpoint, claim: Claim): Promise<void> {
    running++;
    worker.begin(claim, clock.nowMs());
    const event = readHead(claim.body) ?? { id: "unreadable", type: "unreadable" };
    const beganMs = clock.nowMs();
    const sent = await sender.send(endpoint, event.id, claim.body);
    // Cut off by the stop, which says nothing of the receiver: no failed try, another gateway sends it when the claim has ended.
    if (stopped) return;
    running--;
    worker.end(claim, settle(claim, event, sent, parts));
    if (sent.status === goneStatus) worker.gone = endpoint;
    observer.result(resultOf(sent), 1);
    if (sent.delivered) observer.delivered(claim.queuedMs + clock.nowMs() - beganMs);
    else {
      const { status, error } = sent;
      const about = {
        webhook: endpoint.id,
        app: endpoint.app,
        host: endpoint.url.host,
        event: event.id,
        status,
        error,
      };
      logger.debug({ ...about, attempt: claim.tries + 1 }, "webhook delivery failed");
    }
    plan(worker, settleMs);
    for (const id of waiting) {
      if (running >= parts.concurrency) break;
      waiting.delete(id);
      turn(workerOf(id), null);
    }
  }

  /** A turn soon, that settles what has ended until then. */
  function plan(worker: EndpointWorker, delayMs: number): void {
    if (worker.planned || worker.turning) return;
    worker.planned = true;
    clock.after(delayMs, () => {
      worker.planned = false;
      turn(worker, null);
    });
  }

  async function conclude(
    worker: EndpointWorker,
    endpoint: Endpoint,
    settled: readonly Settled[],
    { nextMs, queued, dead, failingMs, open, dropped }: Turn,
  ): Promise<void> {
    const { id, app, url } = endpoint;
    const about = { webhook: id, app, host: url.host };
    const next = nextMs === null ? null : worker.inProgress > 0 ? Math.max(nextMs, helpMs) : nextMs;
    const failed = settled.some(({ outcome }) => outcome !== "delivered");
    loop.say(worker, next ?? (dead > 0 ? laterMs : null), failed);
    if (open && !worker.open) logger.warn({ ...about, queued }, "webhook endpoint is down: fewer deliveries are tried");
    if (!open && worker.open) logger.info({ ...about, queued }, "webhook endpoint is back");
    worker.open = open;
    if (dropped > 0) {
      observer.result("dropped", dropped);
      logger.error({ ...about, dropped }, "webhook events were lost: too many dead letters wait for records");
    }
    if (worker.gone !== null) {
      const { gone } = worker;
      worker.gone = null;
      await parts.disable(gone, "gone");
    } else if (failed && failingMs !== null && failingMs >= parts.disableAfterMs) {
      await parts.disable(endpoint, "failing");
    }
    if (dead > 0 && !worker.moving) {
      worker.moving = true;
      void parts.moveDeadLetters(endpoint).then(() => {
        worker.moving = false;
        forgetIdle(worker);
      });
    }
  }

  function renew(): void {
    const third = parts.claimMs / 3;
    stopRenewal = clock.after(third, renew);
    for (const worker of workers.values()) {
      const claims = worker.begunBy(clock.nowMs() - third);
      if (claims.length > 0) void queue.renew(worker.id, claims).catch(() => undefined);
    }
  }

  return {
    start() {
      loop.start();
      renew();
    },
    wake(endpoint) {
      if (!stopping) turn(workerOf(endpoint), null);
    },
    async stop(deadlineMs) {
      stopping = true;
      loop.stop();
      let stopTimer = () => {};
      await new Promise<void>((resolve) => {
        idle = resolve;
        stopTimer = clock.after(deadlineMs, resolve);
        if (workers.size === 0) resolve();
      });
      stopTimer();
      stopped = true;
      stopRenewal();
    },
  };
}
