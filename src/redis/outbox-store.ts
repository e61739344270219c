/** The outboxes of public events: one in all, in a Redis Cluster one for each shard. The scripts are in lua/. */
import type { EventOutbox } from "../events/outbox-port.ts";
import type { CursorName, CursorStatus, OutboxEntry, OutboxStore } from "../events/relay-port.ts";
import type { Random } from "../shared/random.ts";
import { readEntry } from "./kept-events.ts";
import { outboxKey } from "./keys.ts";
import { unreadable } from "./replies.ts";
import type { Reply, RunScript } from "./run.ts";
import { type OutboxSettings, outboxTtlMs } from "./scripts.ts";

/**
 * A batch is taken, handed on and acknowledged within milliseconds; one that takes longer is kept by `keep`. What a gateway
 * held that died is another's after this time: within the 5 s in which events must go on.
 */
export const leaseMs = 2500;

/** Entries that one cursor may be ahead of another without their being read twice. */
const mostKnown = 1000;

export interface Outboxes extends OutboxStore, EventOutbox {
  /** The scripts wrote events of this shard. */
  readonly written: (shard: number) => void;
}

/** @param options.cursors in use: what one of them has not done yet stays */
export function createOutboxes(options: {
  readonly run: RunScript;
  readonly outbox: OutboxSettings;
  readonly shards: number;
  readonly cursors: readonly CursorName[];
  readonly random: Random;
}): Outboxes {
  const { run, outbox, shards, cursors, random } = options;
  const gateway = random.bytes(9).toString("base64url");
  const relay = (shard: number, args: readonly (string | number)[]) =>
    run("relay", outboxKey(shard), args) as Promise<Reply>;
  let listener: (shard: number) => void = () => undefined;
  /** Read for one cursor, until another one takes them. */
  const known = new Map<string, OutboxEntry>();

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
      const [token, last, count] =
        done === null ? ["", "", 0] : [done.token, done.entries.at(-1)?.position ?? "", done.entries.length];
      const reply = await relay(shard, [cursor, gateway, token, last, count, most, leaseMs, cursors.join(" ")]);
      const [kind, own, lost, ...found] = reply;
      switch (kind) {
        case "taken": {
          const entries = Array.from({ length: found.length / 2 }, (_, index) =>
            entryOf(shard, String(found[index * 2]), found[index * 2 + 1] as unknown as readonly string[]),
          );
          return { kind, token: String(own), lost: Number(lost), entries };
        }
        case "empty":
          return { kind, lost: Number(lost) };
        case "leased":
        case "fenced":
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
