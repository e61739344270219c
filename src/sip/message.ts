/**
 * Reads SIP messages (RFC 3261 sections 7 and 25): start line and headers, unfolded, with names in lower case and full length.
 * What it reads comes from sockets, so it is bounded in size and number of lines, looks at each byte a fixed number of times,
 * and never throws. It reads strictly what a receiver must have, and leaves the values of headers to header.ts.
 */

import { isRequestUri } from "./header.ts";

export interface SipHeader {
  /** In lower case and full length: `f` is `from`. */
  readonly name: string;
  /** Unfolded, without white space around it. Bytes as they came, one character each (latin1). */
  readonly value: string;
}

interface Common {
  /** In the order of the wire; a name may occur several times. */
  readonly headers: readonly SipHeader[];
  /** What follows the blank line, unread: over UDP it ends with the datagram, see `bodyOf`. '' where headers were selected. */
  readonly rest: string;
  /** How long its texts are: V8 keeps the whole of them for any part that is kept. */
  readonly bytes: number;
}

export interface SipRequestMessage extends Common {
  readonly kind: "request";
  readonly method: string;
  readonly uri: string;
}

export interface SipResponseMessage extends Common {
  readonly kind: "response";
  /** 100 to 699. */
  readonly status: number;
  readonly phrase: string;
}

export type ParsedMessage = SipRequestMessage | SipResponseMessage;

/**
 * Asterisk's INVITE measures 1.2 KB, RFC 4475's longest message 4 KB; a datagram cannot exceed 64 KiB. A single header may be as
 * long as the message (`sip.limits.message_bytes`): an Identity with rich call data takes several KB (RFC 9795).
 */
export const maxMessageBytes = 65_535;
const maxHeaders = 200;

/** Compact forms, RFC 3261 sections 7.3.3 and 20, and those that IANA registered since. */
const compactForms: ReadonlyMap<string, string> = new Map([
  ["a", "accept-contact"],
  ["b", "referred-by"],
  ["c", "content-type"],
  ["d", "request-disposition"],
  ["e", "content-encoding"],
  ["f", "from"],
  ["i", "call-id"],
  ["j", "reject-contact"],
  ["k", "supported"],
  ["l", "content-length"],
  ["m", "contact"],
  ["o", "event"],
  ["r", "refer-to"],
  ["s", "subject"],
  ["t", "to"],
  ["u", "allow-events"],
  ["v", "via"],
  ["x", "session-expires"],
  ["y", "identity"],
]);

