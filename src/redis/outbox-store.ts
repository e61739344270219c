/** The outboxes of public events: one in all, in a Redis Cluster one for each shard. The scripts are in lua/. */
import type { EventOutbox } from "../events/outbox-port.ts";
import type { CursorName, CursorStatus, OutboxEntry, OutboxStore } from "../events/relay-port.ts";
import { compareIds } from "../events/stream-port.ts";
import type { Random } from "../shared/random.ts";
import { readEntry } from "./kept-events.ts";
import { outboxKey } from "./keys.ts";
import { unreadable } from "./replies.ts";
import { type Reply, type RunCommand, type RunScript, unavailable } from "./run.ts";
import { type OutboxSettings, outboxTtlMs } from "./scripts.ts";

/**
 * A batch is taken, handed on and acknowledged within milliseconds; one that takes longer is kept by `keep`. What a gateway
 * held that died is another's after this time: within the 5 s in which events must go on.
 */
export const leaseMs = 2500;

/** Entries that one cursor may be ahead of another without their being read twice. */
const mostKnown = 1000;

type RawEntry = readonly [id: string, fields: readonly string[]];

export interface Outboxes extends OutboxStore, EventOutbox {
  /** The scripts wrote events of this shard. */
  readonly written: (shard: number) => void;
}

/** @param options.cursors in use: what one of them has not done yet stays */
export function createOutboxes(options: {
  readonly run: RunScript;
  readonly command: RunCommand;
  readonly outbox: OutboxSettings;
  readonly shards: number;
  readonly cursors: readonly CursorName[];
  readonly random: Random;
}): Outboxes {
  const { run, command, outbox, shards, cursors, random } = options;
  const gateway = random.bytes(9).toString("base64url");
  const relay = (shard: number, args: readonly (string | number)[]) =>
    run("relay", outboxKey(shard), args) as Promise<Reply>;
  let listener: (shard: number) => void = () => undefined;
  /** Read for one cursor, until another one takes them. */
  const known = new Map<string, OutboxEntry>();

  /** Of each outbox and cursor: up to where it was read last, which is nearly always where it goes on. */
  const readTo = new Map<string, string>();

  async function read(shard: number, after: string, to: string, most: number): Promise<readonly RawEntry[]> {
    try {
      const words = ["XRANGE", outboxKey(shard), `(${after}`, to, "COUNT", most] as const;
      return (await command(...words)) as readonly unknown[] as readonly RawEntry[];
    } catch {
      throw unavailable();
    }
  }

  function entryOf(shard: number, position: string, fields: readonly string[]): OutboxEntry {
    if (cursors.length < 2) return readEntry(position, fields);
    const key = `${shard} ${position}`;
    const before = known.get(key);
    if (before !== undefined) {
      known.delete(key);
      return before;
    }
    const entry = readEntry(position, fields);
    if (known.size >= mostKnown) known.delete(known.keys().next().value ?? "");
    known.set(key, entry);
    return entry;
  }

  return {
    shards,
    written: (shard) => listener(outbox.perShard ? shard : 0),
    onWritten(one) {
      listener = one;
    },

    async take(shard, cursor, most, done) {
      const lane = `${shard} ${cursor}`;
      const [token, upTo, count] = done === null ? ["", "", 0] : [done.token, done.last, done.count];
      const answer = relay(shard, [cursor, gateway, token, upTo, count, most, leaseMs, cursors.join(" "), outboxTtlMs]);
      // In the same write; what it finds counts only where the script names the same entries.
      const from = readTo.get(lane);
      const early = from === undefined ? null : read(shard, from, "+", most);
      early?.catch(() => undefined);
      const [kind, own, lost, position, last, taken] = await answer;
      switch (kind) {
        case "taken": {
          const to = String(last);
          let raw = position === from ? upToId((await early) ?? [], to) : [];
          if (raw.at(-1)?.[0] !== to) raw = await read(shard, String(position), to, most);
          readTo.set(lane, to);
          const entries = raw.map(([id, fields]) => entryOf(shard, id, fields));
          return { kind, token: String(own), lost: Number(lost), entries, last: to, count: Number(taken) };
        }
        case "empty":
          return { kind, lost: Number(lost) };
        case "leased":
        case "fenced":
          // Another gateway goes on: until this one has taken again, nothing is read early.
          readTo.delete(lane);
          return { kind: "leased" };
        default:
          throw unreadable(kind);
      }
    },

    async keep(shard, cursor, token) {
      const [kind] = await relay(shard, [cursor, gateway, token, "", 0, 0, leaseMs, cursors.join(" ")]);
      return kind === "kept";
    },

    async status() {
      const looks = await Promise.all(
        Array.from({ length: shards }, (_, shard) => run("relay_status", outboxKey(shard), cursors) as Promise<Reply>),
      );
      return cursors.map((cursor, index): CursorStatus => {
        const values = looks.map((look) => ({ waiting: Number(look[index * 2]), ageMs: Number(look[index * 2 + 1]) }));
        return {
          cursor,
          waiting: values.reduce((sum, one) => sum + one.waiting, 0),
          oldestMs: Math.max(0, ...values.map((one) => one.ageMs)),
        };
      });
    },

    async publish(type, data, app) {
      const id = `evt_${random.bytes(15).toString("base64url")}`;
      const args = [id, app ?? "", type, JSON.stringify(data), outbox.maxEntries, outboxTtlMs];
      await run("free_event", outboxKey(0), args);
      listener(0);
    },
  };
}

/** What was written behind the last one that was to be read is read the next time. */
function upToId(entries: readonly RawEntry[], last: string): readonly RawEntry[] {
  let end = entries.length;
  while (end > 0 && compareIds(entries[end - 1]?.[0] ?? "", last) > 0) end--;
  return entries.slice(0, end);
}
