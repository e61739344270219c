/** Reads what a registrar granted (RFC 3261 section 10.2.4 and 20.23). */
import { readAddress, readParameters, splitValues } from "../header.ts";
import { headerOf, headersOf, type SipResponseMessage } from "../message.ts";
import type { Flow } from "../transport/port.ts";

/** A registrar that grants less would have us do nothing else. */
const leastSeconds = 10;
const mostSeconds = 86_400;

/** Our Contact's URI, by which requests come back over the transport of this flow. */
export function contactOf(user: string, { protocol, sentBy }: Pick<Flow, "protocol" | "sentBy">): string {
  return protocol === "udp" ? `sip:${user}@${sentBy}` : `sip:${user}@${sentBy};transport=${protocol}`;
}

/**
 * The lifetime of our binding in seconds, at least 10: `expires` of our Contact, else of Expires, else what was asked for. The
 * registrar lists all bindings of the account: other gateways', and ours of an earlier start.
 */
export function grantedSecondsOf(response: SipResponseMessage, contact: string, askedSeconds: number): number {
  const contacts = headersOf(response, "contact").flatMap(splitValues);
  const own = contacts.find((one) => isSameContact(readAddress(one)?.uri ?? "", contact));
  // One that rewrites Contact lists ours in a form of its own; if it is alone it is ours.
  const ours = own ?? (contacts.length === 1 ? contacts[0] : undefined);
  const inContact = ours === undefined ? undefined : readParameters(ours).parameters.get("expires");
  const seconds = secondsOf(inContact) ?? secondsOf(headerOf(response, "expires") ?? undefined) ?? askedSeconds;
  return Math.min(mostSeconds, Math.max(leastSeconds, seconds));
}

/** Of Min-Expires (section 20.23); null: there is none. */
export function leastSecondsOf(response: SipResponseMessage): number | null {
  return secondsOf(headerOf(response, "min-expires") ?? undefined) ?? null;
}

const secondsOf = (text: string | undefined) => (/^\d{1,10}$/.test(text ?? "") ? Number(text) : undefined);

/** By user, host and port; parameters of the URI come back in any order, or not at all. */
function isSameContact(uri: string, contact: string): boolean {
  return withoutParameters(uri) === withoutParameters(contact);
}

function withoutParameters(uri: string): string {
  const [plain = ""] = uri.split(";", 1);
  const at = plain.indexOf("@");
  return plain.slice(0, at) + plain.slice(at).toLowerCase();
}
