/**
 * The parts of an INVITE that the dialplan passes on (asterisk-config/inbound.conf.template): `v1&name=value&…&end`, the
 * values URI-encoded, so that nothing in them can end a field, an argument or an event. The same text comes over ARI, as an
 * argument of Stasis, and over AMI, as a field of a UserEvent.
 */
import type { Invite } from "../call-control/invite.ts";

/**
 * Asterisk truncates a function's result at 4095 characters. 1000 characters are at most 3000 encoded: never truncated.
 */
const longestValue = 1000;
/** For the header names; far above any carrier's message. */
const longestNames = 1300;
/** Asterisk's limit for the data of an application (EXT_DATA_SIZE). */
const longestText = 8192;

const fields = [
  ...["names", "called", "to", "from", "pai", "pai2", "privacy"],
  ...["history", "history2", "history3", "attestation", "attestation2"],
] as const;
type Field = (typeof fields)[number];

/** @returns null for anything that is incomplete or not exactly in this format */
export function readInvite(text: unknown): Invite | null {
  if (typeof text !== "string" || text.length > longestText) return null;
  const parts = text.split("&");
  if (parts.shift() !== "v1" || parts.pop() !== "end" || parts.length !== fields.length) return null;
  const values = new Map<Field, string>();
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? "";
    if (!part.startsWith(`${field}=`)) return null;
    const value = decode(part.slice(field.length + 1));
    if (value === null || value.length > (field === "names" ? longestNames : longestValue)) return null;
    values.set(field, value);
  }
  const of = (field: Field) => values.get(field) ?? "";
  const present = (...own: Field[]) => own.map(of).filter((value) => value !== "");
  const names = of("names").toLowerCase().split(",");
  // Asterisk returns no names at all where a header line is too long for it. Every INVITE has From and To (RFC 3261, 8.1.1).
  if (!names.includes("from") || of("from") === "" || of("to") === "") return null;
  return {
    called: of("called"),
    names,
    to: of("to"),
    from: of("from"),
    asserted: present("pai", "pai2"),
    privacy: of("privacy"),
    history: present("history", "history2", "history3"),
    attestation: present("attestation", "attestation2"),
  };
}

/** Byte by byte: a display name need not be UTF-8, and only ASCII is read. */
function decode(text: string): string | null {
  if (!/^(?:[A-Za-z0-9_.~!*'()+-]|%[0-9A-Fa-f]{2})*$/.test(text)) return null;
  return text.replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
