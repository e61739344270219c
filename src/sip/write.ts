/**
 * Writes SIP messages (RFC 3261 sections 7 and 8.2.6): everything that this gateway sends goes through here. Values of ours are
 * refused where they hold a line break, NUL or a character beyond latin1, so that no value can become a header or a message;
 * what a response copies from a parsed request cannot hold a line break.
 */
import { isRequestUri, splitValues } from "./header.ts";
import { fullName, type SipRequestMessage } from "./message.ts";

/** Name and value, in the order in which they are written. */
export type HeaderLine = readonly [name: string, value: string];

/** A request without its Via and Content-Length; Max-Forwards is added where it is missing. Text is latin1, a byte a character. */
export interface OutgoingRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly HeaderLine[];
  readonly body?: string;
}

/** A response, without the headers that section 8.2.6.2 copies from the request. */
export interface OutgoingResponse {
  readonly status: number;
  /** Default: the usual phrase of the status. */
  readonly phrase?: string;
  readonly headers?: readonly HeaderLine[];
  readonly body?: string;
  /** Our tag, for To; left out where To has one, and in a 100. */
  readonly toTag?: string;
}

/**
 * An INVITE that was sent, as far as its CANCEL and ACK need it: plain data without functions, from which another process can
 * end the call. Holds numbers.
 */
export interface SentInvite {
  readonly uri: string;
  /** The value of our Via. */
  readonly via: string;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly routes: readonly string[];
}

/** A value that must not reach the wire: a programming error. The message does not hold the value, which may be a number. */
export class UnwritableError extends Error {
  constructor(what: string) {
    super(`SIP message not written: ${what}`);
    this.name = "UnwritableError";
  }
}

