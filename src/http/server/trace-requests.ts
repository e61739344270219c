/** A span for each request, continuing the trace of its `traceparent`. Registered only where tracing is on. */
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Span, Tracing } from "../../shared/tracing.ts";
import { verificationOf } from "./request-log.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Null where the request is not traced. */
    span: Span | null;
  }
}

export function traceRequests(server: FastifyInstance, tracing: Tracing): void {
  server.addHook("onRequest", (request, _reply, done) => {
    const { url: route, config } = request.routeOptions;
    // Probes and scrapes come every few seconds.
    if (config.quiet === true) return done();
    const { traceparent } = request.headers;
    request.span = tracing.begin(route === undefined ? request.method : `${request.method} ${route}`, {
      kind: "server",
      // A header that came twice is none.
      parent: typeof traceparent === "string" ? traceparent : null,
      // The route's pattern, never the path: see request-log.ts.
      attributes: { "http.request.method": request.method, "http.route": route ?? "unknown" },
    });
    tracing.inside(request.span, done);
  });
  // Reading a body goes on in the connection's context.
  server.addHook("preValidation", (request, _reply, done) => {
    if (request.span === null) done();
    else tracing.inside(request.span, done);
  });
  server.addHook("onResponse", (request, reply, done) => {
    // That of a stream ended when it began.
    if (!request.streams) endSpan(reply);
    done();
  });
}

/** Ends the span of a request, if it has one, as it was answered. */
export function endSpan(reply: FastifyReply): void {
  const { span = null, app, refusal } = reply.request;
  if (span === null) return;
  const verification = verificationOf(reply.request, reply);
  span.set({
    "http.response.status_code": reply.statusCode,
    "onering.request": reply.request.id,
    ...(app !== null && { "onering.app": app.name }),
    ...(verification !== undefined && { "onering.verification": verification }),
    ...(refusal !== null && { "onering.refusal": refusal }),
  });
  if (reply.statusCode >= 500) span.fail(String(reply.statusCode));
  span.end();
}
