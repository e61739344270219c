/** One line per request, when it is answered: app or operator, route, result, duration. */
import { type FastifyReply, type FastifyRequest, LogController } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Refused in bulk (limits, overload): counted in the metrics, logged at debug level only. */
    quiet: boolean;
  }
  interface FastifyContextConfig {
    /** Polled by machines: logged at debug level only. */
    quiet?: boolean;
  }
}

/** The format of `newVerificationId`: an id in the path may be any string, even a phone number. */
const idPattern = /\bv[0-9a-f]{4}[A-Za-z0-9_-]{22}$/;

/** The verification that a request concerned or started: links the request to the log lines of its calls. */
export function verificationOf({ params }: FastifyRequest, reply: FastifyReply): string | undefined {
  const { id = reply.getHeader("location") } = (params ?? {}) as { id?: unknown };
  return idPattern.exec(String(id))?.[0];
}

/** Never logs a path, a query or a body: only the route's pattern, which contains no data. */
export class RequestLog extends LogController {
  override incomingRequest(): void {}

  override requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply): void {
    // The stream logs its end, which may be the client's.
    if (request.streams) return;
    const { routeOptions } = request;
    const line = {
      request: request.id,
      app: request.app?.name,
      // Its id, which says which key leaked.
      key: request.app?.keyId ?? undefined,
      operator: request.operator ?? undefined,
      // Of a browser or phone: by which kind of token.
      client: request.holder?.kind,
      method: request.method,
      route: routeOptions.url ?? "unknown",
      verification: verificationOf(request, reply),
      status: reply.statusCode,
      refusal: request.refusal ?? undefined,
      // Of a gateway that traces: the trace's id.
      trace: request.span?.traceparent.slice(3, 35),
      ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    if (error) request.log.info({ ...line, err: error }, "client disconnected before the response was sent");
    else if (request.quiet || routeOptions.config.quiet === true) request.log.debug(line, "request");
    else request.log.info(line, "request");
  }
}
