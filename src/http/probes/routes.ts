/** For operators: liveness, readiness, metrics. No key: probes and scrapers have none. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Metrics } from "../../observability/metrics.ts";
import { version } from "../../shared/version.ts";
import { neverShed } from "../server/under-pressure.ts";
import { HealthBody, type ReadinessAnswer, ReadinessBody } from "./schemas.ts";

const tags = ["operation"];
const config = { quiet: true, ...neverShed };
/** For other clients: probes have their own interval. */
const retryAfterSeconds = 5;

export function operationRoutes(
  { registry, scrape = () => registry.metrics() }: Pick<Metrics, "registry" | "scrape">,
  probeReadiness: () => Promise<ReadinessAnswer>,
): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/healthz",
      {
        schema: {
          operationId: "health",
          summary: "Liveness",
          description: "Does not check Redis or Asterisk: restarting the gateway would not repair those.",
          tags,
          response: { 200: { ...HealthBody, description: "The process is alive." } },
        },
        config,
      },
      async () => ({ alive: true as const, version }),
    );

    scope.get(
      "/readyz",
      {
        schema: {
          operationId: "readiness",
          summary: "Readiness: can verifications be started here now?",
          tags,
          response: {
            200: { ...ReadinessBody, description: "Ready." },
            503: { ...ReadinessBody, description: "Not ready; `missing` says why." },
          },
        },
        config,
      },
      async (_request, reply) => {
        const answer = await probeReadiness();
        if (!answer.ready) reply.code(503).header("retry-after", retryAfterSeconds);
        return answer;
      },
    );

    scope.get(
      "/metrics",
      {
        schema: {
          operationId: "metrics",
          summary: "Metrics for Prometheus",
          tags,
          produces: ["text/plain"],
          response: { 200: Type.String({ description: "Text exposition format 0.0.4." }) },
        },
        config: { ...config, problems: ["rate_limited", "processes_unavailable"] },
        // A separate counter: other requests from a scraper's address do not use it up.
        onRequest: scope.rateLimit({}),
      },
      async (_request, reply) => {
        reply.header("content-type", registry.contentType);
        return await scrape();
      },
    );
  };
}
