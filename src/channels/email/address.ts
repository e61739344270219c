/**
 * Which e-mail addresses are accepted, and their canonical form: the domain in lower case and as A-labels, the local part
 * as given. Lengths: RFC 5321 § 4.5.3.1, in octets; forms: RFC 5322 § 3.4.1 and RFC 6531 § 3.3.
 *
 * Only dot-atoms are accepted as local parts. Quoted ones (`"a b"@example.com`) are valid but hardly exist, may contain
 * `@` and spaces, and systems on the way disagree where they end. Comments, display names, address literals and domains
 * without a dot are refused too: no mailbox of a person needs them. Dots and `+tags` are not removed, because what they
 * mean is the receiving domain's decision.
 */
import { domainToASCII } from "node:url";

/** Octets of the parts, and of the whole: 256 of a path less its angle brackets. */
const limits = { localPart: 64, domain: 253, address: 254 };
/** Longer input is not looked at. */
const maxInputLength = 512;

/** Of RFC 5322 atext, and outside ASCII (RFC 6531) letters, marks and numbers: no spaces, controls or invisible characters. */
const dotAtom = /^[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+\-/=?^_`{|}~]+)*$/u;
/** What a domain may be written with; ZWNJ and ZWJ are checked in their context by the conversion to A-labels. */
const domainCharacters = /^[\p{L}\p{M}\p{N}.。．｡\-\u200c\u200d]+$/u;
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export type ReadAddress = { readonly to: string } | { readonly problem: string };

/**
 * Reads an address as a person types or pastes it: white space around it is dropped.
 * @returns its canonical form, or why it is none; the reason quotes nothing of it
 */
export function readAddress(text: string): ReadAddress {
  if (text.length > maxInputLength) return { problem: `is longer than ${limits.address} octets` };
  const trimmed = text.trim();
  const at = trimmed.lastIndexOf("@");
  if (at < 1 || at === trimmed.length - 1) return { problem: "is not an e-mail address such as name@example.com" };
  const localPart = trimmed.slice(0, at).normalize("NFC");
  if (localPart.includes("@") && !localPart.startsWith('"')) return { problem: "has more than one @" };
  const problem = localPartProblem(localPart);
  if (problem !== null) return { problem };
  const domain = readDomain(trimmed.slice(at + 1));
  if ("problem" in domain) return domain;
  const to = `${localPart}@${domain.domain}`;
  return octets(to) > limits.address ? { problem: `is longer than ${limits.address} octets` } : { to };
}

/** Whether it can be sent only to a server that offers SMTPUTF8 (RFC 6531). */
export function needsSmtpUtf8(address: string): boolean {
  return octets(address) !== address.length;
}

/** The domain of an address in canonical form. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

function localPartProblem(localPart: string): string | null {
  if (octets(localPart) > limits.localPart) return `has more than ${limits.localPart} octets before the @`;
  if (localPart.startsWith('"')) return "has a quoted local part, which is not supported";
  if (/^\.|\.\.|\.$/.test(localPart)) return "has a dot at the beginning or end, or two in a row, before the @";
  return dotAtom.test(localPart) ? null : "has a character before the @ that addresses do not have";
}

function readDomain(text: string): { readonly domain: string } | { readonly problem: string } {
  if (text.startsWith("[")) return { problem: "has an IP address as its domain, which is not supported" };
  const domain = domainCharacters.test(text) ? domainToASCII(text) : "";
  const labels = domain.split(".");
  const last = labels.at(-1) ?? "";
  // The last one is never a number: `127.1` is read as an IP address by some.
  if (domain.length > limits.domain || !labels.every((part) => label.test(part)) || /^\d+$/.test(last)) {
    return { problem: "has no valid domain after the @" };
  }
  return labels.length > 1 ? { domain } : { problem: "has a domain without a dot, which is not supported" };
}

function octets(text: string): number {
  return Buffer.byteLength(text);
}
