/** The INVITE of a short call, written from what the trunk's rules computed. */
import { sdpOffer, sdpType } from "../sdp.ts";
import type { HeaderLine, OutgoingRequest } from "../transaction/port.ts";
import type { Flow } from "../transport/port.ts";
import type { OutgoingCall } from "./port.ts";

const maxForwards: HeaderLine = ["Max-Forwards", "70"];
/** What far ends may send us inside a call; those that we never send ourselves too. */
export const allow: HeaderLine = ["Allow", "INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, INFO, OPTIONS"];
const supported: HeaderLine = ["Supported", "100rel"];
const contentType: HeaderLine = ["Content-Type", sdpType];

/** What of an INVITE is the same for each that a call sends. */
export interface InviteParts {
  readonly call: OutgoingCall;
  readonly callId: string;
  /** From with our tag. */
  readonly from: string;
  readonly userAgent: HeaderLine;
  /** Of the session description: the same on each try (RFC 3261 section 22.2 sends the same request again). */
  readonly session: number;
  readonly mediaHost: string | undefined;
}

export function inviteOf(
  parts: InviteParts,
  cseq: number,
  flow: Flow,
): Omit<OutgoingRequest, "body"> & { body: string } {
  const { call, callId, from, userAgent, session } = parts;
  const headers: HeaderLine[] = [
    maxForwards,
    ["From", from],
    ["To", call.to],
    ["Call-ID", callId],
    ["CSeq", `${cseq} INVITE`],
    ["Contact", contactAt(flow, call.contactUser)],
    ["Expires", `${call.expiresSeconds}`],
    allow,
    userAgent,
  ];
  if (call.offers100rel === true) headers.push(supported);
  for (const line of call.headers) headers.push(line);
  headers.push(contentType);
  return { method: "INVITE", uri: call.uri, headers, body: sdpOffer(mediaAt(flow, parts.mediaHost, session), session) };
}

/** Our Contact, by which requests of the far end come back on the flow's transport. */
export function contactAt({ protocol, sentBy }: Flow, user: string): string {
  return protocol === "udp" ? `<sip:${user}@${sentBy}>` : `<sip:${user}@${sentBy};transport=${protocol}>`;
}

/** Ports as a telephone's for RTP: even, and another one for each call. Nothing is received there. */
const firstPort = 10_000;
const ports = 10_000;

/** @param host left out: that of the flow's Via */
export function mediaAt({ sentBy }: Flow, host: string | undefined, session: number) {
  return { host: host ?? hostOf(sentBy), port: firstPort + 2 * (session % (ports / 2)) };
}

/** Without port and brackets. */
function hostOf(sentBy: string): string {
  if (sentBy.startsWith("[")) return sentBy.slice(1, sentBy.indexOf("]"));
  const colon = sentBy.indexOf(":");
  return colon < 0 ? sentBy : sentBy.slice(0, colon);
}
