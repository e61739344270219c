/** Identity rules of trunks and keys of STIR/SHAKEN that a schema cannot check. */
import { readSigningKey } from "../../sip/identity/signing-key.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { StirShakenConfig, TrunkIdentityConfig } from "./identity-config.ts";

/** Headers that the stack writes itself, or that decide where a message goes; compact forms have one letter and are no names here. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...["via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "route", "record-route", "path", "expires"],
  ...["content-length", "content-type", "content-encoding", "content-disposition", "content-language", "mime-version"],
  ...["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "authentication-info"],
  ...["allow", "supported", "require", "proxy-require", "unsupported", "session-expires", "min-se", "rseq", "rack"],
  ...["replaces", "join", "refer-to", "refer-sub", "event", "date", "identity", "identity-info", "reason"],
  ...["user-agent", "server", "warning", "retry-after", "timestamp", "in-reply-to"],
  ...["privacy", "p-asserted-identity", "p-preferred-identity", "diversion"],
]);

const placeholders = /\{(?:caller_id|callee)\}/g;

/** @param path of the section, such as `trunks.carrier-a.sip.identity` */
export function trunkIdentityProblems(path: Path, identity: TrunkIdentityConfig): Problem[] {
  const problems: Problem[] = [];
  const wrong = (key: Path, given: string, expected: string) =>
    problems.push({ path: [...path, ...key], given, expected });
  const { p_asserted_identity: asserted, p_preferred_identity: preferred, from_user: fromUser, privacy } = identity;
  if (asserted !== "none" && preferred !== "none") {
    wrong(["p_preferred_identity"], preferred, "none, or p_asserted_identity: none: an INVITE has one of the two");
  }
  if (asserted === "none" && preferred === "none") {
    const expected = "what carries the caller ID: From does not, so p_asserted_identity or p_preferred_identity has to";
    if (fromUser !== undefined) wrong(["from_user"], fromUser, expected);
    if (privacy === "id") wrong(["privacy"], privacy, expected);
  }
  identity.extra_headers.forEach(({ name, value }, index) => {
    if (ownHeaders.has(name.toLowerCase())) {
      wrong(["extra_headers", index, "name"], name, "a header that the gateway does not write itself");
    }
    if (/[{}]/.test(value.replace(placeholders, ""))) {
      wrong(["extra_headers", index, "value"], JSON.stringify(value), "no braces but {caller_id} and {callee}");
    }
  });
  return problems;
}

/** @param nowMs decides whether the certificate is valid */
export function stirShakenProblems(path: Path, config: StirShakenConfig, nowMs: number): Problem[] {
  const read = readSigningKey(config.private_key, config.certificate ?? null, nowMs);
  return "part" in read ? [{ path: [...path, read.part], given: read.given, expected: read.expected }] : [];
}
