/**
 * Hands the events that wait in the outboxes to their sinks: in order, at least once. Any gateway does it for all; a short
 * lease for each outbox and cursor lets one at a time. This gateway's own changes are handed on within `batchMs`; what another
 * one left that died, with the look at all outboxes each second.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { CursorName, OutboxEntry, OutboxStore, Taken, TakeResult } from "./relay-port.ts";
import type { EventSink, StoredEvent } from "./sink-port.ts";
import { type WriteOut, writeOutFree } from "./write-out.ts";

/** What sinks that keep one pace share: one that fails holds up the others of its cursor, not those of another. */
export interface Cursor {
  readonly name: CursorName;
  readonly sinks: readonly EventSink[];
  /** From a change to its relay: changes meanwhile go in one batch. */
  readonly batchMs: number;
  /** Most entries in one batch. */
  readonly most: number;
}

export interface RelayCounts {
  /** Events that a cursor's sinks took. */
  relayed(cursor: CursorName, events: number): void;
  /** Changes that were dropped before a cursor's sinks took them: the outbox was full. */
  lost(cursor: CursorName, entries: number): void;
  unreadable(cursor: CursorName): void;
  /** A sink did not take a batch. */
  failed(cursor: CursorName, sink: string): void;
}

export interface Relay {
  start(): void;
  /** Hands on what waits now. Resolves when nothing waits, or a sink failed, or another gateway has it; never rejects. */
  drain(): Promise<void>;
  /** Hands on what it can within this time, then stops. */
  stop(graceMs: number): Promise<void>;
}

/** Between two looks at all outboxes: with the lease below the 5 s in which the events of a gateway that died must go on. */
const lookEveryMs = 1000;
/** A batch that takes longer than this is kept, and again each time. */
const keepEveryMs = 800;
/** After a sink failed. */
const retryDelaysMs = [100, 300, 1000, 3000];
/** At most one line in the log for each of its kinds in this time. */
const logEveryMs = 10_000;

