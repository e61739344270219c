/** Writes SIP responses (RFC 3261 section 8.2.6). */
import type { RemoteInfo } from "node:dgram";
import { splitValues } from "../../sip/header.ts";
import type { SipRequest } from "./request.ts";

/** Where a request came from. */
export type Source = Pick<RemoteInfo, "address" | "port">;

export interface SipResponse {
  readonly status: number;
  /** `Name: value` lines beside those that every response copies from its request. */
  readonly headers?: readonly string[];
  /** Session description; its type is added. */
  readonly sdp?: string;
}

const PHRASES: Readonly<Record<number, string>> = {
  100: "Trying",
  180: "Ringing",
  183: "Session Progress",
  200: "OK",
  404: "Not Found",
  405: "Method Not Allowed",
  420: "Bad Extension",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  501: "Not Implemented",
  503: "Service Unavailable",
  603: "Decline",
};

/**
 * The bytes of a response.
 * @param toTag our end of the dialog; left out in a 100, and where the request has a To tag already
 */
export function writeResponse(request: SipRequest, source: Source, response: SipResponse, toTag: string): Buffer {
  const lines = [`SIP/2.0 ${response.status} ${PHRASES[response.status] ?? "Unknown"}`];
  let topVia = true;
  for (const { name, value } of request.headers) {
    if (name === "via") {
      for (const via of splitValues(value)) {
        lines.push(`Via: ${topVia ? withSource(via, source, request.via.rport) : via}`);
        topVia = false;
      }
    }
    if (name === "record-route" && response.status > 100 && response.status < 300) lines.push(`Record-Route: ${value}`);
    if (name === "from") lines.push(`From: ${value}`);
    if (name === "to") {
      const needsTag = request.toTag === null && response.status > 100;
      lines.push(`To: ${value}${needsTag ? `;tag=${toTag}` : ""}`);
    }
  }
  lines.push(`Call-ID: ${request.callId}`, `CSeq: ${request.cseq} ${request.method}`, ...(response.headers ?? []));
  if (response.sdp) lines.push("Content-Type: application/sdp");
  lines.push(`Content-Length: ${Buffer.byteLength(response.sdp ?? "", "latin1")}`);
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${response.sdp ?? ""}`, "latin1");
}

/** Where responses to a request go: its source address; the port of its Via unless it asks for its source port. */
export function replyTo(request: SipRequest, source: Source): Source {
  if (request.via.rport) return source;
  const port = Number(/:(\d{1,5})$/.exec(request.via.sentBy)?.[1] ?? 5060);
  return { address: source.address, port: port > 0 && port < 65_536 ? port : source.port };
}

/** Adds what the server saw (section 18.2.1, RFC 3581 section 4). */
function withSource(via: string, source: Source, rport: boolean): string {
  const received = `${via};received=${source.address}`;
  return rport ? received.replace(/;[ \t]*rport(?:[ \t]*=[^;]*)?/i, `;rport=${source.port}`) : received;
}
