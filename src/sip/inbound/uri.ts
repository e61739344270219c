/** The parts of a SIP, SIPS or tel URI that decide where a request belongs (RFC 3261 section 19.1, RFC 3966). */

export interface UriParts {
  /** In lower case. */
  readonly scheme: "sip" | "sips" | "tel";
  /** As written, with its parameters and a password; of a tel URI the number with its parameters. '' where there is none. */
  readonly user: string;
  /** In lower case, IPv6 without brackets, without the port. '' of a tel URI. */
  readonly host: string;
}

/** @returns null for a URI of another scheme, or one with an `@` too many */
export function readUri(uri: string): UriParts | null {
  const colon = uri.indexOf(":");
  const scheme = uri.slice(0, colon).toLowerCase();
  const rest = uri.slice(colon + 1);
  if (scheme === "tel") return { scheme, user: rest, host: "" };
  if (scheme !== "sip" && scheme !== "sips") return null;
  const at = rest.indexOf("@");
  // Headers of a URI may hold an escaped one alone.
  if (at !== rest.lastIndexOf("@")) return null;
  const host = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?(?=$|[;?])/.exec(rest.slice(at + 1));
  if (host === null) return null;
  return { scheme, user: at < 0 ? "" : rest.slice(0, at), host: (host[1] ?? host[2] ?? "").toLowerCase() };
}
