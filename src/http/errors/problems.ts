/**
 * The one table of errors: HTTP status, title and Retry-After of each code.
 * An error body is a problem of RFC 9457.
 */
import { type Refusal, type RefusalCode, type RefusalMembers, refusalCodes } from "../../shared/refusal.ts";

/** `internal_error` exists in HTTP only: the domain refuses, it does not fail. */
export type ProblemCode = RefusalCode | "internal_error";

export const problemCodes: readonly ProblemCode[] = [...refusalCodes, "internal_error"];

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Retry-After where the refusal itself has none; null: a retry does not help. */
  readonly retryAfterSeconds: number | null;
}

const kind = (status: number, title: string, retryAfterSeconds: number | null = null): ProblemKind => ({
  status,
  title,
  retryAfterSeconds,
});

/**
 * A number that is not called is 422: the request is well formed, its content cannot be processed (RFC 9110 §15.5.21).
 * `invalid_request` may have a more exact 4xx status (404, 405, 408, 413, 414, 415, 417, 431). `forbidden` is reserved for
 * scopes of API keys.
 */
export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = {
  invalid_request: kind(400, "The request is not valid"),
  not_supported: kind(400, "Not supported here"),
  unauthorized: kind(401, "A valid API key is required"),
  forbidden: kind(403, "This API key does not permit the operation"),
  country_not_allowed: kind(403, "Calls to this country are not allowed"),
  quiet_hours: kind(403, "No calls to this number at this hour"),
  configuration_invalid: kind(422, "The configuration file is not valid"),
  verification_not_found: kind(404, "Verification not found"),
  verification_ended: kind(409, "The verification has ended"),
  verification_ambiguous: kind(409, "Several verifications are open"),
  conflict: kind(409, "The request conflicts with what is there"),
  proof_not_found: kind(404, "No such signed result"),
  idempotency_key_reused: kind(422, "The Idempotency-Key was used for another request"),
  number_invalid: kind(422, "Not a valid phone number"),
  number_too_short: kind(422, "The phone number is too short"),
  number_too_long: kind(422, "The phone number is too long"),
  number_is_landline: kind(422, "The phone number is a landline"),
  number_not_callable: kind(422, "Numbers of this type are not called"),
  number_inactive: kind(422, "The number is not in use"),
  rate_limited: kind(429, "Too many requests", 60),
  delivery_denied: kind(403, "The delivery is not permitted"),
  capacity: kind(503, "No capacity at the moment", 1),
  code_not_available: kind(422, "This code cannot be delivered to this number"),
  human_check_failed: kind(403, "The human check did not pass"),
  human_check_unavailable: kind(503, "The human check gave no verdict", 5),
  telephony_unavailable: kind(503, "No call can be placed at the moment", 5),
  channel_unavailable: kind(503, "The channel cannot deliver at the moment", 5),
  store_unavailable: kind(503, "The store is unreachable at the moment", 1),
  approval_unavailable: kind(503, "The app's approval cannot be asked for at the moment", 5),
  records_unavailable: kind(503, "Durable records are unreachable at the moment", 5),
  processes_unavailable: kind(503, "Other processes of this gateway do not answer", 5),
  internal_error: kind(500, "Internal error"),
};

/** One thing that is wrong with a request: in its body (`pointer`, a JSON pointer as URI fragment), query or path, or in a header. */
export type RequestError =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string }
  | { readonly header: string; readonly detail: string };

/** The body of every response with a status ≥ 400. */
export interface Problem extends RefusalMembers {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  readonly instance: string;
  readonly errors?: readonly RequestError[];
}

export const notFoundDetail = "Not found. See /docs for available endpoints.";

export const problemMediaType = "application/problem+json; charset=utf-8";

/** Stable name of a kind of problem, as docs/api.md lists them. */
export function problemType(code: ProblemCode): string {
  return `urn:onering:problem:${code}`;
}

/** Identifies one request; the log has its id. */
export function requestUrn(requestId: string): string {
  return `urn:onering:request:${requestId}`;
}

/** The body of an error; `detail` for this occurrence, `requestId` for `instance`. */
export function problemOf(code: ProblemCode, status: number, detail: string, requestId: string): Problem {
  const { title } = problemKinds[code];
  return { type: problemType(code), title, status, detail, code, instance: requestUrn(requestId) };
}

/**
 * Seconds for a Retry-After header; null: no header.
 * Rounded up, so that a client that waits this long is never too early.
 */
export function retryAfterSeconds(refusal: Refusal): number | null {
  if (refusal.retryAfterMs !== null) return Math.max(1, Math.ceil(refusal.retryAfterMs / 1000));
  return problemKinds[refusal.code].retryAfterSeconds;
}
