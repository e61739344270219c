/** A span for each batch of events that the relay hands to a sink. */
import type { Tracing } from "../shared/tracing.ts";
import type { EventSink } from "./sink-port.ts";

/** @param tracing null: `sink` itself is returned */
export function tracedSink(sink: EventSink, tracing: Tracing | null): EventSink {
  if (tracing === null) return sink;
  return {
    name: sink.name,
    append(batch) {
      if (batch.length === 0) return sink.append(batch);
      const attributes = { "onering.sink": sink.name, "messaging.batch.message_count": batch.length };
      // A batch holds events of many traces.
      return tracing.within("events append", { attributes, parent: null }, () => sink.append(batch));
    },
  };
}
