/** Adds to the generated document what schemas alone do not say: errors, headers, shared components. */
import {
  type Problem,
  type ProblemCode,
  problemCodes,
  problemKinds,
  problemType,
  requestUrn,
} from "../errors/problems.ts";
import { ProblemBody } from "../errors/schema.ts";

type Schema = Record<string, unknown> & { title?: string };
interface Media {
  schema?: Schema;
  example?: unknown;
  examples?: Record<string, { summary?: string; value: unknown }>;
}
interface Reference {
  $ref: string;
}
interface Response {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, Media>;
}
interface Operation {
  operationId?: string;
  security?: unknown[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, Response>;
}
export interface OpenApiDocument {
  components?: { schemas?: Record<string, unknown>; headers?: Record<string, unknown> };
  paths?: Record<string, Record<string, Operation>>;
}

/** What every route that needs a key may answer. */
const commonProblems: readonly ProblemCode[] = [
  "invalid_request",
  "unauthorized",
  "rate_limited",
  "capacity",
  "store_unavailable",
  "internal_error",
];

const integerHeader = (description: string) => ({ description, schema: { type: "integer" } });
const headers = {
  RequestId: {
    description: "Names the request; in the log and in `instance` of a problem.",
    schema: { type: "string" },
  },
  RateLimitLimit: integerHeader("Requests a minute for this key."),
  RateLimitRemaining: integerHeader("How many are left in this minute."),
  RateLimitReset: integerHeader("Seconds until they are all back."),
  RetryAfter: integerHeader("Seconds after which trying again makes sense."),
  Challenge: { description: "RFC 6750.", schema: { type: "string" } },
};
const header = (name: keyof typeof headers): Reference => ({ $ref: `#/components/headers/${name}` });

/**
 * @param document as @fastify/swagger made it; changed in place
 * @param problemsByOperation codes of each operation beside the common ones
 */
export function completeDocument(
  document: OpenApiDocument,
  problemsByOperation: ReadonlyMap<string, readonly ProblemCode[]>,
): OpenApiDocument {
  document.components ??= {};
  const schemas: Record<string, unknown> = { Problem: ProblemBody };
  document.components.schemas = schemas;
  document.components.headers = headers;
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))) {
    if (operation.security !== undefined) {
      const own = problemsByOperation.get(operation.operationId ?? "") ?? [];
      addProblems(operation, [...commonProblems, ...own]);
    }
    if (operation.requestBody !== undefined) {
      const { content } = operation.requestBody;
      operation.requestBody.required = !Object.values(content).some((media) => acceptsNull(media.schema));
    }
    for (const response of Object.values(operation.responses)) {
      response.headers = { "X-Request-Id": header("RequestId"), ...response.headers };
      if (operation.security !== undefined) Object.assign(response.headers, rateLimitHeaders());
    }
    const bodies = [operation.requestBody, ...Object.values(operation.responses)];
    for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) hoist(media, schemas);
  }
  return document;
}

function rateLimitHeaders(): Record<string, Reference> {
  return {
    "RateLimit-Limit": header("RateLimitLimit"),
    "RateLimit-Remaining": header("RateLimitRemaining"),
    "RateLimit-Reset": header("RateLimitReset"),
  };
}

/** Adds one response for each status, with one example for each code. */
function addProblems(operation: Operation, codes: readonly ProblemCode[]): void {
  for (const code of problemCodes.filter((each) => codes.includes(each))) {
    const { status, title, retryAfterSeconds } = problemKinds[code];
    const response: Response = operation.responses[status] ?? {
      description: title,
      headers: {},
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, examples: {} } },
    };
    operation.responses[status] = response;
    if (retryAfterSeconds !== null) response.headers = { ...response.headers, "Retry-After": header("RetryAfter") };
    if (code === "unauthorized") response.headers = { ...response.headers, "WWW-Authenticate": header("Challenge") };
    const { examples } = response.content?.["application/problem+json"] ?? {};
    if (examples !== undefined) examples[code] = { summary: title, value: exampleOf(code) };
  }
}

function exampleOf(code: ProblemCode): Problem {
  const { status, title } = problemKinds[code];
  return {
    type: problemType(code),
    title,
    status,
    detail: title,
    code,
    instance: requestUrn("k3x9-1f"),
    ...(code === "invalid_request" && { errors: [{ pointer: "#/to", detail: "is missing" }] }),
  };
}

function acceptsNull(schema: Schema | undefined): boolean {
  return Array.isArray(schema?.type) && schema.type.includes("null");
}

/** A schema with a title becomes a component of that name, so that generated clients get a type of that name. */
function hoist(media: Media, schemas: Record<string, unknown>): void {
  const title = media.schema?.title;
  if (title === undefined) return;
  schemas[title] = media.schema;
  media.schema = { $ref: `#/components/schemas/${title}` };
}
