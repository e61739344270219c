/**
 * The standard environment variables of OpenTelemetry that are read here; those of the exporter (OTEL_EXPORTER_OTLP_*) and of
 * the resource (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) are read by its packages.
 */
type Environment = Readonly<Record<string, string | undefined>>;

export interface TracingSettings {
  readonly sampler: Sampler;
  /** Whether requests' traceparent is continued: OTEL_PROPAGATORS. */
  readonly propagates: boolean;
  readonly batch: {
    readonly scheduledDelayMillis: number;
    readonly exportTimeoutMillis: number;
    readonly maxQueueSize: number;
    readonly maxExportBatchSize: number;
  };
  /** What was wrong, and what is used instead. */
  readonly warnings: readonly string[];
}

export interface Sampler {
  /** Of a trace that begins here. */
  readonly root: "always_on" | "always_off" | "ratio";
  readonly ratio: number;
  /** Whether a parent's decision is taken over. */
  readonly parentBased: boolean;
}

const samplers: Readonly<Record<string, Omit<Sampler, "ratio">>> = {
  always_on: { root: "always_on", parentBased: false },
  always_off: { root: "always_off", parentBased: false },
  traceidratio: { root: "ratio", parentBased: false },
  parentbased_always_on: { root: "always_on", parentBased: true },
  parentbased_always_off: { root: "always_off", parentBased: true },
  parentbased_traceidratio: { root: "ratio", parentBased: true },
};
const defaultSampler = "parentbased_always_on";

/** Off unless an endpoint or an exporter is named. @returns null: off */
export function readTracingSettings(env: Environment): TracingSettings | null {
  const get = (name: string) => (env[name]?.trim() ? env[name].trim() : undefined);
  if (get("OTEL_SDK_DISABLED")?.toLowerCase() === "true") return null;
  const exporter = get("OTEL_TRACES_EXPORTER");
  const endpoint = get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") ?? get("OTEL_EXPORTER_OTLP_ENDPOINT");
  if (exporter === "none" || (exporter === undefined && endpoint === undefined)) return null;
  const warnings: string[] = [];
  if (exporter !== undefined && exporter !== "otlp") {
    warnings.push(`OTEL_TRACES_EXPORTER=${exporter} is not supported: otlp is used`);
  }
  const protocol = get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") ?? get("OTEL_EXPORTER_OTLP_PROTOCOL") ?? "http/json";
  if (protocol !== "http/json") {
    warnings.push(
      `the OTLP protocol ${protocol} is not supported: http/json is sent (a collector's port for it is 4318)`,
    );
  }

  const name = get("OTEL_TRACES_SAMPLER") ?? defaultSampler;
  const known = samplers[name];
  if (known === undefined) warnings.push(`OTEL_TRACES_SAMPLER=${name} is not known: ${defaultSampler} is used`);
  const sampler = known ?? { root: "always_on" as const, parentBased: true };
  let ratio = 1;
  const arg = get("OTEL_TRACES_SAMPLER_ARG");
  if (sampler.root === "ratio" && arg !== undefined) {
    ratio = Number(arg);
    if (!(ratio >= 0 && ratio <= 1)) {
      warnings.push(`OTEL_TRACES_SAMPLER_ARG=${arg} is not a number from 0 to 1: 1 is used`);
      ratio = 1;
    }
  }
  /** Defaults of the specification; each bound keeps a slow collector from taking the memory of calls. */
  const integer = (variable: string, fallback: number, most: number) => {
    const text = get(variable);
    if (text === undefined) return fallback;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    warnings.push(`${variable}=${text} is not an integer from 1 to ${most}: ${fallback} is used`);
    return fallback;
  };
  const maxQueueSize = integer("OTEL_BSP_MAX_QUEUE_SIZE", 2048, 100_000);
  return {
    sampler: { ...sampler, ratio },
    propagates: (get("OTEL_PROPAGATORS") ?? "tracecontext").split(",").includes("tracecontext"),
    batch: {
      scheduledDelayMillis: integer("OTEL_BSP_SCHEDULE_DELAY", 5000, 60_000),
      exportTimeoutMillis: integer("OTEL_BSP_EXPORT_TIMEOUT", 30_000, 60_000),
      maxQueueSize,
      maxExportBatchSize: Math.min(integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512, 10_000), maxQueueSize),
    },
    warnings,
  };
}
