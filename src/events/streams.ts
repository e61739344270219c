/** The sink that appends each event to its app's stream, and those without an app to the operator's. */
import { eventJson } from "./json.ts";
import type { EventSink, StoredEvent } from "./sink-port.ts";
import type { StreamOwner } from "./stream-port.ts";

export interface StreamStore {
  /**
   * Appends events to one stream. What it was given before is not appended again.
   * @param shard outbox that they are from @param events in its order, whole entries
   */
  append(
    owner: StreamOwner,
    shard: number,
    events: readonly { readonly position: string; readonly json: string }[],
  ): Promise<void>;
}

export function createStreamSink(store: StreamStore): EventSink {
  return {
    name: "streams",
    async append(batch) {
      const streams = new Map<StreamOwner, StoredEvent[]>();
      for (const one of batch) {
        const { app } = one.event;
        const own = streams.get(app);
        if (own === undefined) streams.set(app, [one]);
        else own.push(one);
      }
      await Promise.all(
        [...streams].map(([app, events]) => store.append(app, events[0]?.shard ?? 0, events.map(written))),
      );
    },
  };
}

function written({ position, event }: StoredEvent) {
  return { position, json: eventJson(event) };
}
