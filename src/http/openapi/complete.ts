/** Adds to the generated document what the schemas do not contain: errors, headers, shared components. */
import { type ScopeNeed, scopesInWords } from "../../apps/scopes.ts";
import { type Problem, type ProblemCode, problemCodes, problemKinds, problemOf } from "../errors/problems.ts";
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
  description?: string;
  security?: unknown[];
  requestBody?: { required?: boolean; content: Record<string, Media> };
  responses: Record<string, Response>;
}
export interface OpenApiDocument {
  components?: { schemas?: Record<string, unknown>; headers?: Record<string, unknown> };
  paths?: Record<string, Record<string, Operation>>;
}

/** Errors of one operation in addition to the common ones. */
export interface OperationErrors {
  /** Codes with which the route may refuse. */
  readonly problems?: readonly ProblemCode[];
  /** What an app's key needs. */
  readonly scope?: ScopeNeed;
  /** The meaning of a 404 with `invalid_request`. */
  readonly notFound?: string;
}

/** The possible errors of every route that needs a key. */
const commonProblems: readonly ProblemCode[] = [
  "invalid_request",
  "unauthorized",
  "rate_limited",
  "capacity",
  "store_unavailable",
  "internal_error",
];

const exampleRequestId = "9f31c0aa02-4f";

const integerHeader = (description: string) => ({ description, schema: { type: "integer" } });
const textHeader = (description: string, example: string) => ({
  description,
  schema: { type: "string", examples: [example] },
});
const headers = {
  RequestId: {
    description: "Identifies the request, also in the log and in `instance` of a problem.",
    schema: { type: "string" },
  },
  RateLimitPolicy: textHeader(
    "Requests a minute of this app (draft-ietf-httpapi-ratelimit-headers).",
    '"requests";q=6000;w=60',
  ),
  RateLimit: textHeader(
    "What is left (`r`), and the seconds until there is more (`t`): of requests, and in a 429 of deliveries what their limit leaves.",
    '"requests";r=5999;t=42',
  ),
  RetryAfter: integerHeader("Seconds to wait before trying again."),
  Challenge: { description: "RFC 6750.", schema: { type: "string" } },
};
const header = (name: keyof typeof headers): Reference => ({ $ref: `#/components/headers/${name}` });

/**
 * @param document from @fastify/swagger; changed in place
 * @param errorsByOperation errors of each operation in addition to the common ones
 */
export function completeDocument(
  document: OpenApiDocument,
  errorsByOperation: ReadonlyMap<string, OperationErrors>,
): OpenApiDocument {
  document.components ??= {};
  const schemas: Record<string, unknown> = { Problem: ProblemBody };
  document.components.schemas = schemas;
  document.components.headers = headers;
  for (const operation of Object.values(document.paths ?? {}).flatMap((path) => Object.values(path))) {
    // Explicit: no key is needed.
    operation.security ??= [];
    const needsKey = operation.security.length > 0;
    const { problems = [], notFound, scope } = errorsByOperation.get(operation.operationId ?? "") ?? {};
    addProblems(operation, [
      ...(needsKey ? commonProblems : []),
      ...(scope === undefined ? [] : (["forbidden"] as const)),
      ...problems,
    ]);
    if (scope !== undefined) addScope(operation, scope);
    if (notFound !== undefined) addNotFound(operation, notFound);
    if (operation.requestBody !== undefined) {
      const { content } = operation.requestBody;
      operation.requestBody.required = !Object.values(content).some((media) => acceptsNull(media.schema));
    }
    for (const response of Object.values(operation.responses)) {
      response.headers = { "X-Request-Id": header("RequestId"), ...response.headers };
      if (needsKey) Object.assign(response.headers, rateLimitHeaders());
    }
    const bodies = [operation.requestBody, ...Object.values(operation.responses)];
    for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) hoist(media, schemas);
  }
  return document;
}

/** OpenAPI 3.1 has no list of roles for keys that generators read, so it is said in words. */
function addScope(operation: Operation, scope: ScopeNeed): void {
  const needed = `Needs a key with the scope ${scopesInWords(scope)}.`;
  operation.description = operation.description === undefined ? needed : `${operation.description} ${needed}`;
}

function rateLimitHeaders(): Record<string, Reference> {
  return {
    "RateLimit-Policy": header("RateLimitPolicy"),
    RateLimit: header("RateLimit"),
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

/** `invalid_request` under the status 404: a name in the path that does not exist. */
function addNotFound(operation: Operation, detail: string): void {
  const example = problemOf("invalid_request", 404, detail, exampleRequestId);
  operation.responses[404] = {
    description: detail,
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem" },
        examples: { invalid_request: { summary: detail, value: example } },
      },
    },
  };
}

function exampleOf(code: ProblemCode): Problem {
  const { status, title } = problemKinds[code];
  return {
    ...problemOf(code, status, title, exampleRequestId),
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