export function createRelay(options: {
  readonly store: OutboxStore;
  readonly cursors: readonly Cursor[];
  readonly writeOut: WriteOut;
  readonly counts: RelayCounts;
  readonly clock: Clock;
  readonly logger: Logger;
}): Relay {
  const { store, writeOut, counts, logger } = options;
  const clock = steadyClock(options.clock);
  const lanes = options.cursors.flatMap((cursor) =>
    Array.from({ length: store.shards }, (_, shard) => createLane(cursor, shard)),
  );
  const written = new WeakMap<OutboxEntry, readonly StoredEvent[]>();
  let stopped = false;
  let stopLooking: (() => void) | null = null;
  const logged = new Map<string, number>();

  function warn(kind: string, fields: object, text: string): void {
    const nowMs = clock.nowMs();
    if (nowMs - (logged.get(kind) ?? Number.NEGATIVE_INFINITY) < logEveryMs) return;
    logged.set(kind, nowMs);
    logger.warn(fields, text);
  }

  /** The store may hand the same entry to each cursor. */
  function eventsOf(shard: number, entry: OutboxEntry): readonly StoredEvent[] {
    let events = written.get(entry);
    if (events === undefined) {
      events = read(shard, entry);
      written.set(entry, events);
    }
    return events;
  }

  function read(shard: number, entry: OutboxEntry): readonly StoredEvent[] {
    if ("unreadable" in entry) throw new Error(entry.unreadable);
    const about = { shard, position: entry.position };
    if ("free" in entry) return [{ ...about, event: writeOutFree(entry.free), ended: null }];
    const { verification } = entry.kept;
    const ended = verification?.endedAtMs == null ? null : verification;
    return writeOut(entry.kept).map((event) => ({ ...about, event, ended }));
  }

  /** One cursor of one outbox. */
  function createLane(cursor: Cursor, shard: number) {
    const { name, sinks, batchMs, most } = cursor;
    let running: Promise<void> | null = null;
    let again = false;
    let failures = 0;
    let stopTimer: (() => void) | null = null;
    /** Ends the wait for the next batch; null: none is waited for. */
    let endWait: (() => void) | null = null;
    /** Somebody waits for all of it to be handed on. */
    let hurried = false;

    function events(entries: readonly OutboxEntry[]): readonly StoredEvent[] {
      return entries.flatMap((entry): readonly StoredEvent[] => {
        try {
          return eventsOf(shard, entry);
        } catch (error) {
          counts.unreadable(name);
          const why = error instanceof Error ? error.message : "unknown";
          warn(
            `unreadable ${name}`,
            { cursor: name, position: entry.position, why },
            "an event cannot be read; it is skipped",
          );
          return [];
        }
      });
    }

    async function handOn(taken: Taken): Promise<void> {
      const batch = events(taken.entries);
      if (batch.length === 0) return;
      let stopKeeping = () => {};
      const keep = () => {
        // Where it fails the lease ends, and the sinks take what another gateway hands on once more.
        void store.keep(shard, name, taken.token).catch(() => undefined);
        stopKeeping = clock.after(keepEveryMs, keep);
      };
      stopKeeping = clock.after(keepEveryMs, keep);
      try {
        // At the same time: in Redis that is one round trip for all.
        const results = await Promise.allSettled(sinks.map((sink) => sink.append(batch)));
        const failed = results.flatMap((result, index) => {
          if (result.status === "fulfilled") return [];
          counts.failed(name, sinks[index]?.name ?? "");
          return [result.reason as unknown];
        });
        if (failed.length > 0) throw failed[0];
      } finally {
        stopKeeping();
      }
      counts.relayed(name, batch.length);
    }

    function noteLost(result: TakeResult): void {
      if (result.kind === "leased" || result.lost === 0) return;
      counts.lost(name, result.lost);
      logger.error(
        { cursor: name, changes: result.lost },
        "events were dropped: the outbox was full (events.backlog_max)",
      );
    }

    /** The next batch begins `batchMs` after this one, as its first would: each costs some round trips, whatever it holds. */
    async function gather(): Promise<void> {
      if (hurried) return;
      await new Promise<void>((resolve) => {
        const stopWaiting = clock.after(batchMs, resolve);
        endWait = () => {
          stopWaiting();
          resolve();
        };
      });
      endWait = null;
    }

    async function drainOnce(): Promise<void> {
      let done: Taken | null = null;
      for (;;) {
        const result: TakeResult = await store.take(shard, name, most, done);
        noteLost(result);
        if (result.kind === "leased") {
          // It may have looked before this change was written.
          if (done === null) later(batchMs);
          return;
        }
        if (result.kind === "empty") return;
        await handOn(result);
        failures = 0;
        done = result;
        if (result.count < most) await gather();
      }
    }

    async function drain(): Promise<void> {
      do {
        again = false;
        try {
          await drainOnce();
        } catch (error) {
          // The connection was closed under it: another gateway takes what waits, and the last line of the log says why this one ended.
          if (stopped) return;
          const why = error instanceof Error ? error.message : "unknown";
          warn(`failed ${name}`, { cursor: name, why }, "events could not be handed on; they wait");
          later(retryDelaysMs[Math.min(failures++, retryDelaysMs.length - 1)] ?? lookEveryMs);
          return;
        }
      } while (again);
    }

    function run(): Promise<void> {
      stopTimer?.();
      stopTimer = null;
      again = running !== null;
      running ??= drain().finally(() => {
        running = null;
        hurried = false;
      });
      return running;
    }

    function drainNow(): Promise<void> {
      hurried = true;
      endWait?.();
      return run();
    }

    function later(ms: number): void {
      if (stopped) return;
      stopTimer ??= clock.after(ms, () => {
        stopTimer = null;
        // It goes on by itself.
        if (endWait === null) void run();
      });
    }

    return {
      shard,
      drainNow,
      wake: () => later(failures > 0 ? (retryDelaysMs[0] ?? batchMs) : batchMs),
      /** Not while it waits after a failure. */
      look: () => later(0),
      stop: () => stopTimer?.(),
    };
  }

  store.onWritten((shard) => {
    for (const lane of lanes) if (lane.shard === shard) lane.wake();
  });
  const drain = async () => {
    await Promise.all(lanes.map((lane) => lane.drainNow()));
  };
  const look = () => {
    for (const lane of lanes) lane.look();
    stopLooking = clock.after(lookEveryMs, look);
  };

  return {
    start: look,
    drain,
    async stop(graceMs) {
      stopLooking?.();
      let stopWaiting = () => {};
      const grace = new Promise<void>((resolve) => {
        stopWaiting = clock.after(graceMs, resolve);
      });
      await Promise.race([drain(), grace]);
      stopWaiting();
      stopped = true;
      for (const lane of lanes) lane.stop();
    },
  };
}
