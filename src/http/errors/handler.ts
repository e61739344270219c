/** Answers every error as a problem (RFC 9457), and masks what an app has no business to know. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import { setSecurityHeaders } from "../server/security-headers.ts";
import {
  type Problem,
  type ProblemCode,
  problemKinds,
  problemMediaType,
  problemType,
  requestUrn,
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

/** Fastify's errors that are the client's doing, in our words: its own texts may repeat what was sent. */
const detailByStatus: Readonly<Record<number, string>> = {
  400: "The body is not valid JSON, or it is not as long as Content-Length says.",
  404: "There is nothing here.",
  413: "The body is too large.",
  414: "The path is too long.",
  415: "Send the body as JSON, with Content-Type: application/json.",
};

/** The error handler of the server: any error thrown anywhere → one problem. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = asRefusal(error);
  if (refusal === null) {
    request.log.error({ request: request.id, err: error }, "request failed");
    sendProblem(reply, {
      code: "internal_error",
      status: problemKinds.internal_error.status,
      detail: "The error was logged; give support the `instance` of this answer.",
    });
    return;
  }
  const seconds = retryAfterSeconds(refusal);
  if (seconds !== null) reply.header("retry-after", seconds);
  if (refusal.code === "unauthorized") reply.header("www-authenticate", challenge(request));
  const errors = refusal instanceof RequestRefusal ? refusal.errors : null;
  sendProblem(reply, {
    code: refusal.code,
    status: refusal instanceof RequestRefusal ? refusal.status : problemKinds[refusal.code].status,
    detail: refusal.detail,
    ...(errors !== null && { errors }),
  });
}

/** What a refusal is made of; null: our own failure. */
function asRefusal(error: FastifyError): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error.validation) {
    const part = error.validationContext ?? "body";
    return new RequestRefusal(
      400,
      `The ${part} is not as it should be: see errors.`,
      requestErrors(error.validation, part),
    );
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500) return null;
  return new RequestRefusal(status, detailByStatus[status] ?? "The request is not valid.");
}

/** RFC 6750 §3: an error code only where a key was given. */
function challenge(request: FastifyRequest): string {
  return request.headers.authorization === undefined
    ? 'Bearer realm="onering"'
    : 'Bearer realm="onering", error="invalid_token"';
}

function sendProblem(reply: FastifyReply, what: Pick<Problem, "code" | "status" | "detail" | "errors">): void {
  const { request } = reply;
  request.refusal = what.code;
  const problem: Problem = {
    type: problemType(what.code),
    title: problemKinds[what.code].title,
    status: what.status,
    detail: what.detail,
    code: what.code,
    instance: requestUrn(request.id),
    ...(what.errors !== undefined && { errors: what.errors }),
  };
  // An error may come before the hooks that set these, or from no route at all.
  setSecurityHeaders(reply);
  reply.code(what.status).header("content-type", problemMediaType).send(JSON.stringify(problem));
}
