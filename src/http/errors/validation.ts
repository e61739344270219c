/** Turns Ajv's errors into messages for the app's developer. Never repeats a value: it may be a code or a number. */
import type { FastifySchemaValidationError } from "fastify/types/schema.js";
import type { RequestError } from "./problems.ts";

/** More than a person fixes at once; bounds the response to a body of nonsense. */
const maxErrors = 20;

/** Where the schema keyword alone would not be clear. */
const inWords: Readonly<Record<string, string>> = {
  "#/calls": "must be 1 or 2",
  "#/country": "must be an ISO 3166 country code of two letters, such as GB",
};

/** Where a regular expression would be shown. */
const patternInWords: Readonly<Record<string, string>> = {
  "^\\d{4,10}$": "must be 4 to 10 digits",
  "^[\\x20-\\x7e]*$": "must be printable ASCII characters",
};

/**
 * @param errors all that Ajv found
 * @param part which part of the request: `body` or `headers`
 */
export function requestErrors(errors: readonly FastifySchemaValidationError[], part: string): readonly RequestError[] {
  const found = new Map<string, RequestError>();
  for (const error of errors) {
    // Ajv also reports `propertyNames` itself; the inner error names the key and the reason.
    if (error.keyword === "propertyNames") continue;
    const place = placeOf(error);
    const detail = inWords[place] ?? detailOf(error);
    found.set(
      `${place} ${detail}`,
      part === "headers" ? { header: place.slice(2), detail } : { pointer: place, detail },
    );
    if (found.size === maxErrors) break;
  }
  return [...found.values()];
}

/** A JSON pointer as URI fragment (RFC 6901 §6). A missing or unknown key is pointed at itself, not at its parent. */
function placeOf(error: FastifySchemaValidationError): string {
  const key = error.params.missingProperty ?? error.params.additionalProperty ?? propertyName(error);
  const pointer = typeof key === "string" ? `${error.instancePath}/${escapeKey(key)}` : error.instancePath;
  return `#${encodeURI(pointer.toWellFormed())}`;
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

function detailOf(error: FastifySchemaValidationError): string {
  const { params } = error;
  switch (error.keyword) {
    case "required":
      return "is missing";
    case "additionalProperties":
      return "is not a known key";
    case "type":
      return `must be ${words(params.type)}`;
    case "const":
      return `must be ${JSON.stringify(params.allowedValue)}`;
    case "enum":
      return `must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(", ")}`;
    case "minLength":
      return params.limit === 1 ? "must not be empty" : `must have at least ${params.limit} characters`;
    case "maxLength":
      if (propertyName(error) !== undefined) return `must have a name of at most ${params.limit} characters`;
      return `must have at most ${params.limit} characters`;
    case "minimum":
    case "maximum":
      return `must be at ${error.keyword === "minimum" ? "least" : "most"} ${params.limit}`;
    case "minItems":
    case "maxItems": {
      const items = params.limit === 1 ? "item" : "items";
      return `must have at ${error.keyword === "minItems" ? "least" : "most"} ${params.limit} ${items}`;
    }
    case "pattern":
      return patternInWords[String(params.pattern)] ?? `must match ${params.pattern}`;
    case "minProperties":
    case "maxProperties":
      // Only the body of a check has these at its top.
      return error.instancePath === ""
        ? "must have exactly one of `code`, `caller_id` and `caller_ids`"
        : `must have at most ${params.limit} keys`;
    default:
      return "is not valid";
  }
}

function words(type: unknown): string {
  const types = Array.isArray(type) ? type : String(type).split(",");
  return types
    .filter((name) => name !== "null")
    .map((name) => `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`)
    .join(" or ");
}
