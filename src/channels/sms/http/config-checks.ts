/** Settings of HTTP routes that do not fit together. The sms section calls it for each of its routes. */
import type { IsSound } from "../../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../../typed-yaml/errors.ts";
import type { SmsHttpConfig, Where } from "./config.ts";
import { placeholders, unknownPlaceholders } from "./template.ts";
import { parseJson } from "./values.ts";

/** Set by the client itself, or of the connection; `host` would name another server in TLS. */
const ownHeaders =
  /^(host|connection|content-length|transfer-encoding|upgrade|expect|te|trailer|keep-alive|proxy-.*|accept-encoding)$/i;

/** @param path of the `http` section */
export function smsHttpProblems(path: Path, http: SmsHttpConfig, isSound: IsSound): Problem[] {
  if (!isSound(path)) return [];
  return [
    ...encrypted(path, http),
    ...bodies(path, http),
    ...templatesAreRight(path, http),
    ...headersAreRight(path, http),
    ...valuesAreRight(path, http),
    ...receiptsAreRight(path, http),
  ];
}

const problem = (path: Path, given: string, expected: string): Problem => ({ path, given, expected });

function encrypted(path: Path, { url, allow_private: allowPrivate }: SmsHttpConfig): Problem[] {
  if (url.startsWith("https:") || allowPrivate) return [];
  const expected =
    "an address that starts with https://, because requests carry credentials and codes (http only with allow_private)";
  return [problem([...path, "url"], "http://", expected)];
}

function bodies(path: Path, { method, json, form, basic, bearer }: SmsHttpConfig): Problem[] {
  const problems: Problem[] = [];
  if (json !== undefined && form !== undefined) problems.push(problem(path, "both", "at most one of json and form"));
  if (method === "GET" && (json ?? form) !== undefined) {
    problems.push(problem([...path, "method"], "GET", "POST or PUT, because there is a body"));
  }
  if (basic !== undefined && bearer !== undefined)
    problems.push(problem(path, "both", "at most one of basic and bearer"));
  if (json !== undefined && parseJson(json) === undefined) {
    problems.push(problem([...path, "json"], "(hidden)", "JSON, with placeholders inside its strings"));
  }
  return problems;
}

/** All strings that are filled: their path and value. */
function templatesOf(path: Path, { query = {}, form = {}, json }: SmsHttpConfig): readonly (readonly [Path, string])[] {
  const ofMap = (key: string, map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(([name, value]) => [[...path, key, name], value] as const);
  return [
    ...ofMap("query", query),
    ...ofMap("form", form),
    ...(json === undefined ? [] : [[[...path, "json"], json] as const]),
  ];
}

function templatesAreRight(path: Path, http: SmsHttpConfig): Problem[] {
  const templates = templatesOf(path, http);
  const unknown = templates.flatMap(([at, template]) =>
    // In JSON braces also stand around objects: only {name} counts.
    unknownPlaceholders(template).map((name) =>
      problem(at, `{${name.slice(0, 40)}}`, `one of ${placeholders.map((one) => `{${one}}`).join(", ")}`),
    ),
  );
  const has = (name: string) => templates.some(([, template]) => template.includes(`{${name}}`));
  const missing = [has("text") ? null : "{text}", has("to") || has("to_digits") ? null : "{to} or {to_digits}"];
  return [
    ...unknown,
    ...missing.flatMap((name) => (name === null ? [] : [problem(path, "nowhere", `${name} in json, form or query`)])),
  ];
}

function headersAreRight(path: Path, { headers = {} }: SmsHttpConfig): Problem[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const at = [...path, "headers", name];
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name))
      return [problem(at, "a name", "the name of a header (RFC 9110 §5.1)")];
    if (ownHeaders.test(name)) return [problem(at, "a header", "another header: this one is set by the gateway")];
    if (!/^[\x20-\x7e]*$/.test(value)) return [problem(at, "(hidden)", "printable ASCII")];
    return unknownPlaceholders(value, ["id"]).map((found) => problem(at, `{${found}}`, "{id} as the only placeholder"));
  });
}

function valuesAreRight(path: Path, http: SmsHttpConfig): Problem[] {
  const places: readonly (readonly [string, Where | undefined])[] = [
    ["success_value", http.success_value],
    ["message_id", http.message_id],
    ["failure_code", http.failure_code],
  ];
  const wrong = places.flatMap(([key, where]) => {
    if (where === undefined) return [];
    const given = Object.values(where).filter((value) => value !== undefined).length;
    if (given !== 1)
      return [problem([...path, key], given === 0 ? "neither" : "both", "exactly one of pointer and regex")];
    return where.regex === undefined || hasGroup(where.regex)
      ? []
      : [problem([...path, key, "regex"], "(shown nowhere)", "a regular expression with one group around the value")];
  });
  if (http.success_value !== undefined && http.success_values.length === 0) {
    wrong.push(problem([...path, "success_values"], "an empty list", "the values of success_value that mean success"));
  }
  return wrong;
}

function hasGroup(regex: string): boolean {
  try {
    return (new RegExp(`${regex}|`).exec("")?.length ?? 0) > 1;
  } catch {
    return false;
  }
}

function receiptsAreRight(path: Path, { receipts, texts, message_id: messageId }: SmsHttpConfig): Problem[] {
  const problems: Problem[] = [];
  if (receipts !== undefined && messageId === undefined)
    problems.push(problem([...path, "message_id"], "nothing", "where the message id is, because receipts name it"));
  for (const [key, signing] of Object.entries({ receipts, texts })) {
    if (signing === undefined) continue;
    const isSigned = signing.signed.includes("{timestamp}");
    if (isSigned === (signing.timestamp_header !== undefined)) continue;
    const expected = isSigned
      ? "the header of {timestamp}"
      : "`signed` with {timestamp}: a time that is not signed proves nothing";
    problems.push(problem([...path, key, isSigned ? "timestamp_header" : "signed"], "nothing", expected));
  }
  return problems;
}
