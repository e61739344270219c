/** The parts of a received INVITE by which its caller is judged: the same, to the same sizes, as an Asterisk passes on. */
import { headersOf, type SipRequestMessage } from "../../sip/message.ts";
import type { Invite } from "../call-control/invite.ts";

/** As in asterisk/invite.ts: what is longer is no carrier's, and proves nothing. */
const longestValue = 1000;
const longestNames = 1300;

/**
 * @param contactUsers user parts of our registered Contacts: a call to one of them names the number in P-Called-Party-ID (RFC
 * 7315 section 4.2) or else in To, as the registrar put the Contact in the Request-URI's place (RFC 3261 section 16.5)
 * @returns `unreadable` where a part is missing or too long
 */
export function inviteOf(request: SipRequestMessage, contactUsers: readonly string[] = []): Invite | "unreadable" {
  const names = request.headers.map(({ name }) => name);
  const all = (name: string, most: number) => headersOf(request, name).slice(0, most).filter(Boolean);
  const first = (name: string) => headersOf(request, name)[0] ?? "";
  const invite: Invite = {
    called: calledOf(request, contactUsers),
    names,
    to: first("to"),
    from: first("from"),
    asserted: all("p-asserted-identity", 2),
    privacy: first("privacy"),
    history: all("history-info", 3),
    attestation: [...all("p-attestation-indicator", 1), ...all("attestation-info", 1)],
  };
  const { called, to, from, asserted, privacy, history, attestation } = invite;
  const values = [called, to, from, privacy, ...asserted, ...history, ...attestation];
  const isTooLong = values.some(({ length }) => length > longestValue) || names.join(",").length > longestNames;
  return isTooLong || from === "" || to === "" ? "unreadable" : invite;
}

function calledOf(request: SipRequestMessage, contactUsers: readonly string[]): string {
  const user = userPart(request.uri);
  if (!contactUsers.includes(user)) return user;
  const parties = headersOf(request, "p-called-party-id");
  const [party = headersOf(request, "to")[0] ?? ""] = parties;
  return parties.length > 1 ? "" : userPart(/<([^<>]*)>/.exec(party)?.[1] ?? party);
}

/** Of a URI without brackets. An escaped `+` or digit is one (RFC 3261 section 19.1.4); the rest stays as it came. */
function userPart(uri: string): string {
  const user = /^(?:tel:([^?@]*)|sips?:([^@]*)@[^@]*)$/i.exec(uri);
  return (user?.[1] ?? user?.[2] ?? "").replaceAll(/%(2b|3[0-9])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
