/** Time and size limits of clients. */
import type { Server } from "node:http";
import type { FastifyHttpOptions } from "fastify";
import { cryptoRandom, type Random } from "../../shared/random.ts";
import type { HttpConfig } from "../config.ts";
import type { ClientErrors } from "../errors/client-errors.ts";
import { answerError } from "../errors/handler.ts";
import type { CompileWhenUsed } from "./compile-when-used.ts";
import { RequestLog } from "./request-log.ts";

/** Key, idempotency key and some proxy headers take under 2 KiB. */
const maxHeaderBytes = 8192;
/** Longer than the 60 s after which common load balancers close an idle connection: so that they close it. */
const keepAliveMs = 72_000;
/** No byte in either direction. Longer than the heartbeat of an event stream. */
const idleConnectionMs = 90_000;
/** How often Node checks for late requests; with its default of 30 s a limit of 5 s would mean 35 s. */
const connectionsCheckMs = 500;

/** @param clientErrors, schemas their `watch` is called with the server that these options make */
export function serverOptions(
  http: HttpConfig,
  clientErrors: ClientErrors,
  { compilersFactory }: CompileWhenUsed,
): FastifyHttpOptions<Server> {
  return {
    bodyLimit: http.body_limit_bytes,
    requestTimeout: http.request_timeout_ms,
    connectionTimeout: idleConnectionMs,
    keepAliveTimeout: keepAliveMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: http.request_timeout_ms,
      connectionsCheckingInterval: connectionsCheckMs,
      // Node would answer without a body: see request-checks.ts.
      requireHostHeader: false,
    },
    trustProxy: http.trust_proxy.length > 0 ? http.trust_proxy : false,
    // drain.ts answers 503 as a problem, and only to routes that place calls.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    ajv: {
      // Refuse, never coerce: a number for a string is the app's mistake, and unknown keys are named, not dropped.
      // All errors at once is safe: json-body.ts bounds keys and elements, and no pattern backtracks.
      customOptions: {
        ...{ allErrors: true, coerceTypes: false, removeAdditional: false, allowUnionTypes: true },
        // Errors have their schema, whose `x-expected` says in words what a pattern means.
        ...{ verbose: true, keywords: ["x-expected"] },
      },
    },
    schemaController: { compilersFactory },
    genReqId: nextRequestId,
    logController: new RequestLog(),
    // A child logger per request costs more than its one line; our lines name the request.
    childLoggerFactory: (logger) => logger,
    frameworkErrors: answerError,
    clientErrorHandler: clientErrors.handle,
  };
}

/** Unique over restarts and processes, short enough to read out, and cheap: one random prefix and a count. */
export const nextRequestId = createRequestId(cryptoRandom);

function createRequestId(random: Random): () => string {
  const prefix = random.bytes(5).toString("hex");
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
