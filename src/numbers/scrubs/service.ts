/** Lists of apps: uploads, one run after the other, results, and their end. */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { ScrubsConfig } from "./config.ts";
import { HeldOutOfSightError, isScrubId, type ScrubFolder } from "./folder.ts";
import { ListProblem, type ListRunner, type Scrubs } from "./ports.ts";
import { createTurns } from "./turns.ts";
import type { Scrub, ScrubOptions } from "./types.ts";

const hourMs = 3_600_000;
const sweepEveryMs = 60_000;
/** What a gateway that was killed may have to show again. */
const saveProgressEveryMs = 5000;
const idBytes = 16;

export interface ScrubsService extends Scrubs {
  /** Takes over what an earlier process left: uploads go on, runs go on where they were. */
  begin(): Promise<void>;
  /** Runs end after their batch, and go on at the next start. */
  stop(): Promise<void>;
}

export interface ScrubsOptions {
  readonly config: ScrubsConfig;
  readonly folder: ScrubFolder;
  readonly runner: ListRunner;
  /** Publishes the end of a list to its app; rejected: it is tried again later. */
  readonly publish: (scrub: Scrub) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Run {
  readonly app: string;
  readonly abort: AbortController;
  readonly ended: Promise<void>;
}

export function createScrubs(options: ScrubsOptions): ScrubsService {
  const { config, folder, runner, publish, clock, random, logger } = options;
  const steady = steadyClock(clock);
  const known = new Map<string, Scrub>();
  const running = new Map<string, Run>();
  const turns = createTurns();
  /** Lists whose state could not be saved; the sweep lets them try again. */
  const postponed = new Set<string>();
  /** Uploads that are being written: a second piece waits for none. */
  const writing = new Set<string>();
  let stopped = true;
  let cancelSweep = () => {};
  let release = async () => {};

  const find = (app: string, id: string): Scrub | null => {
    const scrub = isScrubId(id) ? known.get(id) : undefined;
    return scrub?.app === app ? scrub : null;
  };

  async function change(id: string, changes: Partial<Scrub>): Promise<Scrub | null> {
    const before = known.get(id);
    // Removed meanwhile.
    if (before === undefined) return null;
    const after = { ...before, ...changes };
    known.set(id, after);
    await folder.save(after);
    return after;
  }

  function nextInTurn(): Scrub | undefined {
    const waits = ({ id, state }: Scrub) =>
      (state === "queued" || state === "running") && !running.has(id) && !postponed.has(id);
    const runningOf = (app: string) => [...running.values()].filter((run) => run.app === app).length;
    return turns.next([...known.values()].filter(waits), runningOf);
  }

  /** Starts as many as may run. */
  function next(): void {
    while (!stopped && running.size < config.at_once) {
      const scrub = nextInTurn();
      if (scrub === undefined) return;
      const { id, app } = scrub;
      const abort = new AbortController();
      turns.took(app);
      const ended = clean(scrub, abort.signal)
        .catch((err: unknown) => {
          postponed.add(id);
          logger.error({ err, scrub: id }, "a list could not be cleaned yet");
        })
        .finally(() => {
          running.delete(id);
          next();
        });
      running.set(id, { app, abort, ended });
    }
  }

  async function clean({ id, options: asked }: Scrub, signal: AbortSignal): Promise<void> {
    await change(id, { state: "running" });
    // Stopped while that was saved: a runner that only waits for the abort would wait for ever.
    if (signal.aborted) return;
    let savedAtMs = steady.nowMs();
    const ended = await runner
      .run({
        ...{ file: folder.uploadOf(id), folder: folder.resultsOf(id), options: asked, signal },
        onFound: (found) => void change(id, { found }).catch(() => undefined),
        onProgress(progress) {
          const scrub = known.get(id);
          if (scrub !== undefined) known.set(id, { ...scrub, progress });
          if (steady.nowMs() - savedAtMs < saveProgressEveryMs) return;
          savedAtMs = steady.nowMs();
          void change(id, { progress }).catch(() => undefined);
        },
      })
      .then(
        (summary) =>
          summary === null
            ? null
            : { state: "finished" as const, summary, progress: { rows: summary.rows, share: 1 }, problem: null },
        (error: unknown) => {
          if (!(error instanceof ListProblem)) logger.error({ err: error, scrub: id }, "cleaning a list failed");
          const problem =
            error instanceof ListProblem ? error.message : "The gateway could not clean this list; its log says why.";
          return { state: "failed" as const, problem };
        },
      );
    // Stopped or removed: it goes on at the next start, or is gone.
    if (ended === null) return;
    if (ended.state === "failed") {
      const kept = (err: unknown) => logger.warn({ err, scrub: id }, "what a failed list left could not be removed");
      await folder.removeResults(id).catch(kept);
    }
    const endedAtMs = clock.nowMs();
    await change(id, { ...ended, endedAtMs, expiresAtMs: endedAtMs + config.keep_hours * hourMs });
    await publishEnd(id);
  }

  /** Until it succeeds: the sweep comes back to those that were not published. */
  async function publishEnd(id: string): Promise<void> {
    const scrub = known.get(id);
    if (scrub === undefined || scrub.published || scrub.endedAtMs === null) return;
    try {
      await publish(scrub);
      await change(id, { published: true });
    } catch (err) {
      logger.warn({ err, scrub: id }, "the end of a list could not be published yet");
    }
  }

  async function forget(id: string): Promise<void> {
    running.get(id)?.abort.abort();
    known.delete(id);
    postponed.delete(id);
    await running.get(id)?.ended;
    await folder.remove(id);
  }

  async function sweep(): Promise<void> {
    for (const { id, expiresAtMs } of [...known.values()]) {
      if (expiresAtMs === null || expiresAtMs > clock.nowMs()) await publishEnd(id);
      // One that cannot be removed keeps none of the others.
      else await forget(id).catch((err: unknown) => logger.warn({ err, scrub: id }, "a list could not be removed"));
    }
    postponed.clear();
    next();
  }

  function sweepLater(): void {
    cancelSweep = clock.after(sweepEveryMs, () => {
      sweep()
        .catch((err: unknown) => logger.warn({ err }, "lists that have expired could not be removed yet"))
        .finally(() => stopped || sweepLater());
    });
  }

  async function open(): Promise<void> {
    const free = await folder.take();
    try {
      for (const scrub of await folder.load()) known.set(scrub.id, scrub);
    } catch (error) {
      await free();
      throw error;
    }
    release = free;
    stopped = false;
    await sweep();
    sweepLater();
    next();
  }

  function openLater(err: unknown): void {
    logger.error({ err }, "the folder of lists cannot be used; it is tried again every minute");
    cancelSweep = clock.after(sweepEveryMs, () => void open().catch(openLater));
  }

  async function create(app: string, name: string, asked: ScrubOptions): Promise<Scrub> {
    if (stopped) throw noDisk();
    const own = [...known.values()].filter((scrub) => scrub.app === app).length;
    if (own >= config.per_app) {
      throw new Refusal("rate_limited", `This app has ${own} lists, the most that scrubs.per_app permits: delete one.`);
    }
    const createdAtMs = clock.nowMs();
    const scrub: Scrub = {
      id: `scr_${random.bytes(idBytes).toString("hex")}`,
      ...{ app, name, state: "uploading", options: asked, bytes: 0, createdAtMs, endedAtMs: null },
      expiresAtMs: createdAtMs + config.keep_hours * hourMs,
      ...{ found: null, progress: { rows: 0, share: 0 }, summary: null, problem: null, published: false },
    };
    // First, so that many at once cannot pass the bound.
    known.set(scrub.id, scrub);
    try {
      await folder.create(scrub);
    } catch (error) {
      known.delete(scrub.id);
      throw isSystemError(error) ? noDisk() : error;
    }
    return scrub;
  }

  return {
    create,
    find,
    list: (app) =>
      [...known.values()].filter((scrub) => scrub.app === app).sort((a, b) => b.createdAtMs - a.createdAtMs),
    async append(app, id, offset, piece) {
      const scrub = find(app, id);
      if (scrub === null) return null;
      if (scrub.state !== "uploading")
        throw new Refusal("conflict", `The list is ${scrub.state}; nothing can be added.`);
      if (writing.has(id))
        throw new Refusal("conflict", "Another piece is being written; send them one after the other.");
      if (offset !== scrub.bytes) {
        throw new Refusal(
          "conflict",
          `\`offset\` is ${offset}, and ${scrub.bytes} bytes were received: go on from there.`,
        );
      }
      if (offset + piece.length > config.max_bytes) {
        throw new Refusal("invalid_request", `The list is larger than ${config.max_bytes} bytes (scrubs.max_bytes).`);
      }
      writing.add(id);
      try {
        await folder.write(id, offset, piece);
        return await change(id, { bytes: offset + piece.length });
      } catch (error) {
        if (!known.has(id)) return null;
        throw isSystemError(error) ? noDisk() : error;
      } finally {
        writing.delete(id);
      }
    },
    async start(app, id) {
      const scrub = find(app, id);
      if (scrub === null || scrub.state !== "uploading") return scrub;
      if (scrub.bytes === 0)
        throw new Refusal(
          "invalid_request",
          "Nothing was uploaded yet; send the list in pieces first (`PUT /v1/scrubs/{id}/list`).",
        );
      if (writing.has(id)) throw new Refusal("conflict", "A piece is being written; start after its answer.");
      const queued = await change(id, { state: "queued", expiresAtMs: null });
      next();
      return queued;
    },
    async remove(app, id) {
      if (find(app, id) === null) return false;
      await forget(id);
      return true;
    },
    async result(app, id, file) {
      return find(app, id)?.state === "finished" ? folder.result(id, file) : null;
    },
    async begin() {
      await open().catch((err: unknown) => {
        // A full or missing disk, or a lock that may be our own from before a kill, must not keep verifications away.
        if (!isSystemError(err) && !(err instanceof HeldOutOfSightError)) throw err;
        openLater(err);
      });
    },
    async stop() {
      stopped = true;
      cancelSweep();
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
      await release();
    },
  };
}

/** Of the file system: it is full, read-only or away. */
const isSystemError = (error: unknown) => /^E[A-Z]+$/.test((error as NodeJS.ErrnoException | null)?.code ?? "");

function noDisk(): Refusal {
  return new Refusal(
    "store_unavailable",
    "The gateway cannot keep lists at the moment; try again later.",
    sweepEveryMs,
  );
}
