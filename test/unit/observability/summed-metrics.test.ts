/** Metrics of several processes as those of one. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { createCountedMetrics, snapshotOf, sumOf } from "../../../src/observability/summed-metrics.ts";

const none = { serving: 2, starting: 0, restarts: [0, 0] };

function processOf(calls: number, usable: 0 | 1) {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: "started_total", help: "h", labelNames: ["channel"], registers }).inc({ channel: "sms" }, calls);
  new Gauge({ name: "live", help: "h", registers, aggregator: "sum" }).set(calls);
  new Gauge({ name: "usable", help: "h", registers, aggregator: "min" }).set(usable);
  new Gauge({ name: "none_yet", help: "h", registers }).set(Number.NaN);
  const seconds = new Histogram({ name: "seconds", help: "h", buckets: [1, 2], registers });
  for (let call = 0; call < calls; call++) seconds.observe(1.5);
  return snapshotOf(registry);
}

test("counters and histograms are summed, gauges as each says; what is no number is left out", async () => {
  const text = await sumOf([await processOf(2, 1), await processOf(3, 0)]);
  expect(text).toContain('# TYPE started_total counter\nstarted_total{channel="sms"} 5\n');
  expect(text).toContain("\nlive 5\n");
  expect(text).toContain("\nusable 0\n");
  expect(text).toContain('\nseconds_bucket{le="1"} 0\nseconds_bucket{le="2"} 5\nseconds_bucket{le="+Inf"} 5\n');
  expect(text).toContain("\nseconds_sum 7.5\nseconds_count 5\n");
  expect(text).not.toMatch(/^none_yet/m);
});

test("what processes counted stays when they end, or do not answer; their gauges go", async () => {
  const counted = createCountedMetrics();
  for (const calls of [10, 20]) {
    counted.saw(1, await processOf(calls - 1, 0));
    counted.saw(1, await processOf(calls, 0));
    counted.ended(1);
  }
  counted.saw(1, await processOf(1, 0));
  counted.saw(0, await processOf(2, 1));
  counted.ended(3);
  const answering = await processOf(2, 1);
  const text = await sumOf([answering, ...counted.beside(new Set([0]), { ...none, restarts: [0, 2] })]);
  expect(text).toContain('started_total{channel="sms"} 33\n');
  expect(text).toContain("\nseconds_count 33\n");
  expect(text).toContain("\nlive 2\n");
  expect(text).toContain("\nusable 1\n");
  expect(text).toContain('onering_processes{state="serving"} 2\nonering_processes{state="starting"} 0\n');
  expect(text).toContain(
    '# TYPE onering_process_restarts_total counter\nonering_process_restarts_total{process="0"} 0\nonering_process_restarts_total{process="1"} 2\n',
  );
});

test("every gauge says what several processes make of it", () => {
  const folder = path.join(import.meta.dirname, "../../../src/observability");
  for (const file of readdirSync(folder)) {
    for (const [, begin] of readFileSync(path.join(folder, file), "utf8").matchAll(/new Gauge\(\{([^}]{0,120})/g)) {
      expect(begin, file).toMatch(/aggregator: "(sum|max|min)"/);
    }
  }
});
