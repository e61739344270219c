/** The response to a request outside of our dialogs, from a configured trunk (RFC 3261 section 8.2). Pure. */
import { isToken, readAddress, readCSeq, readVia, splitValues } from "../header.ts";
import { bodyOf, headerOf, headersOf, type SipRequestMessage } from "../message.ts";
import type { HeaderLine, OutgoingResponse } from "../transaction/port.ts";
import { readUri } from "./uri.ts";

/** What our end takes; of the methods of a dialog those of a call that we placed. */
export const allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE";
const allow: HeaderLine = ["Allow", allowedMethods];

/** Methods that belong to a dialog alone: without one that we have, 481. */
const ofDialogs = new Set(["BYE", "PRACK", "UPDATE", "INFO"]);

/**
 * Extensions that an INVITE may require, because a call that is refused at once never comes to what they ask for: reliable
 * provisional responses, session timers, preconditions, History-Info.
 */
const understood = new Set(["100rel", "timer", "precondition", "histinfo"]);

/** Final statuses that a call may be refused with, and the Q.850 causes that go with them (RFC 3398 section 7.2.4.1). */
export const refusalCauses = { 403: 21, 480: 19, 486: 17, 600: 17, 603: 21 } as const;
export type RefusalStatus = keyof typeof refusalCauses;

export function isRefusalStatus(status: number): status is RefusalStatus {
  return Object.hasOwn(refusalCauses, status);
}

/** The refusal of a call: RFC 3326 for the cause. */
export function refusal(status: RefusalStatus): OutgoingResponse {
  return { status, headers: [["Reason", `Q.850;cause=${refusalCauses[status]}`]] };
}

const maxForwardsPattern = /^\d{1,3}$/;

/** Why a message is malformed (section 8.1.1); null: it is not. */
function malformation(request: SipRequestMessage): string | null {
  for (const name of ["from", "to", "call-id", "cseq"] as const) {
    const values = headersOf(request, name);
    if (values.length !== 1 || values[0] === "") return values.length > 1 ? `several ${name}` : `no ${name}`;
  }
  for (const name of ["from", "to"] as const) {
    const value = headerOf(request, name) ?? "";
    if (readAddress(value) === null || splitValues(value).length !== 1) return `malformed ${name}`;
  }
  const cseq = readCSeq(headerOf(request, "cseq") ?? "");
  if (cseq === null || cseq.method !== request.method) return "malformed cseq";
  const maxForwards = headersOf(request, "max-forwards");
  // RFC 2543 did not have it.
  if (maxForwards.length > 1 || (maxForwards.length === 1 && !isMaxForwards(maxForwards[0] ?? ""))) {
    return "malformed max-forwards";
  }
  // They are written back, and may hold what cannot be written: quoted control characters.
  if (!headersOf(request, "require").flatMap(splitValues).every(isToken)) return "malformed require";
  return bodyOf(request) === null ? "malformed content-length" : null;
}

const isMaxForwards = (value: string) => maxForwardsPattern.test(value) && Number(value) <= 255;

/** Whether a request of ours came back: one of the Vias below the first is our own (section 16.3, item 4). */
function isOwn(request: SipRequestMessage, sentBy: string): boolean {
  const own = sentBy.toLowerCase();
  return headersOf(request, "via")
    .flatMap(splitValues)
    .slice(1)
    .some((value) => readVia(value)?.sentBy === own);
}

function unsupported(request: SipRequestMessage): readonly string[] {
  const tags = headersOf(request, "require").flatMap(splitValues);
  return tags.filter((tag) => request.method !== "INVITE" || !understood.has(tag.toLowerCase()));
}

export interface Context {
  /** The host and port of our Via at this flow. */
  readonly sentBy: string;
  /** To has a tag: it belongs to a dialog, and not to one that we have. */
  readonly inDialog: boolean;
  /** The same call came before by another way (section 8.2.2.2). */
  readonly merged: boolean;
}

/** @returns null for an INVITE that is a call to be refused; ACK and CANCEL never come here */
export function answerTo(request: SipRequestMessage, { sentBy, inDialog, merged }: Context): OutgoingResponse | null {
  const malformed = malformation(request);
  if (malformed !== null) return { status: 400, phrase: `Bad Request (${malformed})` };
  if (inDialog || ofDialogs.has(request.method)) return { status: 481 };
  const isOptions = request.method === "OPTIONS";
  if (request.method !== "INVITE" && !isOptions) return { status: 405, headers: [allow] };
  if (readUri(request.uri) === null) return { status: 416 };
  const tags = unsupported(request);
  if (tags.length > 0) return { status: 420, headers: [["Unsupported", tags.join(", ")]] };
  // Section 11: OPTIONS with Max-Forwards 0 is a question to this very hop, as some SBCs ask it.
  if (isOptions)
    return { status: 200, headers: [allow, ["Accept", "application/sdp"], ["Accept-Encoding", "identity"]] };
  if (merged || isOwn(request, sentBy)) return { status: 482 };
  return Number(headerOf(request, "max-forwards") ?? 70) === 0 ? { status: 483 } : null;
}
