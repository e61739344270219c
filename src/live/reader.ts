/** The one reader of a gateway: waits for the streams of all apps that have clients here, on one connection. */
import type { Logger } from "pino";
import type { EventStreams, StreamId, StreamOwner } from "../events/stream-port.ts";
import { backoffMs } from "../shared/backoff.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { type Deferred, deferred } from "../shared/deferred.ts";
import type { Random } from "../shared/random.ts";
import { Feed } from "./feed.ts";

/** Entries of one app that are taken at once; the next ones follow at once. */
const entriesAtOnce = 256;
/** Bounds how late a stream's events come whose first client arrived just as a wait began. */
const waitMs = 1000;
/** Under a flow of events clients are written to at most so often: each write is a system call. Alone, an event is sent at once. */
const gatherMs = 20;
/** A stream that was not read for so long may have lost entries that nothing here has seen. */
const unreadMs = 5000;
/** Redis is back within seconds; clients wait for their events meanwhile. */
const retryLimits = { firstMs: 100, longestMs: 2000 };

export interface Reader {
  /**
   * The feed of an app's stream, which is read from now on. Call `release` once for each.
   * @throws {Refusal} `store_unavailable`
   */
  acquire(owner: StreamOwner): Promise<Feed>;
  release(feed: Feed): void;
  stop(): void;
}

export function createReader(options: {
  readonly streams: EventStreams;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Reader {
  const { streams, random, logger } = options;
  const clock = steadyClock(options.clock);
  const feeds = new Map<StreamOwner, { readonly feed: Promise<Feed>; users: number }>();
  /** Those that are read. */
  const open = new Map<StreamOwner, Feed>();
  const connection = streams.open();
  let wake: Deferred<void> | null = null;
  let stopped = false;
  let failures = 0;
  let readAtMs = clock.nowMs();

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      clock.after(ms, resolve);
    });

  async function openFeed(owner: StreamOwner): Promise<Feed> {
    const { newest } = await streams.ends(owner);
    const feed = new Feed(owner, newest, steadyClock(clock).nowMs);
    open.set(owner, feed);
    // A wait in progress does not know this stream.
    if (wake) wake.resolve();
    else connection.interrupt();
    return feed;
  }

  async function readOnce(): Promise<void> {
    if (failures > 0 || clock.nowMs() - readAtMs > unreadMs) {
      for (const feed of [...open.values()]) await feed.checkEnds(await streams.ends(feed.owner));
    }
    const found = await connection.read(positionsOf(open), entriesAtOnce, waitMs);
    readAtMs = clock.nowMs();
    if (failures > 0) logger.info({ failures }, "event streams are read again");
    failures = 0;
    for (const [owner, entries] of found) await open.get(owner)?.take(entries);
    if (found.size > 0) await pause(gatherMs);
  }

  async function run(): Promise<void> {
    while (!stopped) {
      if (open.size === 0) {
        wake = deferred<void>();
        await wake.promise;
        wake = null;
        readAtMs = clock.nowMs();
        continue;
      }
      try {
        await readOnce();
      } catch (error) {
        if (stopped) return;
        if (failures++ === 0) logger.error({ why: messageOf(error) }, "event streams cannot be read; clients wait");
        await pause(backoffMs(failures, random, retryLimits));
      }
    }
  }

  void run();

  return {
    async acquire(owner) {
      const known = feeds.get(owner) ?? { feed: openFeed(owner), users: 0 };
      feeds.set(owner, known);
      known.users++;
      try {
        return await known.feed;
      } catch (error) {
        if (feeds.get(owner) === known) feeds.delete(owner);
        throw error;
      }
    },
    release({ owner }) {
      const known = feeds.get(owner);
      if (known === undefined || --known.users > 0) return;
      feeds.delete(owner);
      open.delete(owner);
    },
    stop() {
      stopped = true;
      wake?.resolve();
      connection.close();
    },
  };
}

function positionsOf(open: ReadonlyMap<StreamOwner, Feed>): ReadonlyMap<StreamOwner, StreamId> {
  return new Map([...open].map(([owner, { position }]) => [owner, position]));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
