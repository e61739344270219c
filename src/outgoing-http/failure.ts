/** Why a request to another server brought no answer. */

/**
 * `busy` (too many requests wait for this host), `forbidden_url` (scheme or credentials in it), `forbidden_address` (the
 * name leads into a network that is not allowed), `unresolved`, `unreachable` (no connection), `tls` (certificate or
 * handshake), `timeout`, `redirected`, `too_large`, `broken` (the connection ended before the answer did).
 */
export type OutgoingFailure =
  | "busy"
  | "forbidden_url"
  | "forbidden_address"
  | "unresolved"
  | "unreachable"
  | "tls"
  | "timeout"
  | "redirected"
  | "too_large"
  | "broken";

const words: Readonly<Record<OutgoingFailure, string>> = {
  busy: "too many requests wait for it",
  forbidden_url: "only https without credentials in the URL is allowed",
  forbidden_address: "its name leads to an address that is not public",
  unresolved: "its name cannot be resolved",
  unreachable: "no connection",
  tls: "no trusted TLS connection",
  timeout: "no answer in time",
  redirected: "it answered with a redirect, which is not followed",
  too_large: "its answer is too large",
  broken: "the connection ended before the answer did",
};

/**
 * No answer. Holds host, status and a system's error code: never the path, the query, a header or a body, which carry
 * credentials, recipients and codes.
 */
export class OutgoingHttpError extends Error {
  readonly kind: OutgoingFailure;
  readonly host: string;
  /** Where there was one: of a redirect or of an answer that was too large. */
  readonly status: number | null;
  /** Whether any part of the request may have reached the server: then it may have been carried out. */
  readonly sent: boolean;

  constructor(
    kind: OutgoingFailure,
    host: string,
    options: { readonly sent: boolean; readonly status?: number | null; readonly code?: string | null },
  ) {
    const { sent, status = null, code = null } = options;
    const details = [status === null ? null : `HTTP ${status}`, code].filter((part) => part !== null);
    super(`${host}: ${words[kind]}${details.length === 0 ? "" : ` (${details.join(", ")})`}`);
    this.name = "OutgoingHttpError";
    this.kind = kind;
    this.host = host;
    this.status = status;
    this.sent = sent;
  }
}

const codeShape = /^[A-Z][A-Z0-9_]{0,40}$/;

/** The failure of a connection, by the error that Node gives. @param sent as of the error */
export function failureOf(error: unknown, host: string, sent: boolean): OutgoingHttpError {
  if (error instanceof OutgoingHttpError) return error;
  const found = (error as { readonly code?: unknown } | null)?.code;
  const code = typeof found === "string" && codeShape.test(found) ? found : null;
  return new OutgoingHttpError(kindOf(code, sent), host, { sent, code });
}

function kindOf(code: string | null, sent: boolean): OutgoingFailure {
  if (sent) return "broken";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_FAIL") return "unresolved";
  return /CERT|TLS|SSL|SELF_SIGNED|ALPN/.test(code ?? "") ? "tls" : "unreachable";
}
