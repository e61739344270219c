/** Dialogs as far as a short call needs them (RFC 3261 section 12): who, and by which route, from the response that made one. */
import { readAddress, readCSeq, splitValues, tagOf } from "../header.ts";
import { headerOf, type SipResponseMessage } from "../message.ts";
import { readRoutes } from "../route-set.ts";
import type { HeaderLine, OutgoingRequest } from "../transaction/port.ts";
import { isWritableUri, isWritableValue } from "../write.ts";

export interface Dialog {
  /** Values as in the response, with both tags. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  /** Of the INVITE. */
  readonly cseq: number;
  /** Contact of the far end, or what stands in for it. */
  readonly remoteTarget: string;
  /** Values of Record-Route from ours to the far end's (section 12.1.2). */
  readonly routeSet: readonly string[];
  /** Values of it that were left out, see `readRoutes`. */
  readonly refused: number;
}

/** What of an INVITE of ours stands in where its response lacks or spoils what it should repeat. */
export interface InviteEnds {
  /** Its Request-URI. */
  readonly uri: string;
  /** With our tag. */
  readonly from: string;
  /** Without a tag. */
  readonly to: string;
  readonly callId: string;
}

/** More proxies than that between us and a phone are a loop. */
const maxRoutes = 20;
const sipUri = /^sips?:/i;
const callable = /^(?:sips?|tel):/i;

/**
 * @param invite of a call that is known here: then a response without a usable Contact, or with headers that cannot be written
 * back, has a dialog all the same, so that its phone is hung up. Left out: the URI of its To stands in for Contact.
 * @returns null where it lacks what section 8.1.1 wants of every message, or what it has cannot be written
 */
export function dialogOf(response: SipResponseMessage, invite?: InviteEnds): Dialog | null {
  const to = headerOf(response, "to") ?? "";
  const ends = {
    from: written(headerOf(response, "from")) ?? invite?.from,
    to: written(to) ?? (invite && withTag(invite.to, tagOf(to))),
    callId: written(headerOf(response, "call-id")) ?? invite?.callId,
  };
  const cseq = readCSeq(headerOf(response, "cseq") ?? "");
  if (ends.from === undefined || ends.to === undefined || ends.callId === undefined || cseq === null) return null;
  // A tel URI is no place: requests to it go where the INVITE went, by the same flow.
  const remoteTarget = contactOf(response) ?? invite?.uri ?? readAddress(to)?.uri ?? "";
  if (!callable.test(remoteTarget) || !isWritableUri(remoteTarget)) return null;
  const { routes, refused } = readRoutes(response, "record-route", maxRoutes);
  const { from, callId } = ends;
  return { from, to: ends.to, callId, cseq: cseq.number, remoteTarget, routeSet: [...routes].reverse(), refused };
}

const written = (value: string | null) => (value === null || !isWritableValue(value) ? undefined : value);

const withTag = (to: string, tag: string | null) => (tag === null ? to : `${to};tag=${tag}`);

/** The URI of the first Contact; null where there is none that a request can be sent to. */
export function contactOf(message: Parameters<typeof headerOf>[0]): string | null {
  const uri = readAddress(splitValues(headerOf(message, "contact") ?? "")[0] ?? "")?.uri ?? "";
  return isUsable(uri) ? uri : null;
}

const isUsable = (uri: string) => sipUri.test(uri) && isWritableUri(uri);

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

/** RFC 3262 section 7.2: which response is acknowledged. */
export function prackHeaderOf(dialog: Dialog, rseq: number): HeaderLine {
  return ["RAck", `${rseq} ${dialog.cseq} INVITE`];
}