/** Names as nearly every sender writes them, so that most need neither lower case nor a check. */
const usualNames: ReadonlyMap<string, string> = new Map(
  [
    ...["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Length", "Content-Type", "Allow"],
    ...["Supported", "Require", "Server", "User-Agent", "Reason", "Route", "Record-Route", "Expires", "RSeq", "RAck"],
    ...["Retry-After", "WWW-Authenticate", "Proxy-Authenticate", "Authorization", "Proxy-Authorization", "Privacy"],
    ...["P-Asserted-Identity", "P-Early-Media", "Diversion", "History-Info", "Identity", "Date", "Accept", "Warning"],
    ...["Session-Expires", "Min-SE", "Allow-Events", "Accept-Encoding", "Accept-Language", "Organization"],
  ].map((name) => [name, name.toLowerCase()]),
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the target of the search
const control = /[\x00-\x08\x0a-\x1f\x7f]/;
const token = /^[A-Za-z0-9.!%*_+`'~-]+$/;
const visible = /^[!-~]+$/;
const maxToken = 128;
const version = "SIP/2.0";

/**
 * Reads a datagram.
 * @param wanted which headers to read; default all. Lines that cannot be one of them are skipped unread.
 * @returns null for anything but a whole head of a request or response: keep-alives, noise, another version of SIP
 */
export function parseMessage(datagram: Buffer, wanted?: WantedHeaders): ParsedMessage | null {
  if (datagram.length > maxMessageBytes) return null;
  let start = 0;
  // Section 7.5: a receiver ignores line breaks before the start line.
  while (start <= 8 && datagram[start] === 0x0d && datagram[start + 1] === 0x0a) start += 2;
  const end = datagram.indexOf("\r\n\r\n", start, "latin1");
  if (end < 0) return null;
  const rest = wanted === undefined ? datagram.toString("latin1", end + 4) : "";
  // Where all headers are read one search for control characters is cheaper than one a header.
  const clean = wanted === undefined && isClean(datagram, start, end);
  // latin1 keeps every byte as it is, so what is echoed in a response is what came.
  return parseHead(datagram.toString("latin1", start, end + 2), rest, clean, wanted);
}

/** Whether bytes hold no control characters but tabs and line breaks. A loop: three times as fast as a regular expression. */
export function isClean(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte > 0x1f && byte !== 0x7f) continue;
    if (byte !== 0x0d && byte !== 0x0a && byte !== 0x09) return false;
  }
  return true;
}

/**
 * Reads the head of a message.
 * @param head from the start line to the line break before the blank line, that included; latin1
 * @param clean see `isClean`; false: it is looked at header by header
 */
export function parseHead(head: string, rest: string, clean: boolean, wanted?: WantedHeaders): ParsedMessage | null {
  const firstEnd = head.indexOf("\r\n");
  if (firstEnd < 0) return null;
  const first = head.slice(0, firstEnd);
  if (!clean && hasControl(first)) return null;
  const headers = readHeaders(head, firstEnd + 2, clean, wanted);
  if (headers === null) return null;
  const common = { headers, rest, bytes: head.length + rest.length };
  return first.startsWith("SIP/") ? readStatusLine(first, common) : readRequestLine(first, common);
}

/** `SIP-Version SP Status-Code SP Reason-Phrase`; the phrase may be empty, and some leave out the space before it. */
function readStatusLine(line: string, { headers, rest, bytes }: Common): SipResponseMessage | null {
  const match = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(line);
  if (match === null) return null;
  return { kind: "response", status: Number(match[1]), phrase: match[2] ?? "", headers, rest, bytes };
}

/** `Method SP Request-URI SP SIP-Version`, with single spaces: more, or a URI in angle brackets, is malformed. */
function readRequestLine(line: string, { headers, rest, bytes }: Common): SipRequestMessage | null {
  const [method = "", uri = "", last, ...more] = line.split(" ", 4);
  if (more.length > 0 || last?.toUpperCase() !== version) return null;
  if (method.length > maxToken || !token.test(method) || !visible.test(uri) || !isRequestUri(uri)) return null;
  return { kind: "request", method, uri, headers, rest, bytes };
}

function readHeaders(
  head: string,
  from: number,
  clean: boolean,
  wanted: WantedHeaders | undefined,
): SipHeader[] | null {
  const headers: SipHeader[] = [];
  let lines = 0;
  for (let at = from; at < head.length; ) {
    lines += 1;
    if (lines > maxHeaders) return null;
    let end = head.indexOf("\n", at) - 1;
    // One line that ends with the first CR and LF in it, and is not folded.
    const simple = head.indexOf("\r", at) === end && !isBlank(head.charCodeAt(end + 2));
    if (!simple) end = endOfHeader(head, at);
    if (wanted === undefined || wanted.letters.has(head.charCodeAt(at) | 0x20)) {
      const header = readHeader(head, at, end, clean && simple);
      if (header === null) return null;
      if (wanted === undefined || wanted.names.has(header.name)) headers.push(header);
    }
    at = end + 2;
  }
  return headers;
}

/** Which headers a reader is interested in. */
export interface WantedHeaders {
  readonly names: ReadonlySet<string>;
  /** First letters of those names and of their compact forms: by these most lines can be skipped. */
  readonly letters: ReadonlySet<number>;
}

/** @param names in lower case and full length */
export function wantedHeaders(...names: readonly string[]): WantedHeaders {
  const compact = [...compactForms].flatMap(([short, name]) => (names.includes(name) ? [short] : []));
  return { names: new Set(names), letters: new Set([...names, ...compact].map((name) => name.charCodeAt(0))) };
}

/** A line that begins with white space continues the one before (section 7.3.1). */
function endOfHeader(head: string, from: number): number {
  let end = head.indexOf("\r\n", from);
  while (isBlank(head.charCodeAt(end + 2))) end = head.indexOf("\r\n", end + 2);
  return end;
}

/** @param simple it is not folded, and holds no control character */
function readHeader(head: string, from: number, to: number, simple: boolean): SipHeader | null {
  const colon = head.indexOf(":", from);
  if (colon <= from || colon >= to) return null;
  const written = head.slice(from, colon);
  const name = usualNames.get(written) ?? readName(written);
  if (name === null) return null;
  if (simple) return { name, value: slice(head, colon + 1, to) };
  const value = unfold(head.slice(colon + 1, to));
  return hasControl(value) ? null : { name, value };
}

function readName(written: string): string | null {
  const name = written.trimEnd().toLowerCase();
  if (name.length > maxToken || !token.test(name)) return null;
  return fullName(name);
}

function unfold(text: string): string {
  if (!text.includes("\r\n")) return trim(text);
  return trim(text.split("\r\n").map(trim).join(" "));
}

const trim = (text: string) => slice(text, 0, text.length);

/** Part of a text, without white space around it. */
function slice(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** Control characters beside a tab. Quoted pairs may hold some (RFC 4475 section 3.1.1.2), so a backslash excuses one. */
function hasControl(text: string): boolean {
  if (!control.test(text)) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x20 && code !== 0x7f) continue;
    if (code === 0x09 || (code !== 0x0d && code !== 0x0a && text[at - 1] === "\\")) continue;
    return true;
  }
  return false;
}

/** A name's full length: `i` is `call-id`. @param name in lower case */
export function fullName(name: string): string {
  return compactForms.get(name) ?? name;
}

/** The first value of a header, or null. @param name in lower case and full length */
export function headerOf({ headers }: Pick<ParsedMessage, "headers">, name: string): string | null {
  return headers.find((header) => header.name === name)?.value ?? null;
}

/** All values of a header, one a line of the message. @param name in lower case and full length */
export function headersOf({ headers }: Pick<ParsedMessage, "headers">, name: string): readonly string[] {
  const values: string[] = [];
  for (const header of headers) if (header.name === name) values.push(header.value);
  return values;
}

/** The one value of a header that may come only once; null where it is missing or comes several times. */
export function onlyHeaderOf(message: Pick<ParsedMessage, "headers">, name: string): string | null {
  const values = headersOf(message, name);
  return values.length === 1 ? (values[0] ?? null) : null;
}

/**
 * Over UDP a body ends with the datagram; Content-Length may cut it shorter, never longer (section 18.3).
 * @returns null where Content-Length occurs twice, is not a number, or exceeds the received length
 */
export function bodyOf(message: ParsedMessage): string | null {
  const lengths = headersOf(message, "content-length");
  if (lengths.length === 0) return message.rest;
  const [length = ""] = lengths;
  if (lengths.length > 1 || !/^\d{1,10}$/.test(length) || Number(length) > message.rest.length) return null;
  return message.rest.slice(0, Number(length));
}
