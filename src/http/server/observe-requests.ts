import type { FastifyInstance, FastifyReply } from "fastify";
import type { Metrics } from "../../observability/metrics.ts";
import { endSpan } from "./trace-requests.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** It was answered by a stream, which may go on for hours: counted when it began, and logged when it ends. */
    streams: boolean;
  }
  interface FastifyInstance {
    /** Counts a response whose headers were sent and whose body is a stream. */
    streamBegan(reply: FastifyReply): void;
  }
}

/** Adds X-Request-Id to every response, and counts it. */
export function observeRequests(server: FastifyInstance, metrics: Pick<Metrics, "httpRequest">): void {
  const count = ({ request, statusCode, elapsedTime }: FastifyReply) => {
    // The pattern of the route, never the path: paths are unbounded.
    metrics.httpRequest(request.routeOptions.url ?? "unknown", request.method, statusCode, elapsedTime / 1000);
  };
  server.decorateRequest("streams", false);
  server.decorate("streamBegan", (reply: FastifyReply) => {
    reply.request.streams = true;
    endSpan(reply);
    count(reply);
  });
  server.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    done();
  });
  server.addHook("onResponse", (request, reply, done) => {
    if (!request.streams) count(reply);
    done();
  });
}
