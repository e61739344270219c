/** For those who run the gateway: is it alive, is it ready, what has it counted. No key: probes and scrapers have none. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { Type } from "typebox";
import type { Metrics } from "../../observability/metrics.ts";
import { version } from "../../shared/version.ts";
import { neverShed } from "../server/under-pressure.ts";
import { HealthBody, type ReadinessAnswer, ReadinessBody } from "./schemas.ts";

const tags = ["operation"];
const config = { quiet: true, ...neverShed };
/** A probe asks again soon anyway; this is for people's clients. */
const retryAfterSeconds = 5;

export function operationRoutes(
  metrics: Pick<Metrics, "registry">,
  probeReadiness: () => Promise<ReadinessAnswer>,
): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/healthz",
      {
        schema: {
          operationId: "health",
          summary: "Is the process alive?",
          description: "Says nothing of Redis and Asterisk: restarting the gateway would not mend them.",
          tags,
          response: { 200: { ...HealthBody, description: "It is." } },
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
          summary: "Can verifications be started here now?",
          tags,
          response: {
            200: { ...ReadinessBody, description: "Yes." },
            503: { ...ReadinessBody, description: "No: `missing` says why." },
          },
        },
        config,
        onRequest: scope.rateLimit(),
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
          summary: "Figures for Prometheus",
          tags,
          produces: ["text/plain"],
          response: { 200: Type.String({ description: "Text exposition format 0.0.4." }) },
        },
        config,
        onRequest: scope.rateLimit(),
      },
      async (_request, reply) => {
        reply.header("content-type", metrics.registry.contentType);
        return await metrics.registry.metrics();
      },
    );
  };
}
