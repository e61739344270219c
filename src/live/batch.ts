/** Events that follow each other in one stream, encoded once for all clients of a gateway. */
import type { PublicEventType } from "../events/envelope.ts";
import type { StreamEntry, StreamId } from "../events/stream-port.ts";
import { frame } from "./frames.ts";
import { isAfter } from "./stream-ids.ts";

/** Which types a client wants; null: all. */
export type TypeFilter = ReadonlySet<PublicEventType> | null;

const nothing = Buffer.alloc(0);

export class Batch {
  readonly entries: readonly StreamEntry[];
  readonly first: StreamId;
  readonly last: StreamId;
  readonly #frames = new Map<string, Buffer>();

  /** @param entries at least one, oldest first */
  constructor(entries: readonly StreamEntry[]) {
    this.entries = entries;
    this.first = entries[0]?.id ?? "";
    this.last = entries.at(-1)?.id ?? "";
  }

  /** The events after a position that a filter lets through. */
  frames(after: StreamId, filter: TypeFilter): Buffer {
    if (isAfter(this.first, after)) return this.#allFrames(filter);
    if (!isAfter(this.last, after)) return nothing;
    return encode(
      this.entries.filter(({ id }) => isAfter(id, after)),
      filter,
    );
  }

  #allFrames(filter: TypeFilter): Buffer {
    const key = filter === null ? "" : [...filter].join();
    const frames = this.#frames.get(key) ?? encode(this.entries, filter);
    this.#frames.set(key, frames);
    return frames;
  }
}

function encode(entries: readonly StreamEntry[], filter: TypeFilter): Buffer {
  const wanted = entries.filter(({ event }) => filter === null || filter.has(event.type));
  return Buffer.from(wanted.map(({ id, event, json }) => frame(id, event.type, json)).join(""));
}
