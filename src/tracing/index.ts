/** Distributed tracing: off by default, by the standard environment variables of OpenTelemetry (docs/monitoring.md). */
import type { Logger } from "pino";
import type { Tracing } from "../shared/tracing.ts";
import { readTracingSettings } from "./environment.ts";

/**
 * Loads OpenTelemetry's packages only where tracing is on.
 * @param env the process' own: the packages read their variables themselves
 * @returns null: off
 */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
  logger: Pick<Logger, "info" | "warn">,
): Promise<Tracing | null> {
  const settings = readTracingSettings(env);
  if (settings === null) return null;
  for (const warning of settings.warnings) logger.warn(warning);
  const { createTracing } = await import("./sdk.ts");
  logger.info({ sampler: settings.sampler }, "traces are exported over OTLP");
  return createTracing(settings, logger);
}
