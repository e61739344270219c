import { Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { addHttpDurations } from "../../../src/observability/http-durations.ts";

it("reads like a histogram of prom-client", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const count = addHttpDurations(ours);
  const histogram = new Histogram({
    name: "onering_http_request_duration_seconds",
    help: "Time from a request's arrival to the end of its response.",
    labelNames: ["route", "method", "status"] as const,
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [theirs],
  });
  const requests = [
    ["/v1/verifications/:id/check", "POST", 200, 0.001],
    ["/v1/verifications/:id/check", "POST", 200, 0.0011],
    ["/v1/verifications/:id/check", "POST", 404, 0],
    ["/v1/verifications/:id/check", "POST", 200, 7],
    ['unknown "route"', "GET", 404, 5],
  ] as const;
  for (const [route, method, status, seconds] of requests) {
    count(route, method, status, seconds);
    histogram.observe({ route, method, status }, seconds);
  }
  expect(await ours.metrics()).toBe(await theirs.metrics());
});
