/** Answers every error as a problem (RFC 9457), without internals. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import { setSecurityHeaders } from "../server/security-headers.ts";
import { invalidPart, type RequestPart } from "./parts.ts";
import {
  notFoundDetail,
  type Problem,
  type ProblemCode,
  problemKinds,
  problemMediaType,
  problemOf,
  retryAfterSeconds,
} from "./problems.ts";
import { RequestRefusal } from "./request-refusal.ts";
import { requestErrors } from "./validation.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The code with which this request was refused; for the log. */
    refusal: ProblemCode | null;
  }
}

/** Fastify's errors that the client caused, with our own messages: Fastify's may repeat the input. */
const detailByCode: Readonly<Record<string, string>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "The length of the body does not match Content-Length.",
  FST_ERR_BAD_URL: "The path of the URL is malformed: check its percent-encoding.",
  FST_ERR_MAX_PARAM_LENGTH: "A part of the path is too long.",
};
const detailByStatus: Readonly<Record<number, string>> = {
  400: "The body is not valid JSON, or its length does not match Content-Length.",
  404: notFoundDetail,
  414: "The path is too long.",
  415: "Send the body as JSON, with Content-Type: application/json.",
};

/** The error handler of the server: any error thrown anywhere → one problem. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = asRefusal(error, request);
  if (refusal === null) {
    // A stream whose client went away before its first byte fails too: that is no fault of the gateway.
    if (reply.raw.destroyed) request.log.info({ request: request.id, err: error }, "client disconnected");
    else request.log.error({ request: request.id, err: error }, "request failed");
    sendProblem(reply, {
      code: "internal_error",
      status: problemKinds.internal_error.status,
      detail: "The error was logged. Include `instance` when you contact support.",
    });
    return;
  }
  const seconds = retryAfterSeconds(refusal);
  if (seconds !== null) reply.header("retry-after", seconds);
  if (refusal.code === "rate_limited") addRateLimit(reply, seconds);
  if (refusal.code === "unauthorized") reply.header("www-authenticate", challenge(request));
  const errors = refusal instanceof RequestRefusal ? refusal.errors : null;
  sendProblem(reply, {
    code: refusal.code,
    status: refusal instanceof RequestRefusal ? refusal.status : problemKinds[refusal.code].status,
    detail: refusal.detail,
    ...refusal.members,
    ...(errors !== null && { errors }),
  });
}

/** The refusal that an error represents; null: an internal error. */
function asRefusal(error: FastifyError, request: FastifyRequest): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error.validation) {
    const part = (error.validationContext ?? "body") as RequestPart;
    if (part === "body" && request.body === undefined) {
      return new RequestRefusal(400, "The request body is empty; send a JSON object.");
    }
    return invalidPart(part, requestErrors(error.validation, part));
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return null;
  if (status === 413) {
    const limit = request.routeOptions.bodyLimit;
    // Few routes have a limit of their own.
    const key = limit === request.server.initialConfig.bodyLimit ? " (http.body_limit_bytes)" : "";
    return new RequestRefusal(413, `The request body is larger than ${limit} bytes${key}.`);
  }
  return new RequestRefusal(status, detailByCode[error.code] ?? detailByStatus[status] ?? "The request is not valid.");
}

/** A limit of deliveries or checks, beside that of requests (server/rate-limit.ts): nothing is left until then. */
function addRateLimit(reply: FastifyReply, seconds: number | null): void {
  const requests = reply.getHeader("ratelimit");
  // `quiet`: it is the limit of requests itself.
  if (typeof requests !== "string" || seconds === null || reply.request.quiet) return;
  reply.header("ratelimit", `${requests}, "deliveries";r=0;t=${seconds}`);
}

/** RFC 6750 §3: an error code only where a key was given. */
function challenge(request: FastifyRequest): string {
  return request.headers.authorization === undefined
    ? 'Bearer realm="onering"'
    : 'Bearer realm="onering", error="invalid_token"';
}

function sendProblem(reply: FastifyReply, what: Omit<Problem, "type" | "title" | "instance">): void {
  const { request } = reply;
  const { code, status, detail, ...members } = what;
  request.refusal = code;
  const problem: Problem = { ...problemOf(code, status, detail, request.id), ...members };
  // An error may occur before the hooks that set these, or outside of any route.
  setSecurityHeaders(reply);
  reply.header("x-request-id", request.id);
  reply.code(status).header("content-type", problemMediaType).send(JSON.stringify(problem));
}
