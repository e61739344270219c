/** Tracing by OpenTelemetry's SDK. Loaded by index.ts alone, and only where tracing is on. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as pause } from "node:timers/promises";
import {
  type Context,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";
import { Refusal } from "../shared/refusal.ts";
import type { Span, SpanKind, SpanOptions, Tracing } from "../shared/tracing.ts";
import { version } from "../shared/version.ts";
import type { Sampler, TracingSettings } from "./environment.ts";
import { reportingExporter } from "./exporter.ts";
import { readTraceparent, writeTraceparent } from "./traceparent.ts";
import { createVerificationTraces } from "./verifications.ts";

/** The end of the process does not wait longer for a collector. */
const lastExportMs = 2000;

const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
};

/** A span with what is needed to run inside it. */
interface HeldSpan extends Span {
  readonly context: Context;
  readonly recording: boolean;
}

export function createTracing(settings: TracingSettings, logger: Pick<Logger, "warn">): Tracing {
  const exporter = reportingExporter(new OTLPTraceExporter(), logger);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "onering", "service.version": version }))
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: samplerOf(settings.sampler),
    // A label of a span is short; nothing unbounded gets out by mistake.
    spanLimits: { attributeValueLengthLimit: 256 },
    spanProcessors: [new BatchSpanProcessor({ exporter, ...settings.batch })],
  });
  const tracer = provider.getTracer("onering", version);
  const running = new AsyncLocalStorage<HeldSpan>();

  const current = () => {
    const span = running.getStore();
    return span?.recording ? span : null;
  };

  function begin(name: string, { kind = "internal", attributes = {}, parent }: SpanOptions = {}): HeldSpan {
    const context = parent === undefined ? (current()?.context ?? ROOT_CONTEXT) : contextOf(parent);
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, context);
    return hold(span, trace.setSpan(context, span));
  }

  /** A header that cannot be read begins a new trace. */
  function contextOf(parent: string | null): Context {
    const remote = parent === null || !settings.propagates ? null : readTraceparent(parent);
    if (remote === null) return ROOT_CONTEXT;
    const { traceId, spanId, sampled } = remote;
    const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  }

  return {
    begin,
    inside: (span, work) => running.run(span as HeldSpan, work),
    async within(name, options, work) {
      const span = begin(name, options);
      try {
        return await running.run(span, () => work(span));
      } catch (error) {
        span.fail(errorTypeOf(error));
        throw error;
      } finally {
        span.end();
      }
    },
    current,
    verifications: createVerificationTraces(current),
    async stop() {
      await Promise.race([provider.shutdown().catch(() => undefined), pause(lastExportMs, undefined, { ref: false })]);
    },
  };
}

function hold(span: OtelSpan, context: Context): HeldSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  let ended = false;
  return {
    context,
    // One that is not sampled is a parent all the same: its children must not be sampled either.
    get recording() {
      return !ended;
    },
    traceparent: writeTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
    set: (attributes) => void span.setAttributes(attributes),
    event: (name, attributes) => void span.addEvent(name, attributes),
    fail(errorType) {
      span.setAttribute("error.type", errorType);
      // Without a message: that of an error may hold a number.
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end() {
      ended = true;
      span.end();
    },
  };
}

function samplerOf({ root, ratio, parentBased }: Sampler) {
  const own = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    ratio: () => new TraceIdRatioBasedSampler(ratio),
  }[root]();
  return parentBased ? new ParentBasedSampler({ root: own }) : own;
}

/** Never its message. */
function errorTypeOf(error: unknown): string {
  if (error instanceof Refusal) return error.code;
  return error instanceof Error ? error.constructor.name : typeof error;
}
