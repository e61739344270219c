/** The gateway's API, used as an app would. */

import { followEvents } from "./event-stream.js";

/** A problem (RFC 9457) from the gateway; `code` is `unreachable` where no response came. */
export class ApiProblem extends Error {
  constructor(code, detail, retryAfterSeconds, { errors = [], suggestions = [] } = {}) {
    super(detail);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.errors = errors;
    this.suggestions = suggestions;
  }
}

const DEADLINE_MS = 10_000;

/** Sends a request. @returns the body's JSON @throws {ApiProblem} */
async function send(method, path, { key, body } = {}) {
  const headers = {};
  if (key) headers.authorization = `Bearer ${key}`;
  if (body) headers["content-type"] = "application/json";
  let response;
  let json;
  try {
    const options = { method, headers, signal: AbortSignal.timeout(DEADLINE_MS), cache: "no-store" };
    response = await fetch(path, body ? { ...options, body: JSON.stringify(body) } : options);
    json = await response.json();
  } catch {
    throw new ApiProblem("unreachable", "The sandbox does not respond. Is it still running in your terminal?", null);
  }
  if (response.ok) return json;
  const retryAfter = Number(response.headers.get("retry-after"));
  throw new ApiProblem(json.code ?? "unknown", json.detail ?? response.statusText, retryAfter || null, json);
}

/** The gateway's API with one key, and the sandbox's own routes. */
export function createApi(key) {
  const one = (id, action = "") => `/v1/verifications/${encodeURIComponent(id)}${action}`;
  return {
    start: (request) => send("POST", "/v1/verifications", { key, body: request }),
    get: (id) => send("GET", one(id), { key }),
    /** @param onChange called when something happened @returns ends it */
    follow: (id, onChange) => followEvents(one(id, "/events"), key, onChange),
    check: (id, code) => send("POST", one(id, "/check"), { key, body: { code } }),
    resend: (id, channel) => send("POST", one(id, "/resend"), { key, body: { channel } }),
    cancel: (id) => send("POST", one(id, "/cancel"), { key }),
    lookup: (number) => send("POST", "/v1/numbers/lookup", { key, body: { number, locale: "en" } }),
    /** A route of the sandbox that a channel adds. */
    sandbox: (path, body) => send("POST", `/sandbox${path}`, { body }),
    act: (callId, verb, body) => send("POST", `/sandbox/calls/${encodeURIComponent(callId)}/${verb}`, { body }),
  };
}

/** This sandbox: API key, channels, caller IDs, recipients to try. */
export function readSettings() {
  return send("GET", "/sandbox/settings");
}
