/** INVITEs that came in, as the dialplan passes them on, and as they are on the wire. */
import { parseMessage, type SipRequestMessage } from "../../src/sip/message.ts";
import { readInvite } from "../../src/telephony/asterisk/invite.ts";
import type { Invite } from "../../src/telephony/call-control/invite.ts";
import { inviteOf as readFromWire } from "../../src/telephony/sip-trunks/read-invite.ts";

export interface InviteHeaders {
  /** User part of the Request-URI. */
  readonly called?: string;
  /** Whole header lines beside From and To; one that names From or To goes in their place. */
  readonly headers?: readonly string[];
}

export const caller = "+447700900123";
export const called = "+442079460001";
export const assertedBy = (user: string) => `P-Asserted-Identity: <sip:${user}@carrier.example>`;

/** The text of asterisk-config/inbound.conf.template for an INVITE; by default one with a P-Asserted-Identity. */
export function inviteText({ called: user = called, headers = [assertedBy(caller)] }: InviteHeaders = {}): string {
  const lines = headers.map((line) => /^([^:]+): *(.*)$/.exec(line)?.slice(1) ?? ["", ""]) as [string, string][];
  const named = (name: string) => lines.filter(([own]) => own.toLowerCase() === name.toLowerCase());
  const of = (name: string, nth = 0) => named(name)[nth]?.[1];
  const from = of("From") ?? `<sip:${caller}@phone.example>;tag=1`;
  const to = of("To") ?? `<sip:${user}@gateway.example>`;
  const others = lines.map(([name]) => name).filter((name) => !/^(from|to)$/i.test(name));
  const values = {
    ...{ names: ["Via", "From", "To", "Call-ID", ...others].join(","), called: user, to, from },
    ...{ pai: of("P-Asserted-Identity"), pai2: of("P-Asserted-Identity", 1), privacy: of("Privacy") },
    ...{ history: of("History-Info"), history2: of("History-Info", 1), history3: of("History-Info", 2) },
    ...{ attestation: of("P-Attestation-Indicator"), attestation2: of("Attestation-Info") },
  };
  const encoded = Object.entries(values).map(([name, value = ""]) => `${name}=${encodeURIComponent(value)}`);
  return ["v1", ...encoded, "end"].join("&");
}

export function inviteOf(headers: InviteHeaders = {}): Invite {
  const invite = readInvite(inviteText(headers));
  if (invite === null) throw new Error("the dialplan would not pass this on whole");
  return invite;
}

/** The same INVITE as a message. @param uri default: a SIP URI of the called user */
export function inviteMessage(
  { called: user = called, headers = [assertedBy(caller)] }: InviteHeaders = {},
  uri = `sip:${user}@gateway.example`,
): SipRequestMessage {
  const has = (name: string) => headers.some((line) => line.toLowerCase().startsWith(`${name}:`));
  const lines = [
    `INVITE ${uri} SIP/2.0`,
    "Via: SIP/2.0/UDP carrier.example:5060;branch=z9hG4bK1;rport",
    ...(has("from") ? [] : [`From: <sip:${caller}@phone.example>;tag=1`]),
    ...(has("to") ? [] : [`To: <sip:${user}@gateway.example>`]),
    "Call-ID: 1@carrier.example",
    "CSeq: 1 INVITE",
    "Max-Forwards: 70",
    ...headers,
    "Content-Length: 0",
  ];
  const message = parseMessage(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
  if (message?.kind !== "request") throw new Error("not a request");
  return message;
}

/** As a SIP trunk without an Asterisk passes it on. */
export function wireInviteOf(headers: InviteHeaders = {}): Invite {
  const invite = readFromWire(inviteMessage(headers));
  if (invite === "unreadable") throw new Error("not whole");
  return invite;
}
