/**
 * Reads SIP requests off the wire (RFC 3261 section 7 and 25). Strict and bounded: what is not a whole, well-formed
 * request is not read at all, so nothing behind this file meets half a message.
 */

/** A request as it came, unfolded and with header names in lower case and full length. */
export interface SipRequest {
  readonly method: string;
  readonly uri: string;
  /** In the order of the wire; a name may come several times. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly callId: string;
  readonly cseq: number;
  /** Its top Via, which decides the transaction and where the response goes. */
  readonly via: Via;
  readonly fromTag: string;
  /** Null in a request outside a dialog. */
  readonly toTag: string | null;
  readonly body: string;
}

export interface Via {
  /** The whole value. */
  readonly text: string;
  readonly sentBy: string;
  readonly branch: string;
  /** The sender asks for the response at its source port (RFC 3581). */
  readonly rport: boolean;
}

/** Asterisk's INVITE measures 1.2 KB; a datagram this large is nobody's telephone call. */
const MAX_BYTES = 16_384;
const MAX_HEADERS = 100;
/** Bounds the time of the expressions below, some of which look at a text as often as it is long. */
const MAX_HEADER_LENGTH = 2048;

/** Compact forms, RFC 3261 section 7.3.3 and 20. */
const COMPACT: Readonly<Record<string, string>> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  m: "contact",
  c: "content-type",
  l: "content-length",
  e: "content-encoding",
  k: "supported",
  s: "subject",
};

const REQUEST_LINE = /^([A-Za-z0-9.!%*_+`'~-]{1,32}) ([!-~]{1,512}) SIP\/2\.0$/;
const HEADER = /^([A-Za-z0-9.!%*_+`'~-]{1,64})[ \t]*:[ \t]*(.*?)[ \t]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;
const MAGIC_COOKIE = "z9hG4bK";

/**
 * Reads one datagram.
 * @returns null for anything but a well-formed request: responses, keep-alives, noise
 */
export function parseRequest(datagram: Buffer): SipRequest | null {
  if (datagram.length > MAX_BYTES) return null;
  // latin1 keeps every byte as it is, so what is echoed in a response is what came.
  const text = datagram.toString("latin1").replace(/^(\r\n){1,4}/, "");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const start = REQUEST_LINE.exec(first);
  const headers = readHeaders(lines);
  if (!start?.[1] || !start[2] || !headers) return null;
  const one = (name: string) => headers.filter((header) => header.name === name).map(({ value }) => value);

  const via = readVia(splitValues(one("via")[0] ?? "")[0] ?? "");
  const [from, to, callId, cseqText] = ["from", "to", "call-id", "cseq"].map((name) => only(one(name)));
  const cseq = /^(\d{1,10})[ \t]+([!-~]+)$/.exec(cseqText ?? "");
  if (!via || !from || !to || !callId || !/^[!-~]{1,256}$/.test(callId)) return null;
  // A CSeq that names another method, or is no 31-bit number (section 8.1.1.5), is a broken request.
  if (!cseq || cseq[2] !== start[1] || Number(cseq[1]) >= 2 ** 31) return null;
  const body = readBody(text.slice(end + 4), one("content-length"));
  if (body === null) return null;
  return {
    method: start[1],
    uri: start[2],
    headers,
    callId,
    cseq: Number(cseq[1]),
    via,
    fromTag: tagOf(from) ?? "",
    toTag: tagOf(to),
    body,
  };
}

/** The first value of a header, or null. @param name in lower case */
export function headerOf(request: SipRequest, name: string): string | null {
  return request.headers.find((header) => header.name === name)?.value ?? null;
}

/** Splits `a, b` at commas that are neither quoted nor inside angle brackets (section 7.3.1). */
export function splitValues(value: string): string[] {
  const values = [""];
  let until = "";
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (!until && character === ",") {
      values.push("");
      continue;
    }
    values.push(values.pop() + character);
    if (until) {
      if (until === '"' && character === "\\") values.push(values.pop() + value.charAt(++at));
      else if (character === until) until = "";
    } else if (character === '"') until = '"';
    else if (character === "<") until = ">";
  }
  return values.map((part) => part.trim()).filter(Boolean);
}

function readHeaders(lines: readonly string[]): { name: string; value: string }[] | null {
  if (lines.length > MAX_HEADERS) return null;
  const headers = [];
  for (const line of lines) {
    const match = line.length <= MAX_HEADER_LENGTH ? HEADER.exec(line) : null;
    if (!match?.[1] || CONTROL.test(line)) return null;
    const name = match[1].toLowerCase();
    headers.push({ name: COMPACT[name] ?? name, value: match[2] ?? "" });
  }
  return headers;
}

function readVia(text: string): Via | null {
  const match = /^SIP[ \t]*\/[ \t]*2\.0[ \t]*\/[ \t]*[A-Za-z]+[ \t]+([^;,\s]{1,255})/.exec(text);
  const branch = /;[ \t]*branch[ \t]*=[ \t]*([^;,\s"]{1,255})/i.exec(text)?.[1];
  // Only RFC 2543's user agents send no cookie; none is left that could call a sandbox.
  if (!match?.[1] || !branch?.startsWith(MAGIC_COOKIE)) return null;
  return { text, sentBy: match[1].toLowerCase(), branch, rport: /;[ \t]*rport[ \t]*(;|=|$)/i.test(text) };
}

function tagOf(address: string): string | null {
  const parameters = address.replace(/"(?:[^"\\]|\\.)*"/g, "").replace(/<[^>]*>/, "");
  return /;[ \t]*tag[ \t]*=[ \t]*([^;,\s]{1,255})/i.exec(parameters)?.[1] ?? null;
}

/** Over UDP a body ends with the datagram; Content-Length may cut it shorter, never longer (section 18.3). */
function readBody(rest: string, lengths: readonly string[]): string | null {
  if (lengths.length === 0) return rest;
  const length = only(lengths);
  if (!length || !/^\d{1,5}$/.test(length) || Number(length) > rest.length) return null;
  return rest.slice(0, Number(length));
}

function only(values: readonly string[]): string | undefined {
  return values.length === 1 ? values[0] : undefined;
}
