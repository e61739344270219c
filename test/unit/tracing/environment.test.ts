import { describe, expect, it, test } from "vitest";
import { readTracingSettings } from "../../../src/tracing/environment.ts";
import { startTracing } from "../../../src/tracing/index.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
const settings = (env: Readonly<Record<string, string>>) => readTracingSettings({ ...endpoint, ...env });

describe("tracing is off", () => {
  it.each([
    ["by default", {}],
    ["with other variables of OpenTelemetry alone", { OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER: "always_on" }],
    ["with an empty endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: " " }],
    ["by OTEL_SDK_DISABLED", { ...endpoint, OTEL_SDK_DISABLED: "TRUE" }],
    ["by OTEL_TRACES_EXPORTER=none", { ...endpoint, OTEL_TRACES_EXPORTER: "none" }],
  ])("%s", async (_what, env) => {
    expect(readTracingSettings(env)).toBeNull();
    const never = () => expect.unreachable();
    expect(await startTracing(env, { info: never, warn: never })).toBeNull();
  });
});

describe("tracing is on", () => {
  it.each([
    ["by an endpoint", endpoint],
    ["by an endpoint for traces", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" }],
    ["by an exporter, to the default endpoint", { OTEL_TRACES_EXPORTER: "otlp" }],
  ])("%s", (_what, env) => {
    expect(readTracingSettings(env)).toMatchObject({
      sampler: { root: "always_on", parentBased: true },
      propagates: true,
      batch: { scheduledDelayMillis: 5000, maxQueueSize: 2048, maxExportBatchSize: 512 },
      warnings: [],
    });
  });
});

test.each([
  ["always_off", { root: "always_off", ratio: 1, parentBased: false }],
  ["parentbased_always_off", { root: "always_off", ratio: 1, parentBased: true }],
  ["traceidratio", { root: "ratio", ratio: 0.25, parentBased: false }],
  ["parentbased_traceidratio", { root: "ratio", ratio: 0.25, parentBased: true }],
])("OTEL_TRACES_SAMPLER=%s", (name, sampler) => {
  expect(settings({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: "0.25" })?.sampler).toEqual(sampler);
});

test.each([
  [{ OTEL_TRACES_SAMPLER: "jaeger_remote" }, /OTEL_TRACES_SAMPLER=jaeger_remote is not known/],
  [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "1.5" }, /1\.5 is not a number from 0 to 1/],
  [{ OTEL_BSP_MAX_QUEUE_SIZE: "0" }, /OTEL_BSP_MAX_QUEUE_SIZE=0 is not an integer from 1 to 100000: 2048 is used/],
  [{ OTEL_TRACES_EXPORTER: "jaeger" }, /OTEL_TRACES_EXPORTER=jaeger is not supported/],
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, /the OTLP protocol grpc is not supported: http\/json is sent/],
])("%j is named and replaced by the default", (env, warning) => {
  expect(settings(env)?.warnings).toEqual([expect.stringMatching(warning)]);
});

test("OTEL_PROPAGATORS without tracecontext continues no trace", () => {
  expect(settings({ OTEL_PROPAGATORS: "b3,baggage" })?.propagates).toBe(false);
  expect(settings({ OTEL_PROPAGATORS: "tracecontext,baggage" })?.propagates).toBe(true);
});
