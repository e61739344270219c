import type { FastifyInstance } from "fastify";
import type { Metrics } from "../../observability/metrics.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** When an event stream began, ms after the request: what counts as its duration. Null: not a stream. */
    answeredAfterMs: number | null;
  }
}

/** Adds X-Request-Id to every response, and counts it. */
export function observeRequests(server: FastifyInstance, metrics: Pick<Metrics, "httpRequest">): void {
  server.decorateRequest("answeredAfterMs", null);
  server.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  server.addHook("onResponse", (request, reply, done) => {
    // The pattern of the route, never the path: paths are unbounded.
    metrics.httpRequest(
      request.routeOptions.url ?? "unknown",
      request.method,
      reply.statusCode,
      (request.answeredAfterMs ?? reply.elapsedTime) / 1000,
    );
    done();
  });
}
