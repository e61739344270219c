import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { addEventMetrics } from "../../../src/observability/event-metrics.ts";

it("shows what waits for each cursor, and counts what the relay did", async () => {
  const registry = new Registry();
  const relay = addEventMetrics(registry, async () => [{ cursor: "records", waiting: 12, oldestMs: 2500 }]);
  relay.relayed("live", 5);
  relay.lost("records", 3);
  relay.unreadable("live");
  relay.failed("records", "database");
  const text = await registry.metrics();
  for (const line of [
    'onering_outbox_events{cursor="records"} 12',
    'onering_outbox_oldest_seconds{cursor="records"} 2.5',
    'onering_events_relayed_total{cursor="live"} 5',
    'onering_outbox_lost_total{cursor="records"} 3',
    'onering_events_unreadable_total{cursor="live"} 1',
    'onering_event_sink_failures_total{cursor="records",sink="database"} 1',
  ])
    expect(text).toContain(line);
});

it("shows nothing rather than old figures where the store is down", async () => {
  const registry = new Registry();
  addEventMetrics(registry, () => Promise.reject(new Error("down")));
  expect(await registry.metrics()).not.toMatch(/^onering_outbox_events\{/m);
});
