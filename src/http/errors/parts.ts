/** The parts of a request, and how an error names a place in each. */
import type { RequestError } from "./problems.ts";
import { RequestRefusal } from "./request-refusal.ts";

export type RequestPart = "body" | "headers" | "querystring" | "params";

const details: Readonly<Record<RequestPart, string>> = {
  body: "The request body is invalid; see `errors`.",
  headers: "The request headers are invalid; see `errors`.",
  querystring: "The query string is invalid; see `errors`.",
  params: "The path is invalid; see `errors`.",
};

/** @param place a JSON pointer into the part @param detail what is wrong there */
export function requestError(part: RequestPart, place: string, detail: string): RequestError {
  if (part === "headers") return { header: place.slice(1), detail };
  // An item of a repeated parameter has no name of its own.
  if (part !== "body") return { parameter: place.split("/")[1] ?? "", detail };
  return { pointer: `#${encodeURI(place.toWellFormed())}`, detail };
}

/** A request one part of which is wrong. */
export function invalidPart(part: RequestPart, errors: readonly RequestError[]): RequestRefusal {
  return new RequestRefusal(400, details[part], errors);
}

/** @param place a JSON pointer such as `/to`; empty: the whole body */
export function invalidBody(place: string, detail: string): RequestRefusal {
  return invalidPart("body", [requestError("body", place, detail)]);
}

/** @param name of the parameter of the query string */
export function invalidQuery(name: string, detail: string): RequestRefusal {
  return invalidPart("querystring", [requestError("querystring", `/${name}`, detail)]);
}

/** @param name of the header, in lower case */
export function invalidHeader(name: string, detail: string): RequestRefusal {
  return invalidPart("headers", [requestError("headers", `/${name}`, detail)]);
}
