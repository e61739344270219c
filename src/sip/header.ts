/** Values of SIP headers (RFC 3261 sections 7.3.1 and 25). Each function looks at each character once, and never throws. */

/**
 * Splits at a separator that is neither quoted nor inside angle brackets: `,` between values, `;` between parameters.
 * @returns the parts without white space around them; empty ones too
 */
export function splitOutside(value: string, separator: "," | ";"): string[] {
  const parts: string[] = [];
  let from = 0;
  let inside: '"' | ">" | "" = "";
  for (let at = 0; at < value.length; at++) {
    const character = value[at];
    if (inside === '"' && character === "\\") at += 1;
    else if (inside !== "") {
      if (character === inside) inside = "";
    } else if (character === '"') inside = '"';
    else if (character === "<") inside = ">";
    else if (character === separator) {
      parts.push(value.slice(from, at).trim());
      from = at + 1;
    }
  }
  parts.push(value.slice(from).trim());
  return parts;
}

/** The values of a header that may hold several, empty ones left out. */
export function splitValues(value: string): string[] {
  return splitOutside(value, ",").filter(Boolean);
}

/** One value and its parameters: `Q.850;cause=16;text="a;b"`, or `"Name" <sip:a@b;x=1>;tag=2`. */
export interface Parameterized {
  /** The value before the first parameter. */
  readonly value: string;
  /** By name in lower case; of several with a name the first counts. Quotes are taken off; without `=` the value is ''. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads one value (see `splitValues`) with its parameters. */
export function readParameters(text: string): Parameterized {
  const [value = "", ...rest] = splitOutside(text, ";");
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const at = part.indexOf("=");
    const name = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
    if (name !== "" && !parameters.has(name)) parameters.set(name, at < 0 ? "" : unquote(part.slice(at + 1).trim()));
  }
  return { value, parameters };
}

/** A quoted string's content (section 25.1), a backslash before a character taken off; any other text as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\(.)/gs, "$1");
}

/** Whether a text is a token (section 25.1): one that is, such as an option tag, can be written back as it came. */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9.!%*_+`'~-]+$/.test(text);
}

/** Asterisk's tags have 36 characters. */
const maxTag = 256;

/** The tag parameter of From or To; null where there is none, or one that is no token of at most 256 characters. */
export function tagOf(address: string): string | null {
  const tag = address.includes('"') ? readParameters(address).parameters.get("tag") : plainTag(address);
  return tag !== undefined && tag.length <= maxTag && isToken(tag) ? tag : null;
}

/** Of an address that holds no quotes, as most: all parameters of the header follow the last bracket. */
function plainTag(address: string): string | undefined {
  for (const parameter of address
    .slice(address.lastIndexOf(">") + 1)
    .split(";")
    .slice(1)) {
    const at = parameter.indexOf("=");
    if (at > 0 && parameter.slice(0, at).trim().toLowerCase() === "tag") return parameter.slice(at + 1).trim();
  }
  return undefined;
}

export interface CSeq {
  readonly number: number;
  readonly method: string;
}

/** Section 20.16: a number below 2^31 (section 8.1.1.5) and a method. Null: malformed. */
export function readCSeq(value: string): CSeq | null {
  const match = /^(\d{1,10})[ \t]+([A-Za-z0-9.!%*_+`'~-]{1,128})$/.exec(value);
  if (match === null || Number(match[1]) >= 2 ** 31) return null;
  return { number: Number(match[1]), method: match[2] ?? "" };
}

/** One reason why a request or response was sent (RFC 3326). */
export interface Reason {
  /** `Q.850`, `SIP`, … as it came. */
  readonly protocol: string;
  /** Null where there is none that is a number of at most three digits. */
  readonly cause: number | null;
  readonly text: string;
}

/** The reasons of all Reason headers of a message, in their order. */
export function readReasons(values: readonly string[]): Reason[] {
  return values.flatMap(splitValues).map((one) => {
    const { value, parameters } = readParameters(one);
    const cause = parameters.get("cause") ?? "";
    return {
      protocol: value,
      cause: /^\d{1,3}$/.test(cause) ? Number(cause) : null,
      text: parameters.get("text") ?? "",
    };
  });
}

/** What decides the transaction and where a response goes (section 20.42). */
export interface Via {
  /** The whole value. */
  readonly text: string;
  readonly transport: string;
  /** Host, and port where there is one, in lower case. */
  readonly sentBy: string;
  /** '' where it is missing. */
  readonly branch: string;
  /** The sender asks for the response at its source port (RFC 3581). */
  readonly rport: boolean;
}

/** Reads one Via value (see `splitValues`). Null: malformed. */
export function readVia(text: string): Via | null {
  const { value, parameters } = readParameters(text);
  const match = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*([A-Za-z0-9.!%*_+`'~-]{1,32})[ \t]+(\S(?:.{0,253}\S)?)$/i.exec(
    value,
  );
  if (match === null) return null;
  const [, transport = "", sentBy = ""] = match;
  // White space is allowed around the colon before the port alone.
  const [, host, port] = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?:[ \t]*:[ \t]*(\d{1,5}))?$/.exec(sentBy.toLowerCase()) ?? [];
  if (host === undefined) return null;
  const whole = port === undefined ? host : `${host}:${port}`;
  return { text, transport, sentBy: whole, branch: parameters.get("branch") ?? "", rport: parameters.has("rport") };
}

/** Addresses in angle brackets or bare: `"Name" <sip:user@host>;tag=1`, `sip:user@host`, `tel:+44…`. */
export interface Address {
  readonly displayName: string;
  readonly uri: string;
}

/** Reads From, To, Contact, P-Asserted-Identity. Null where quotes or angle brackets do not close. */
export function readAddress(text: string): Address | null {
  const { value } = readParameters(text);
  const open = outsideQuotes(value, "<");
  if (open < 0) return value.startsWith('"') ? null : { displayName: "", uri: value };
  const close = value.indexOf(">", open);
  if (close < 0) return null;
  return { displayName: unquote(value.slice(0, open).trim()), uri: value.slice(open + 1, close) };
}

const hostPort = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;

/**
 * Whether a URI can be a Request-URI: of SIP and SIPS the host must be a name or an address, IPv6 in brackets (RFC 5118
 * section 4.2), with at most a port behind it. Other schemes are accepted as they are.
 */
export function isRequestUri(uri: string): boolean {
  const scheme = /^sips?:/i.exec(uri)?.[0];
  if (scheme === undefined) return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri);
  const rest = uri.slice(scheme.length);
  const host = rest.slice(rest.indexOf("@") + 1);
  return hostPort.test(host.split(/[;?]/, 1)[0] ?? "");
}

/** The first position of a character outside of quotes; -1: none. */
function outsideQuotes(text: string, wanted: string): number {
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === wanted) return at;
  }
  return -1;
}

/**
 * The user of a SIP, SIPS or tel URI, before its parameters and without a password; null where there is none of 1 to 64
 * printable characters, or the URI is of another kind.
 */
export function userOf(uri: string): string | null {
  const match = /^(sips?|tel):/i.exec(uri);
  if (match === null) return null;
  const rest = uri.slice(match[0].length);
  // No part of a URI may hold an @ of its own: with two it is not clear which is the user.
  const at = rest.indexOf("@");
  if (at !== rest.lastIndexOf("@") || (match[1]?.toLowerCase() !== "tel" && at < 0)) return null;
  const user = (at < 0 ? rest : rest.slice(0, at)).split(/[:;]/, 1)[0] ?? "";
  return user.length >= 1 && user.length <= 64 && /^[!-~]+$/.test(user) ? user : null;
}
