/** An exporter that says in the log when a collector does not take spans: the SDK drops them in silence. */
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "pino";

/** At most one line in the log in this time. */
const logEveryMs = 60_000;
/** `ExportResultCode.SUCCESS` */
const success = 0;

export function reportingExporter(exporter: SpanExporter, logger: Pick<Logger, "warn">): SpanExporter {
  let lost = 0;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.code !== success) {
          lost += spans.length;
          const nowMs = performance.now();
          if (nowMs - loggedAtMs >= logEveryMs) {
            // The error's text may hold the collector's address with its credentials.
            logger.warn(
              { spans: lost, error: result.error?.name },
              "the trace collector did not take spans; they are lost",
            );
            loggedAtMs = nowMs;
            lost = 0;
          }
        }
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(exporter.forceFlush && { forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve() }),
  };
}
