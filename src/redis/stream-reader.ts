/**
 * Waits for entries of many streams at once: one blocking command on a connection of its own. In a Redis Cluster the streams
 * lie on many nodes and no command waits for all of them: there they are looked at ten times a second.
 */
import { Cluster, type Redis } from "ioredis";
import type { PublicEvent } from "../events/envelope.ts";
import type { StreamEntry, StreamId, StreamOwner, StreamReader } from "../events/stream-port.ts";
import { deferred } from "../shared/deferred.ts";
import { Refusal } from "../shared/refusal.ts";
import type { RedisClient } from "./client.ts";
import { streamKey } from "./keys.ts";

/** Between two looks at a cluster. */
const lookEveryMs = 100;
/** Beyond the wait, the answer counts as lost after this time. */
const marginMs = 2000;
/** Longest wait, so that a dead connection is noticed. */
const longestWaitMs = 5000;
const retryAfterMs = 1000;

type RawEntries = readonly (readonly [id: string, fields: readonly string[]])[];
/** A map, which the client returns as a list: key, entries, key, entries … */
type RawStreams = readonly (string | RawEntries)[];

export function createStreamReader(client: RedisClient): StreamReader {
  return client instanceof Cluster ? pollingReader(client) : blockingReader(client);
}

function blockingReader(client: Redis): StreamReader {
  const own = client.duplicate({
    connectionName: "onering-streams",
    commandTimeout: longestWaitMs + marginMs,
    socketTimeout: longestWaitMs + 2 * marginMs,
    enableOfflineQueue: true,
    lazyConnect: true,
  });
  // Each read that fails says so itself.
  own.on("error", () => undefined);
  let id: Promise<number> | null = null;
  own.on("ready", () => {
    id = own.client("ID").catch(() => 0);
  });
  let waiting = false;
  let again = false;
  let broken = false;
  own.on("close", () => {
    broken = true;
  });

  return {
    async read(positions, count, waitMs) {
      // Also where the connection broke between two reads: the reader must learn that streams may have changed meanwhile.
      if (broken) {
        broken = false;
        throw unavailable();
      }
      const block = Math.min(Math.max(1, Math.floor(waitMs)), longestWaitMs);
      try {
        waiting = true;
        const reply = await readStreams(own, positions, ["COUNT", count, "BLOCK", again ? 1 : block]);
        again = false;
        return byOwner(positions, reply);
      } catch {
        throw unavailable();
      } finally {
        waiting = false;
      }
    },
    interrupt() {
      if (!waiting) return;
      // Where the command has not arrived yet the next one does not wait.
      again = true;
      void id?.then((known) => client.client("UNBLOCK", known)).catch(() => undefined);
    },
    close: () => own.disconnect(),
  };
}

function pollingReader(client: Cluster): StreamReader {
  let wake: () => void = () => undefined;
  let closed = false;
  return {
    async read(positions, count, waitMs) {
      const untilMs = performance.now() + waitMs;
      let interrupted = false;
      for (;;) {
        const looks = await Promise.allSettled(
          [...positions].map(([owner, after]) => readStreams(client, new Map([[owner, after]]), ["COUNT", count])),
        );
        // A node that is down holds up the streams that lie on it, and no other.
        const answers = looks.filter((look) => look.status === "fulfilled");
        if (answers.length === 0 && looks.length > 0) throw unavailable();
        const found = byOwner(
          positions,
          answers.flatMap(({ value }) => value),
        );
        if (found.size > 0 || interrupted || closed || performance.now() >= untilMs) return found;
        const { promise, resolve } = deferred<void>();
        const timer = setTimeout(resolve, Math.min(lookEveryMs, untilMs - performance.now()));
        wake = () => {
          interrupted = true;
          resolve();
        };
        await promise;
        clearTimeout(timer);
      }
    },
    interrupt: () => wake(),
    close() {
      closed = true;
      wake();
    },
  };
}

async function readStreams(
  client: RedisClient,
  positions: ReadonlyMap<StreamOwner, StreamId>,
  options: readonly (string | number)[],
): Promise<RawStreams> {
  const keys = [...positions.keys()].map(streamKey);
  const args = [...options, "STREAMS", ...keys, ...positions.values()];
  return ((await client.call("XREAD", ...args)) ?? []) as RawStreams;
}

function byOwner(
  positions: ReadonlyMap<StreamOwner, StreamId>,
  streams: RawStreams,
): ReadonlyMap<StreamOwner, readonly StreamEntry[]> {
  const owners = new Map([...positions.keys()].map((owner) => [streamKey(owner), owner]));
  const found = new Map<StreamOwner, readonly StreamEntry[]>();
  for (let i = 0; i + 1 < streams.length; i += 2) {
    const owner = owners.get(streams[i] as string);
    const entries = streams[i + 1] as RawEntries;
    if (owner !== undefined) found.set(owner, readEntries(entries.flatMap(([id, fields]) => [id, fields[1] ?? ""])));
  }
  return found;
}

/** @param flat id, event, id, event … */
export function readEntries(flat: readonly string[]): readonly StreamEntry[] {
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    id: flat[index * 2] ?? "",
    json: flat[index * 2 + 1] ?? "",
    event: JSON.parse(flat[index * 2 + 1] ?? "null") as PublicEvent,
  }));
}

const unavailable = () => new Refusal("store_unavailable", "The store (Redis) does not answer.", retryAfterMs);
