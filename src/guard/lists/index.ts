/** Block and allow lists as the guard takes them. */
import type { Logger } from "pino";
import type { AuditWriter } from "../../audit/writer.ts";
import type { Clock } from "../../shared/clock.ts";
import { createMirrorLoop } from "../../shared/mirror-loop.ts";
import type { Random } from "../../shared/random.ts";
import type { GuardConfig } from "../config.ts";
import type { HashScope } from "../counted-rule.ts";
import { canonicalValue, hashEntry, type ListName, listNames } from "./entry.ts";
import { createListIndex, type ListIndex } from "./index-of-entries.ts";
import type { ListMirror, ListStore } from "./ports.ts";
import { createListService, type ListService } from "./service.ts";

/** A change that one gateway made is known to the others within this time and one answer of Redis. */
const watchMs = 400;

export interface Lists extends Pick<ListIndex, "find"> {
  /** Takes the entries of another configuration. */
  configure(config: Pick<GuardConfig, ListName>): void;
  /** Null: nothing is kept. */
  readonly service: ListService | null;
  /** Reads the mirror once. Never rejects: what cannot be read now is read once Redis answers. */
  load(): Promise<void>;
  start(): void;
  stop(): void;
}

export function createLists(parts: {
  readonly hash: HashScope;
  /** Null: nothing is kept, so that only the configuration gets entries; those in the mirror hold. */
  readonly store: ListStore | null;
  readonly mirror: ListMirror;
  readonly audit: AuditWriter;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): Lists {
  const { hash, store, mirror, clock, logger } = parts;
  const index = createListIndex(hash, () => clock.nowMs());
  let version = "";
  let stopTimer = () => {};
  let stopped = true;

  function ofConfig(list: ListName, value: string) {
    return hashEntry(hash, { id: "", list, app: null, value: canonicalValue(value) ?? value, expiresAtMs: null });
  }

  async function refresh(): Promise<void> {
    const found = await mirror.read(version);
    if (found === null) return;
    index.replaceKept(found.entries);
    version = found.version;
  }

  async function watch(): Promise<void> {
    // Redis that does not answer is looked for again; what is known holds.
    await refresh().catch(() => undefined);
    if (!stopped) stopTimer = clock.after(watchMs, () => void watch());
  }

  /** What the mirror lost, or did not take. */
  async function compare(): Promise<void> {
    // First: what is added meanwhile is in records before it is here, so it is not taken for one that was removed.
    const mirrored = new Set(((await mirror.read(""))?.entries ?? []).map(({ id }) => id));
    for (const entry of (await store?.all()) ?? []) {
      if (!mirrored.delete(entry.id)) await mirror.put(hashEntry(hash, entry));
    }
    for (const id of mirrored) await mirror.remove(id);
  }

  const sync = createMirrorLoop({ what: "block and allow lists", compare, clock, logger });
  return {
    find: index.find,
    configure: (config) =>
      index.replaceConfigured(listNames.flatMap((list) => config[list].map((value) => ofConfig(list, value)))),
    service: store && createListService({ ...parts, store, refresh, onUnmirrored: sync.hurry }),
    load: () => refresh().catch(() => undefined),
    start() {
      stopped = false;
      void watch();
      if (store !== null) sync.start();
    },
    stop() {
      stopped = true;
      stopTimer();
      sync.stop();
    },
  };
}
