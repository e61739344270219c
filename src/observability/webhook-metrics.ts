/** What webhooks measure. No label names an endpoint or an app's URL: series are bounded by the results. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { WebhookObserver } from "../webhooks/observer-port.ts";

/** Around one second, which one dead endpoint must not cost the others; then as far as the retries reach. */
const delayBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600, 86_400];

/** What is read at each scrape. May reject. */
export type WebhookState = () => Promise<{
  readonly queued: number;
  readonly oldestMs: number;
  readonly endpoints: Readonly<Record<"enabled" | "disabled" | "down", number>>;
} | null>;

/** @param state of the queue of all gateways; null, or where Redis does not answer: there are no figures */
export function addWebhookMetrics(registry: Registry, state: WebhookState): WebhookObserver {
  const registers = [registry];
  const deliveries = new Counter({
    name: "onering_webhook_deliveries_total",
    help: "Tries to deliver an event to a webhook endpoint, by result; `dead_letter`: an event was given up; `dropped`: one was lost.",
    labelNames: ["result"] as const,
    registers,
  });
  const delay = new Histogram({
    name: "onering_webhook_delivery_delay_seconds",
    help: "From an event's arrival in an endpoint's queue to the receiver's answer, retries included.",
    buckets: delayBuckets,
    registers,
  });
  const disabled = new Counter({
    name: "onering_webhook_endpoints_disabled_total",
    help: "Endpoints that were disabled: `gone` by their answer 410, `failing` for days.",
    labelNames: ["reason"] as const,
    registers,
  });
  let reading: ReturnType<WebhookState> | null = null;
  /** One read for the three gauges of a scrape. */
  const read = () => {
    reading ??= state().finally(() => {
      reading = null;
    });
    return reading.catch(() => null);
  };
  new Gauge({
    name: "onering_webhook_queue_events",
    aggregator: "max",
    help: "Events that wait for delivery to webhook endpoints, by all gateways.",
    registers,
    async collect() {
      const found = await read();
      if (found === null) this.remove();
      else this.set(found.queued);
    },
  });
  new Gauge({
    name: "onering_webhook_oldest_seconds",
    aggregator: "max",
    help: "Age of the oldest event that waits for delivery to a webhook endpoint.",
    registers,
    async collect() {
      const found = await read();
      if (found === null) this.remove();
      else this.set(found.oldestMs / 1000);
    },
  });
  new Gauge({
    name: "onering_webhook_endpoints",
    aggregator: "max",
    help: "Webhook endpoints: `enabled`, `disabled`, and `down` of the enabled ones, whose deliveries fail at the moment.",
    labelNames: ["state"] as const,
    registers,
    async collect() {
      this.reset();
      for (const [name, value] of Object.entries((await read())?.endpoints ?? {})) this.set({ state: name }, value);
    },
  });
  return {
    result: (result, count) => deliveries.inc({ result }, count),
    delivered: (delayMs) => delay.observe(delayMs / 1000),
    disabled: (reason) => disabled.inc({ reason }),
  };
}
