/** Turns Ajv's errors into messages for the app's developer. Never repeats a value: it may be a code or a number. */
import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import { type RequestPart, requestError } from "./parts.ts";
import type { RequestError } from "./problems.ts";

/** More than a person fixes at once; bounds the response to a body of nonsense. */
const maxErrors = 20;

/** What an error refers to, with Ajv's option `verbose`. */
interface Node {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  /** What a value must be, in words. */
  readonly "x-expected"?: string;
}

/** @param errors all that Ajv found @returns one for each place */
export function requestErrors(
  errors: readonly FastifySchemaValidationError[],
  part: RequestPart,
): readonly RequestError[] {
  const found = new Map<string, { readonly detail: string; readonly rank: number }>();
  for (const error of errors) {
    // Ajv also reports `propertyNames` itself; the inner error names the key and the reason.
    if (error.keyword === "propertyNames") continue;
    // The union itself says what its branches are.
    if (error.schemaPath.includes("/anyOf/")) continue;
    const place = placeOf(error);
    const rank = rankOf(error);
    const before = found.get(place);
    if (before === undefined && found.size === maxErrors) break;
    if (before === undefined || rank > before.rank) found.set(place, { detail: detailOf(error, part), rank });
  }
  return [...found].map(([place, { detail }]) => requestError(part, place, detail));
}

/** Of several errors in one place the one is told that says most of what is expected. */
function rankOf({ keyword }: FastifySchemaValidationError): number {
  if (keyword === "enum" || keyword === "const" || keyword === "anyOf") return 2;
  return keyword === "type" ? 0 : 1;
}

/** A JSON pointer (RFC 6901). A missing or unknown key is pointed at itself, not at its parent. */
function placeOf(error: FastifySchemaValidationError): string {
  const key = error.params.missingProperty ?? error.params.additionalProperty ?? propertyName(error);
  return typeof key === "string" ? `${error.instancePath}/${escapeKey(key)}` : error.instancePath;
}

/** Ajv sets `propertyName` beside `params` on errors inside `propertyNames`. */
function propertyName(error: FastifySchemaValidationError): unknown {
  return (error as { propertyName?: unknown }).propertyName;
}

/** Keys come from the request: a long one is truncated, it only has to be recognisable. */
function escapeKey(key: string): string {
  const short = key.length > 60 ? `${key.slice(0, 60)}…` : key;
  return short.replaceAll("~", "~0").replaceAll("/", "~1");
}

function detailOf(error: FastifySchemaValidationError, part: RequestPart): string {
  const { params } = error;
  const node: Node = (error as { parentSchema?: Node }).parentSchema ?? {};
  const expected = expectedOf(node);
  switch (error.keyword) {
    case "required":
      return "is missing";
    case "additionalProperties":
      return part === "body" ? "is not a known property" : "is not a known parameter";
    case "type":
      // Parameters are strings, or lists where they are repeated.
      if (part !== "body") return "must be given once";
      return `must be ${typeWords(error, node)}`;
    case "const":
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case "enum":
      return `must be one of ${listed(params.allowedValues as unknown[])}`;
    case "anyOf":
      return `must be ${expected ?? `one of ${listed(constantsOf(node))}`}`;
    case "minLength":
      return params.limit === 1 ? "must not be empty" : `must have at least ${params.limit} characters`;
    case "maxLength":
      if (propertyName(error) !== undefined) return `must have a name of at most ${params.limit} characters`;
      return `must have at most ${params.limit} characters`;
    case "minimum":
    case "maximum":
      return `must be ${expected ?? `at ${error.keyword === "minimum" ? "least" : "most"} ${params.limit}`}`;
    case "minItems":
    case "maxItems": {
      const items = params.limit === 1 ? "item" : "items";
      return `must have at ${error.keyword === "minItems" ? "least" : "most"} ${params.limit} ${items}`;
    }
    case "uniqueItems":
      return "must not have the same item twice";
    case "minProperties":
    case "maxProperties":
      // Only the body of a check has these at its top.
      return error.instancePath === ""
        ? "must have exactly one of `code`, `caller_id` and `caller_ids`"
        : `must have at most ${params.limit} keys`;
    default:
      // `pattern` and `format`: a test holds that their schemas say in words what they mean.
      return expected === null ? "is not valid" : `must be ${expected}`;
  }
}

function expectedOf(node: Node): string | null {
  const words = node["x-expected"];
  if (words === undefined) return null;
  return typesOf(node).includes("null") ? `${words}, or null` : words;
}

function typeWords(error: FastifySchemaValidationError, node: Node): string {
  const expected = expectedOf(node);
  const types = typesOf(node);
  // A body that may be left out need not be told so.
  const shown = error.instancePath === "" ? types.filter((name) => name !== "null") : types;
  const plain = shown.map((name) => (name === "null" ? name : withArticle(name))).join(" or ");
  if (expected === null) return plain;
  return types.includes("string") ? `a string: ${expected}` : expected;
}

function typesOf({ type = [] }: Node): readonly string[] {
  return [type].flat();
}

function withArticle(name: string): string {
  return `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`;
}

/** The values of a union of constants. */
function constantsOf(node: Node): readonly unknown[] {
  if (node.anyOf !== undefined) return node.anyOf.flatMap(constantsOf);
  return typesOf(node).includes("null") ? [null] : [node.const].filter((value) => value !== undefined);
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}