/** Section 8.1.1.6. */
const maxForwards = "Max-Forwards: 70\r\n";
const unwritable = /[\r\n\0\u0100-\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are the target of the search
const forbidden = /[\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]/;
const beyondLatin1 = /[\u0100-\uffff]/;
const token = /^[A-Za-z0-9.!%*_+`'~-]+$/;
const visible = /^[!-~]+$/;

/** Whether a URI that a far end gave, as in Contact, can be a Request-URI of ours. */
export function isWritableUri(uri: string): boolean {
  return visible.test(uri) && isRequestUri(uri);
}

/** Whether a value that a far end gave can be one of ours: the writer takes some control characters that no receiver does. */
export function isWritableValue(value: string): boolean {
  return !forbidden.test(value);
}

/** @param via the value of our Via @throws {UnwritableError} */
export function writeRequest(request: OutgoingRequest, via: string): string {
  const { method, uri, body = "" } = request;
  if (!token.test(method)) throw new UnwritableError("its method is no token");
  if (!visible.test(uri))
    throw new UnwritableError("its Request-URI is empty, or has white space or control characters");
  let head = `${method} ${uri} SIP/2.0\r\nVia: ${via}\r\n`;
  let forwards = false;
  for (const line of request.headers) {
    if (nameOf(line) === "max-forwards") forwards = true;
    head += written(line);
  }
  if (!forwards) head += maxForwards;
  return finished(head, body);
}

/** @throws {UnwritableError} also where From, To, Call-ID or CSeq is missing */
export function sentInvite({ uri, headers }: OutgoingRequest, via: string, branch: string): SentInvite {
  let from = "";
  let to = "";
  let callId = "";
  let cseq = -1;
  const routes: string[] = [];
  for (const line of headers) {
    const value = line[1];
    switch (nameOf(line)) {
      case "from":
        from = value;
        break;
      case "to":
        to = value;
        break;
      case "call-id":
        callId = value;
        break;
      case "cseq":
        cseq = Number.parseInt(value, 10);
        break;
      case "route":
        routes.push(value);
    }
  }
  if (from === "" || to === "" || callId === "" || !(cseq >= 0)) {
    throw new UnwritableError("From, To, Call-ID or CSeq is missing");
  }
  return { uri, via, branch, from, to, callId, cseq, routes };
}

/** The ACK of a final response of 300 or more (section 17.1.1.3). @param to as in the response */
export function writeAck(invite: SentInvite, to: string): string {
  return finished(ofInvite("ACK", invite, to), "");
}

/** Section 9.1. @param headers such as Reason @throws {UnwritableError} */
export function writeCancel(invite: SentInvite, headers: readonly HeaderLine[]): string {
  let head = ofInvite("CANCEL", invite, invite.to);
  for (const line of headers) {
    nameOf(line);
    head += written(line);
  }
  return finished(head, "");
}

/** Same URI, Via, Route, From, Call-ID and number as the INVITE. */
function ofInvite(method: "ACK" | "CANCEL", invite: SentInvite, to: string): string {
  const { uri, via, from, callId, cseq, routes } = invite;
  let head = `${method} ${uri} SIP/2.0\r\nVia: ${via}\r\n`;
  for (const route of routes) head += `Route: ${route}\r\n`;
  return `${head}From: ${from}\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n${maxForwards}`;
}

/** For an INVITE that was read from elsewhere. @throws {UnwritableError} */
export function checkSentInvite({ uri, via, branch, from, to, callId, cseq, routes }: SentInvite): void {
  const values = [uri, via, branch, from, to, callId, ...routes];
  if (!visible.test(uri) || !Number.isInteger(cseq) || values.some((value) => unwritable.test(value))) {
    throw new UnwritableError("a kept INVITE is damaged");
  }
}

/**
 * @param source where the request came from: for `received` and `rport` of its top Via (section 18.2.1, RFC 3581)
 * @throws {UnwritableError}
 */
export function writeResponse(
  request: SipRequestMessage,
  source: { readonly address: string; readonly port: number },
  response: OutgoingResponse,
): string {
  const { status, phrase = phraseOf(status), body = "", toTag } = response;
  if (!Number.isInteger(status) || status < 100 || status > 699) throw new UnwritableError(`its status is ${status}`);
  if (unwritable.test(phrase)) throw new UnwritableError("its phrase has a line break, NUL or is not latin1");
  if (toTag !== undefined && !token.test(toTag)) throw new UnwritableError("its To tag is no token");
  let head = `SIP/2.0 ${status} ${phrase}\r\n`;
  let isTop = true;
  for (const { name, value } of request.headers) {
    switch (name) {
      case "via":
        for (const via of value.includes(",") ? splitValues(value) : [value]) {
          head += `Via: ${isTop ? withSource(via, source) : via}\r\n`;
          isTop = false;
        }
        break;
      case "from":
        head += `From: ${value}\r\n`;
        break;
      case "to":
        head += toTag === undefined || status === 100 ? `To: ${value}\r\n` : `To: ${value};tag=${toTag}\r\n`;
        break;
      case "call-id":
        head += `Call-ID: ${value}\r\n`;
        break;
      case "cseq":
        head += `CSeq: ${value}\r\n`;
        break;
      case "record-route":
        // Section 12.1.1: in what makes a dialog.
        if (status > 100 && status < 300) head += `Record-Route: ${value}\r\n`;
        break;
      case "timestamp":
        // Section 8.2.6.1.
        if (status === 100) head += `Timestamp: ${value}\r\n`;
    }
  }
  for (const line of response.headers ?? []) {
    nameOf(line);
    head += written(line);
  }
  return finished(head, body);
}

/**
 * A header's name in lower case and full length (`i` is `call-id`), as the parser has them.
 * @throws {UnwritableError} where it is no token, or a header that is written here: Via, Content-Length
 */
export function nameOf([name]: HeaderLine): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const full = fullName(name.toLowerCase());
  if (!token.test(full) || full === "via" || full === "content-length") {
    throw new UnwritableError("a header's name is no token, or one of Via and Content-Length");
  }
  if (names.size < maxNames) names.set(name, full);
  return full;
}

/** Names are constants of the program and the configuration; a look-up costs less than a check. */
const names = new Map<string, string>();
const maxNames = 1000;

function written([name, value]: HeaderLine): string {
  if (unwritable.test(value)) throw new UnwritableError(`${name} has a line break, NUL or is not latin1`);
  return `${name}: ${value}\r\n`;
}

function finished(head: string, body: string): string {
  if (body === "") return `${head}Content-Length: 0\r\n\r\n`;
  if (beyondLatin1.test(body)) throw new UnwritableError("its body is not latin1");
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function withSource(via: string, { address, port }: { readonly address: string; readonly port: number }): string {
  const own = via.replace(receivedParameter, "");
  return `${own.replace(rportParameter, `;rport=${port}`)};received=${address}`;
}

const receivedParameter = /;[ \t]*received[ \t]*=[^;]*/gi;
const rportParameter = /;[ \t]*rport(?:[ \t]*=[^;]*)?(?=[ \t]*(?:;|$))/i;

function phraseOf(status: number): string {
  return phrases.get(status) ?? "Unknown";
}

const phrases: ReadonlyMap<number, string> = new Map([
  [100, "Trying"],
  [180, "Ringing"],
  [181, "Call Is Being Forwarded"],
  [182, "Queued"],
  [183, "Session Progress"],
  [200, "OK"],
  [400, "Bad Request"],
  [401, "Unauthorized"],
  [403, "Forbidden"],
  [404, "Not Found"],
  [405, "Method Not Allowed"],
  [407, "Proxy Authentication Required"],
  [408, "Request Timeout"],
  [415, "Unsupported Media Type"],
  [420, "Bad Extension"],
  [421, "Extension Required"],
  [422, "Session Interval Too Small"],
  [423, "Interval Too Brief"],
  [480, "Temporarily Unavailable"],
  [481, "Call/Transaction Does Not Exist"],
  [482, "Loop Detected"],
  [483, "Too Many Hops"],
  [484, "Address Incomplete"],
  [486, "Busy Here"],
  [487, "Request Terminated"],
  [488, "Not Acceptable Here"],
  [491, "Request Pending"],
  [500, "Server Internal Error"],
  [501, "Not Implemented"],
  [503, "Service Unavailable"],
  [504, "Server Time-out"],
  [600, "Busy Everywhere"],
  [603, "Decline"],
  [604, "Does Not Exist Anywhere"],
  [606, "Not Acceptable"],
]);
