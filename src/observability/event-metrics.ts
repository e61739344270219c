/** Metrics of public events on their way to streams, webhooks and records. */
import { Counter, Gauge, type Registry } from "prom-client";
import type { RelayCounts } from "../events/relay.ts";
import type { CursorStatus } from "../events/relay-port.ts";

/** @param status what waits; may reject @returns what the relay counts */
export function addEventMetrics(registry: Registry, status: () => Promise<readonly CursorStatus[]>): RelayCounts {
  const registers = [registry];
  new Gauge({
    name: "onering_outbox_events",
    aggregator: "max",
    help: "Changes of state whose events wait in Redis, by the cursor that has not taken them: `live` (streams and webhooks), `records`.",
    labelNames: ["cursor"] as const,
    registers,
    async collect() {
      // Nothing rather than old figures where the store is down.
      this.reset();
      for (const { cursor, waiting } of await status().catch(() => [])) this.set({ cursor }, waiting);
    },
  });
  new Gauge({
    name: "onering_outbox_oldest_seconds",
    aggregator: "max",
    help: "How long the oldest of them has been waiting; 0: none.",
    labelNames: ["cursor"] as const,
    registers,
    async collect() {
      this.reset();
      for (const { cursor, oldestMs } of await status().catch(() => [])) this.set({ cursor }, oldestMs / 1000);
    },
  });
  const relayed = new Counter({
    name: "onering_events_relayed_total",
    help: "Public events that this gateway handed on.",
    labelNames: ["cursor"] as const,
    registers,
  });
  const lost = new Counter({
    name: "onering_outbox_lost_total",
    help: "Changes of state whose events were dropped because the outbox was full (events.backlog_max).",
    labelNames: ["cursor"] as const,
    registers,
  });
  const unreadable = new Counter({
    name: "onering_events_unreadable_total",
    help: "Entries of the outbox that this gateway could not read and skipped.",
    labelNames: ["cursor"] as const,
    registers,
  });
  const failures = new Counter({
    name: "onering_event_sink_failures_total",
    help: "Batches of events that could not be handed on and were tried again.",
    labelNames: ["cursor", "sink"] as const,
    registers,
  });
  return {
    relayed: (cursor, events) => relayed.inc({ cursor }, events),
    lost: (cursor, entries) => lost.inc({ cursor }, entries),
    unreadable: (cursor) => unreadable.inc({ cursor }),
    failed: (cursor, sink) => failures.inc({ cursor, sink }),
  };
}
