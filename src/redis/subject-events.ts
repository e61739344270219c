/** Public events on their way, as classes of what is kept of somebody: outboxes, and the streams of apps. */
import type { CursorName } from "../events/relay-port.ts";
import { compareIds, type StreamOwner } from "../events/stream-port.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Subject, SubjectStore } from "../subjects/store-port.ts";
import type { RedisClient } from "./client.ts";
import { outboxKey, streamKey } from "./keys.ts";
import { type Reply, type RunScript, unavailable } from "./run.ts";

/** Entries of one look: about half a megabyte. */
const entriesAtOnce = 500;
/** A batch of a gateway that died is another's after its lease of 2.5 s. */
const longestWaitMs = 10_000;
const pollMs = 50;

type Entry = readonly [id: string, fields: readonly string[]];
const idOf = ([id]: Entry): string => id;

/** What is looked through: one after the other, page by page. */
interface Pages {
  readonly keys: () => readonly string[];
  /** @returns entries that are the subject's */
  ofSubject(entries: readonly Entry[], subject: Subject): readonly Entry[];
}

/**
 * Whether a text with JSON in it, or with JSON in strings of JSON, has this recipient, or its hash, as a string of its own: within
 * quotes, which may be escaped.
 */
function mentions(subject: Subject): (text: string) => boolean {
  const literal = JSON.stringify(subject.to)
    .slice(1, -1)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // A registration may be JSON itself: each level of strings escapes its quotes once more.
  const pattern = new RegExp(`"${literal.replaceAll('\\\\"', '\\\\+"')}\\\\*"`, "i");
  const hash = `"${subject.hash}"`;
  return (text) => pattern.test(text) || text.includes(hash);
}

/** Its first event names the recipient, so that later ones which do not are found too. */
function isOf(subject: Subject, verification: string | undefined, isNamed: () => boolean): boolean {
  if (verification !== undefined && subject.verifications.has(verification)) return true;
  if (!isNamed()) return false;
  if (verification !== undefined) subject.note?.(verification);
  return true;
}

function createPages(client: RedisClient, { keys, ofSubject }: Pages) {
  /** @param after `<key> <entry>`: by its name, since another gateway may know the keys in another order, and one may be gone */
  return async (subject: Subject, after: string | null) => {
    const [at = "", last = "0-0"] = after?.split(" ") ?? [];
    const [key, following] = [...keys()].sort().filter((one) => one >= at);
    if (key === undefined) return { key: "", found: [], next: null };
    const from = key === at ? last : "0-0";
    let entries: readonly Entry[];
    try {
      entries = (await client.xrange(key, `(${from}`, "+", "COUNT", entriesAtOnce)) as readonly Entry[];
    } catch {
      throw unavailable();
    }
    const isLast = entries.length < entriesAtOnce;
    const nextKey = following === undefined ? null : `${following} 0-0`;
    const next = isLast ? nextKey : `${key} ${entries.at(-1)?.[0]}`;
    return { key, found: ofSubject(entries, subject), next };
  };
}

function fieldsOf([, fields]: Entry): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: fields.length / 2 }, (_, index) => [fields[index * 2] ?? "", fields[index * 2 + 1] ?? ""]),
  );
}

/** @param shards how many outboxes there are; @param cursors in use */
export function outboxSubjects(options: {
  readonly client: RedisClient;
  readonly run: RunScript;
  readonly shards: number;
  readonly cursors: readonly CursorName[];
  readonly clock: Clock;
}): SubjectStore {
  const { client, run, shards, cursors } = options;
  const clock = steadyClock(options.clock);
  const outboxes = Array.from({ length: shards }, (_, shard) => outboxKey(shard));
  const page = createPages(client, {
    keys: () => outboxes,
    ofSubject(entries, subject) {
      const isNamed = mentions(subject);
      return entries.filter((entry) => {
        const { i: id, ...rest } = fieldsOf(entry);
        return isOf(subject, id, () => Object.values(rest).some(isNamed));
      });
    },
  });

  const erase = async (key: string, ids: readonly string[]) =>
    (await run("outbox_erase", key, [cursors.join(" "), ...ids])) as Reply;

  /**
   * A gateway that took an entry before it was erased hands it on until its cursor is beyond it, or has no lease. Erased by an
   * earlier request too: one that gave up waiting is repeated.
   */
  async function handedOn(key: string): Promise<boolean> {
    const giveUpAtMs = clock.nowMs() + longestWaitMs;
    for (;;) {
      const [, ...state] = await erase(key, []);
      const isOver = cursors.every((_, index) => {
        const [position, leaseMs, taken] = state.slice(index * 3, index * 3 + 3).map(String);
        return leaseMs === "0" || taken === "" || compareIds(position ?? "", taken ?? "") >= 0;
      });
      if (isOver) return true;
      if (clock.nowMs() >= giveUpAtMs) return false;
      await new Promise<void>((resolve) => void clock.after(pollMs, resolve));
    }
  }

  return {
    name: "outbox",
    async export(subject, after) {
      const { found, next } = await page(subject, after);
      return { items: found.map((entry) => ({ position: entry[0], ...fieldsOf(entry) })), next };
    },
    async erase(subject, after) {
      const { key, found, next } = await page(subject, after);
      const [erased = 0] = found.length === 0 ? [] : await erase(key, found.map(idOf));
      if (key !== "" && !(await handedOn(key))) throw unavailable();
      return { erased: Number(erased), next };
    },
  };
}

/** @param owners of all streams */
export function streamSubjects(client: RedisClient, owners: () => readonly StreamOwner[]): SubjectStore {
  const page = createPages(client, {
    keys: () => owners().map(streamKey),
    ofSubject(entries, subject) {
      const isNamed = mentions(subject);
      return entries.filter(({ 1: [, text = ""] }) => {
        const { verification } = (JSON.parse(text) as { data: { verification?: string } }).data;
        return isOf(subject, verification, () => isNamed(text));
      });
    },
  });
  return {
    name: "streams",
    async export(subject, after) {
      const { found, next } = await page(subject, after);
      return { items: found.map(({ 1: [, text = ""] }) => JSON.parse(text) as object), next };
    },
    async erase(subject, after) {
      const { key, found, next } = await page(subject, after);
      if (found.length === 0) return { erased: 0, next };
      try {
        return { erased: await client.xdel(key, ...found.map(([id]) => id)), next };
      } catch {
        throw unavailable();
      }
    },
  };
}
