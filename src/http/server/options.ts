/** How long a client may take, and how much it may send, before anything of ours runs. */
import type { Server } from "node:http";
import type { FastifyHttpOptions } from "fastify";
import { cryptoRandom, type Random } from "../../shared/random.ts";
import type { HttpConfig } from "../config.ts";
import { answerClientError } from "../errors/client-errors.ts";
import { answerError } from "../errors/handler.ts";
import { RequestLog } from "./request-log.ts";

/** Key, idempotency key and some proxy headers take under 2 KiB. */
const maxHeaderBytes = 8192;
/** Longer than the 60 s after which common load balancers drop an idle connection, so that it is they who do. */
const keepAliveMs = 72_000;
/** A connection on which nothing moves at all. Must pass the heartbeats of an event stream. */
const idleConnectionMs = 90_000;
/** Node looks for late requests this often; its default of 30 s would make a limit of 5 s mean 35. */
const connectionsCheckMs = 500;

export function serverOptions(http: HttpConfig): FastifyHttpOptions<Server> {
  return {
    bodyLimit: http.body_limit_bytes,
    requestTimeout: http.request_timeout_ms,
    connectionTimeout: idleConnectionMs,
    keepAliveTimeout: keepAliveMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: http.request_timeout_ms,
      connectionsCheckingInterval: connectionsCheckMs,
    },
    trustProxy: http.trust_proxy.length > 0 ? http.trust_proxy : false,
    // Ours answers 503 as a problem, and only to what places calls: see drain.ts.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    ajv: {
      // Refuse, never repair: a number for a text is the app's mistake, and unknown keys are named, not dropped.
      // All errors at once is safe here: bodies are bounded by body_limit_bytes, and no pattern backtracks.
      customOptions: { allErrors: true, coerceTypes: false, removeAdditional: false, allowUnionTypes: true },
    },
    genReqId: createRequestId(cryptoRandom),
    logController: new RequestLog(),
    // A logger of its own for each request costs 2 µs, more than its one line; the lines of ours name the request.
    childLoggerFactory: (logger) => logger,
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  };
}

/** Unique over restarts and processes, short enough to read out, and cheap: one random prefix and a count. */
function createRequestId(random: Random): () => string {
  const prefix = random.bytes(5).toString("hex");
  let count = 0;
  return () => `${prefix}-${(count++).toString(36)}`;
}
