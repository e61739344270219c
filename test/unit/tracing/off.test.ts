/** What tracing costs where it is off: no package is loaded, and no function is wrapped. */
import { execFileSync } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { tracedSink } from "../../../src/events/traced-sink.ts";
import { projectRoot } from "../../../src/local/fetch/paths.ts";
import { tracedCalls } from "../../../src/tracing/dialer.ts";
import { tracedMessages } from "../../../src/tracing/messages.ts";

/** Files of OpenTelemetry that a process has loaded with the gateway's parts; its bare API comes with prom-client. */
function loadedWith(env: Readonly<Record<string, string>>): number {
  const script = `
    import { createRequire } from "node:module";
    await import("./src/app.ts");
    const { startTracing } = await import("./src/tracing/index.ts");
    const tracing = await startTracing(process.env, { info() {}, warn() {} });
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((file) => /@opentelemetry.(?!api.)/.test(file));
    console.log(loaded.length);
    await tracing?.stop();
  `;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: _, OTEL_TRACES_EXPORTER: __, ...inherited } = process.env;
  const args = ["--input-type=module", "--eval", script];
  return Number(
    execFileSync(process.execPath, args, { cwd: path.resolve(projectRoot), env: { ...inherited, ...env } }),
  );
}

test("no package of OpenTelemetry is loaded unless the environment asks for it", () => {
  expect(loadedWith({})).toBe(0);
  expect(loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" })).toBeGreaterThan(10);
});

test("without tracing every part is itself, not wrapped", () => {
  const telephony = { dialer: {} } as Parameters<typeof tracedCalls>[0];
  const spec = {} as Parameters<typeof tracedMessages>[0];
  const sink = { name: "records", append: async () => undefined };
  expect(tracedCalls(telephony, null)).toBe(telephony);
  expect(tracedMessages(spec, null)).toBe(spec);
  expect(tracedSink(sink, null)).toBe(sink);
});
