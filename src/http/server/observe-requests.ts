import type { FastifyInstance } from "fastify";
import type { Metrics } from "../../observability/metrics.ts";

/** Adds X-Request-Id to every response, and counts it. */
export function observeRequests(server: FastifyInstance, metrics: Pick<Metrics, "httpRequest">): void {
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
      reply.elapsedTime / 1000,
    );
    done();
  });
}
