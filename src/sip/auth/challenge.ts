/** Reads the challenges of a 401 or 407 (RFC 3261 sections 20.27 and 20.44, RFC 7616 section 3.3). */
import { splitOutside } from "../header.ts";
import type { ParsedMessage } from "../message.ts";
import { type Algorithm, algorithmOf } from "./algorithms.ts";

/** Strings are the content between the quotes as it came, backslashes included: so it is signed, and so it is sent back. */
export interface Challenge {
  /** Whether a proxy or the server challenges; both may do so in one response (RFC 3261 section 22.3). */
  readonly by: "proxy" | "server";
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
  readonly stale: boolean;
  /** Null: one that we do not know. */
  readonly algorithm: Algorithm | null;
  /** As it came, for the answer; null: left out, which is MD5. */
  readonly algorithmName: string | null;
  /** The one that we use; `none`: RFC 2069's form. Null: none of those offered is known. */
  readonly qop: "auth" | "auth-int" | "none" | null;
}

/** An honest response has one for each realm and algorithm. */
const maxChallenges = 16;
const maxParameters = 32;
const headerNames = { "www-authenticate": "server", "proxy-authenticate": "proxy" } as const;

/** @returns the digest challenges in their order; other schemes and malformed ones are left out */
export function readChallenges({ headers }: Pick<ParsedMessage, "headers">): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (const { name, value } of headers) {
    if (name !== "www-authenticate" && name !== "proxy-authenticate") continue;
    for (const parameters of splitChallenges(value)) {
      const challenge = challenges.length < maxChallenges ? readOne(parameters, headerNames[name]) : null;
      if (challenge !== null) challenges.push(challenge);
    }
  }
  return challenges;
}

/** A line has one challenge (RFC 3261 section 7.3.1), but some servers join several, as HTTP allows. */
function splitChallenges(value: string): readonly ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [];
  let current: Map<string, string> | null = null;
  for (const part of splitOutside(value, ",")) {
    const scheme = /^([A-Za-z][\w-]*)[ \t]+(?=[^ \t=])/.exec(part);
    if (scheme !== null) {
      current = scheme[1]?.toLowerCase() === "digest" ? new Map() : null;
      if (current !== null) found.push(current);
    }
    if (current !== null && current.size < maxParameters) addParameter(current, part.slice(scheme?.[0].length ?? 0));
  }
  return found;
}

function addParameter(parameters: Map<string, string>, text: string): void {
  const equals = text.indexOf("=");
  if (equals < 1) return;
  const name = text.slice(0, equals).trim().toLowerCase();
  const value = text.slice(equals + 1).trim();
  const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  if (!parameters.has(name)) parameters.set(name, isQuoted ? value.slice(1, -1) : value);
}

function readOne(parameters: ReadonlyMap<string, string>, by: Challenge["by"]): Challenge | null {
  const realm = parameters.get("realm");
  const nonce = parameters.get("nonce");
  const opaque = parameters.get("opaque") ?? null;
  if (realm === undefined || nonce === undefined || ![realm, nonce, opaque ?? ""].every(isQuotable)) return null;
  const algorithmName = parameters.get("algorithm") ?? null;
  return {
    by,
    realm,
    nonce,
    opaque,
    stale: parameters.get("stale")?.toLowerCase() === "true",
    algorithm: algorithmOf(algorithmName ?? "MD5"),
    algorithmName,
    qop: qopOf(parameters.get("qop")),
  };
}

/** `auth` before `auth-int`: border controllers rewrite bodies, and break the latter. */
function qopOf(offered: string | undefined): Challenge["qop"] {
  if (offered === undefined || offered.trim() === "") return "none";
  const options = offered.split(",").map((option) => option.trim().toLowerCase());
  if (options.includes("auth")) return "auth";
  return options.includes("auth-int") ? "auth-int" : null;
}

/** It goes back to the server inside quotes: without a line break, and with no quote that would end it. */
function isQuotable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are the target of the search
  return /^(?:[^"\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])*$/.test(text);
}
