/** What the far end's requests inside a call are answered (RFC 3261 sections 12.2.2, 14.2 and 15.1.2, RFC 3311, RFC 5407). */
import { isToken, readCSeq, splitValues, tagOf } from "../header.ts";
import { bodyOf, headerOf, headersOf, type SipRequestMessage } from "../message.ts";
import { type MediaAddress, sdpAnswer, sdpType } from "../sdp.ts";
import type { OutgoingResponse } from "../transaction/port.ts";
import type { FarEnd } from "./call-state.ts";
import { farEndTag } from "./far-end-tag.ts";
import { allow } from "./requests.ts";

/** What a call's requests are judged by. */
export interface CallContext {
  readonly ourTag: string;
  readonly farEnds: readonly FarEnd[];
  readonly media: MediaAddress;
  readonly session: number;
  /** Our Contact. */
  readonly contact: string;
}

/** A dialog in which a request came. */
interface RequestContext extends Pick<CallContext, "media" | "session" | "contact"> {
  /** We sent BYE: for us the dialog is over, while the far end may not know that yet. */
  readonly answered: boolean;
  /** Our offer was answered in a reliable response: the far end may make one of its own (RFC 3311 section 5.1). */
  readonly offerAnswered: boolean;
  /** CSeq of the far end's last request in it; null: none came. */
  readonly lastCSeq: number | null;
}

/** The requests of one call. Remembers their numbers by dialog, of which a call has few. */
export class FarEndRequests {
  readonly #lastCSeqs = new Map<string, number>();

  /** @returns null: none, for an ACK */
  answer(request: SipRequestMessage, call: CallContext): OutgoingResponse | null {
    const tag = farEndTag(request, "from") ?? "";
    const isOurs = tagOf(headerOf(request, "to") ?? "") === call.ourTag;
    const farEnd = isOurs ? call.farEnds.find((one) => one.tag === tag) : undefined;
    if (farEnd === undefined) return answerTo(request, null);
    const { answered, rseq } = farEnd;
    const lastCSeq = this.#lastCSeqs.get(tag) ?? null;
    const response = answerTo(request, { ...call, answered, offerAnswered: rseq > 0, lastCSeq });
    const cseq = readCSeq(headerOf(request, "cseq") ?? "")?.number;
    if (request.method !== "ACK" && cseq !== undefined) this.#lastCSeqs.set(tag, Math.max(cseq, lastCSeq ?? 0));
    return response;
  }
}

const unknown: OutgoingResponse = { status: 481 };
const acceptLine = ["Accept", sdpType] as const;

/** @returns null: none, for an ACK */
function answerTo(request: SipRequestMessage, dialog: RequestContext | null): OutgoingResponse | null {
  const { method } = request;
  if (method === "ACK") return null;
  if (dialog === null) return unknown;
  const cseq = readCSeq(headerOf(request, "cseq") ?? "");
  if (cseq === null) return { status: 400 };
  // Section 12.2.2: one that was overtaken by a later one.
  if (dialog.lastCSeq !== null && cseq.number <= dialog.lastCSeq) return { status: 500 };
  if (method === "BYE") return { status: 200 };
  // RFC 5407 section 3.2: after our BYE nothing but another BYE has a meaning.
  if (dialog.answered) return unknown;
  const refused = unsupportedBy(request);
  if (refused !== null) return refused;
  switch (method) {
    // Our own INVITE has no final response yet (section 14.2).
    case "INVITE":
      return { status: 491 };
    case "UPDATE":
      return answerToUpdate(request, dialog);
    case "OPTIONS":
      return { status: 200, headers: [allow, acceptLine, ["Supported", "100rel"]] };
    case "INFO":
      // RFC 6086 section 4.2.2: packages are agreed on beforehand; those without one are taken and have no effect.
      return headerOf(request, "info-package") === null
        ? { status: 200 }
        : { status: 469, headers: [["Recv-Info", ""]] };
    // We send no reliable responses (RFC 3262 section 3).
    case "PRACK":
      return unknown;
    default:
      return { status: 405, headers: [allow] };
  }
}

/** Option tags that we do not have, session timers among them: the far end goes on without. */
function unsupportedBy(request: SipRequestMessage): OutgoingResponse | null {
  const required = headersOf(request, "require").flatMap(splitValues);
  // They are written back, and may hold what cannot be written: quoted control characters.
  if (!required.every(isToken)) return { status: 400 };
  const missing = required.filter((tag) => tag.toLowerCase() !== "100rel");
  return missing.length === 0 ? null : { status: 420, headers: [["Unsupported", missing.join(", ")]] };
}

/** A 200 without Session-Expires is a session without timer (RFC 4028 section 9). */
function answerToUpdate(request: SipRequestMessage, dialog: RequestContext): OutgoingResponse {
  const headers = [["Contact", dialog.contact] as const, allow];
  const offer = bodyOf(request);
  if (offer === null) return { status: 400 };
  if (offer.trim() === "") return { status: 200, headers };
  const type = (headerOf(request, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== sdpType) return { status: 415, headers: [acceptLine] };
  if (!dialog.offerAnswered) return { status: 491 };
  const answer = sdpAnswer(offer, dialog.media, dialog.session);
  if (answer === null) return { status: 488 };
  return { status: 200, headers: [...headers, ["Content-Type", sdpType]], body: answer };
}
