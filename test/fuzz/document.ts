/** The OpenAPI document of a gateway as a judge: what each operation takes, and whether an answer is one that it documents. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Reply } from "./wire.ts";

export interface Schema {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
  readonly [bound: `${"min" | "max"}${string}`]: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Media {
  readonly schema?: Schema;
  readonly examples?: Readonly<Record<string, unknown>>;
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Names of security schemes, one of which is enough; empty: no key is needed. */
  readonly security: readonly string[];
  readonly body: Schema | null;
  readonly bodyIsRequired: boolean;
}

export interface ApiDocument {
  readonly operations: readonly Operation[];
  /** The schema that a reference leads to, or the schema itself. */
  resolve(schema: Schema): Schema;
  /** @param operation null: the request fits none, so that the answer can be no more than a problem @returns what is wrong; null: nothing */
  judge(operation: Operation | null, reply: Reply): string | null;
}

/** More exact statuses that `invalid_request` may have without being listed for an operation (src/http/errors/problems.ts). */
const exactStatuses = [400, 404, 405, 408, 413, 414, 415, 417, 431];
/** What only the inside of the gateway says. */
const internals =
  /node_modules|\bat [^ ]+ \(|\.[jt]s:\d+|ioredis|kysely|sqlite|\bERR_|FST_ERR|ECONN|WRONGTYPE|@user_script/i;

export function readDocument(text: string): ApiDocument {
  const raw = JSON.parse(text) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  };
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...raw });
  const responses = new Map<string, RawOperation["responses"]>();
  const operations = Object.entries(raw.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, given]): Operation => {
      responses.set(given.operationId, given.responses);
      const media = given.requestBody?.content["application/json"];
      return {
        ...{ id: given.operationId, method: method.toUpperCase(), path, parameters: given.parameters ?? [] },
        security: (given.security ?? []).flatMap((one) => Object.keys(one)),
        body: media?.schema ?? null,
        bodyIsRequired: given.requestBody?.required ?? false,
      };
    }),
  );
  const validators = new Map<string, ValidateFunction>();
  function mismatch(pointer: string, value: unknown): string | null {
    let validate = validators.get(pointer);
    if (validate === undefined) {
      validate = ajv.compile({ $ref: `document#${pointer}` });
      validators.set(pointer, validate);
    }
    return validate(value) ? null : ajv.errorsText(validate.errors);
  }

  function judgeProblem(operation: Operation | null, { status, headers, body }: Reply): string | null {
    if (!/^application\/problem\+json/.test(headers["content-type"] ?? "")) {
      return `an error of type ${headers["content-type"]}`;
    }
    const problem = parsed(body);
    if (problem === undefined) return "a problem that is not JSON";
    const wrong = mismatch("/components/schemas/Problem", problem);
    if (wrong !== null) return `not a problem: ${wrong}`;
    const { status: said, code, instance } = problem as { status: number; code: string; instance: string };
    if (said !== status) return `a problem that says ${said}`;
    if (instance !== `urn:onering:request:${headers["x-request-id"]}`) return "a problem of another request";
    if (internals.test(body)) return "a problem that tells of the inside";
    if ((status === 429 || status === 503) && !/^\d+$/.test(headers["retry-after"] ?? "")) return "no Retry-After";
    const isExact = code === "invalid_request" && exactStatuses.includes(status);
    if (operation === null || isExact) return null;
    const documented = responses.get(operation.id)?.[status]?.content?.["application/problem+json"]?.examples ?? {};
    return code in documented ? null : `${status} ${code} is not documented for ${operation.id}`;
  }

  function judge(operation: Operation | null, reply: Reply): string | null {
    const { status, headers, body } = reply;
    if (status === 500 || (status > 500 && status !== 503)) return "a server error";
    if (headers["x-request-id"] === undefined) return "no X-Request-Id";
    const content = operation === null ? undefined : responses.get(operation.id)?.[status];
    // What a probe answers while something is away is no problem document.
    const hasOwnBody =
      content?.content?.["application/json"] !== undefined && headers["content-type"]?.startsWith("application/json");
    if (status >= 400 && !hasOwnBody) return reply.isHead ? null : judgeProblem(operation, reply);
    if (operation === null || reply.isHead) return null;
    if (content === undefined) return `${status} is not documented for ${operation.id}`;
    if (status === 204) return body === "" ? null : "204 with a body";
    const type = (headers["content-type"] ?? "").split(";")[0] ?? "";
    if (content.content?.[type] === undefined) return `${type} is not documented for ${operation.id} ${status}`;
    if (type !== "application/json") return null;
    const value = parsed(body);
    if (value === undefined) return "not JSON";
    const path = `/paths/${escapePointer(operation.path)}/${operation.method.toLowerCase()}`;
    const wrong = mismatch(`${path}/responses/${status}/content/${escapePointer(type)}/schema`, value);
    return wrong === null ? null : `not as its schema says: ${wrong}`;
  }

  return {
    operations,
    resolve(schema) {
      const name = schema.$ref?.split("/").at(-1);
      return name === undefined ? schema : (raw.components.schemas[name] ?? schema);
    },
    judge,
  };
}

/** Undefined: it is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const escapePointer = (part: string) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
