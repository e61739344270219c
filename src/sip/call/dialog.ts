/** Dialogs as far as a short call needs them (RFC 3261 section 12): who, and by which route, from the response that made one. */
import { readAddress, readCSeq, splitValues } from "../header.ts";
import { headerOf, headersOf, type SipResponseMessage } from "../message.ts";
import type { HeaderLine, OutgoingRequest } from "../transaction/port.ts";

export interface Dialog {
  /** Values as in the response, with both tags. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  /** Of the INVITE. */
  readonly cseq: number;
  /** Contact of the far end. */
  readonly remoteTarget: string;
  /** Values of Record-Route from ours to the far end's (section 12.1.2). */
  readonly routeSet: readonly string[];
}

/** More proxies than that between us and a phone are a loop. */
const maxRoutes = 20;
const visible = /^[!-~]+$/;
const sipUri = /^sips?:/i;

/**
 * @param fallback the INVITE's Request-URI, for a response without a usable Contact; default: the URI of its To
 * @returns null where it lacks what section 8.1.1 wants of every message, or what it has cannot be written
 */
export function dialogOf(response: SipResponseMessage, fallback?: string): Dialog | null {
  const from = headerOf(response, "from");
  const to = headerOf(response, "to");
  const callId = headerOf(response, "call-id");
  const cseq = readCSeq(headerOf(response, "cseq") ?? "");
  if (from === null || to === null || callId === null || cseq === null) return null;
  const remoteTarget = contactOf(response) ?? fallback ?? readAddress(to)?.uri ?? "";
  if (!isUsable(remoteTarget)) return null;
  const routeSet = headersOf(response, "record-route").flatMap(splitValues).slice(0, maxRoutes).reverse();
  // Quoted, NUL is a character like others to the parser (RFC 4475 section 3.1.1.2); it cannot be written.
  if ([from, to, callId, ...routeSet].some((value) => value.includes("\0"))) return null;
  return { from, to, callId, cseq: cseq.number, remoteTarget, routeSet };
}

/** The URI of the first Contact; null where there is none that a request can be sent to. */
export function contactOf(message: Parameters<typeof headerOf>[0]): string | null {
  const uri = readAddress(splitValues(headerOf(message, "contact") ?? "")[0] ?? "")?.uri ?? "";
  return isUsable(uri) ? uri : null;
}

const isUsable = (uri: string) => sipUri.test(uri) && visible.test(uri);

const maxForwards: HeaderLine = ["Max-Forwards", "70"];

/** A request inside the dialog. @param headers behind those that every request has */
export function requestIn(
  dialog: Dialog,
  method: string,
  cseq: number,
  headers: readonly HeaderLine[],
): OutgoingRequest {
  const { uri, routes } = routingOf(dialog);
  return {
    method,
    uri,
    headers: [
      maxForwards,
      ...routes.map((value): HeaderLine => ["Route", value]),
      ["From", dialog.from],
      ["To", dialog.to],
      ["Call-ID", dialog.callId],
      ["CSeq", `${cseq} ${method}`],
      ...headers,
    ],
  };
}

/** Section 12.2.1.1: a first proxy without `lr` routes strictly, by the Request-URI. */
function routingOf({ routeSet, remoteTarget }: Dialog): { readonly uri: string; readonly routes: readonly string[] } {
  const [first, ...others] = routeSet;
  const uri = first === undefined ? null : (readAddress(first)?.uri ?? null);
  if (uri === null || /;lr(?=[;=?]|$)/i.test(uri) || !isUsable(uri)) return { uri: remoteTarget, routes: routeSet };
  // What a Request-URI may not hold (section 19.1.1).
  const stripped = uri.replace(/\?.*$/, "").replace(/;method=[^;]*/i, "");
  return { uri: stripped, routes: [...others, `<${remoteTarget}>`] };
}

/** The ACK of a 2xx. @param credentials those of the INVITE (section 13.2.2.4) */
export function ackOf(dialog: Dialog, credentials: readonly HeaderLine[] = []): OutgoingRequest {
  return requestIn(dialog, "ACK", dialog.cseq, credentials);
}

/** @param cseq greater than that of any request that we sent in the dialog; default: the next after the INVITE's */
export function byeOf(
  dialog: Dialog,
  cseq: number = dialog.cseq + 1,
  credentials: readonly HeaderLine[] = [],
): OutgoingRequest {
  return requestIn(dialog, "BYE", cseq, credentials);
}

/** RFC 3262 section 7.2: which response is acknowledged. */
export function prackHeaderOf(dialog: Dialog, rseq: number): HeaderLine {
  return ["RAck", `${rseq} ${dialog.cseq} INVITE`];
}
