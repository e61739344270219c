/**
 * What an INVITE says about its two ends, by a trunk's rules: Request-URI, From, To, P-Asserted-Identity, Privacy,
 * Diversion, further headers. What is the same for all calls is put together once; a call costs a few concatenations.
 *
 * The strings that come from outside are checked before: numbers by `assertCallRequest` (digits and a plus sign), all
 * others by the configuration's schema and identity-checks.ts.
 */
import type { HeaderLine } from "../../sip/transaction/port.ts";
import type { TrunkIdentityConfig } from "./identity-config.ts";

export type HeaderRules = Pick<
  TrunkIdentityConfig,
  | "request_uri"
  | "user_phone"
  | "from_user"
  | "contact_user"
  | "p_asserted_identity"
  | "p_preferred_identity"
  | "privacy"
  | "diversion"
  | "extra_headers"
>;

/** The two domains of a trunk's URIs, IPv6 addresses in brackets. */
export interface TrunkEnds {
  /** The carrier's, with the port where one is configured: of the Request-URI. */
  readonly carrier: string;
  /** Ours: of From and of all that asserts an identity. */
  readonly own: string;
  /** The account; `registers`: From carries it unless from_user says otherwise. */
  readonly account?: { readonly username: string; readonly registers: boolean };
}

/** Numbers as the trunk writes them, the callee with its tech prefix. */
export interface NumbersOfCall {
  readonly callee: string;
  readonly callerId: string;
}

/** From and To are without tags. */
export interface CallHeaders {
  readonly uri: string;
  readonly from: string;
  readonly to: string;
  readonly contactUser: string;
  readonly headers: readonly HeaderLine[];
}

/** RFC 3323 section 4.1.1.3. */
const anonymous = '"Anonymous" <sip:anonymous@anonymous.invalid>';

/** @returns makes the headers of one call; holds no number between calls */
export function createCallHeaders(rules: HeaderRules, ends: TrunkEnds): (call: NumbersOfCall) => CallHeaders {
  const parameters = rules.user_phone ? ";user=phone" : "";
  const own = `@${ends.own}${parameters}>`;
  const carrierHost = ends.carrier.replace(/:\d+$/, "");
  const [uriEnd, toEnd] = [`@${ends.carrier}${parameters}`, `@${carrierHost}${parameters}>`];
  const account = ends.account?.username;
  const fromUser = rules.from_user ?? (ends.account?.registers === true ? account : undefined);
  const fixedFrom =
    rules.privacy === "id" ? anonymous : fromUser === undefined ? null : `<sip:${escapeUser(fromUser)}@${ends.own}>`;
  const contactUser = escapeUser(rules.contact_user ?? account ?? "onering");
  const asserted = identityWriters("P-Asserted-Identity", rules.p_asserted_identity, own, ends.own);
  const preferred = identityWriters("P-Preferred-Identity", rules.p_preferred_identity, own, ends.own);
  const identities = [...asserted, ...preferred];
  const fixed = [...privacyOf(rules), ...diversionOf(rules, own)];
  const extra = rules.extra_headers.map(({ name, value }) => extraHeader(name, value));
  return (call) => {
    const headers: HeaderLine[] = [];
    for (const write of identities) headers.push(write(call));
    for (const line of fixed) headers.push(line);
    for (const write of extra) headers.push(write(call));
    const tel = rules.request_uri === "tel" ? telUri(call.callee, carrierHost) : null;
    return {
      uri: tel ?? `sip:${call.callee}${uriEnd}`,
      to: tel === null ? `<sip:${call.callee}${toEnd}` : `<${tel}>`,
      from: fixedFrom ?? `<sip:${call.callerId}${own}`,
      contactUser,
      headers,
    };
  };
}

type Write = (call: NumbersOfCall) => HeaderLine;

function identityWriters(name: string, kind: "none" | "sip" | "tel" | "both", own: string, domain: string): Write[] {
  const writers: Write[] = [];
  if (kind === "sip" || kind === "both") writers.push(({ callerId }) => [name, `<sip:${callerId}${own}`]);
  if (kind === "tel" || kind === "both") writers.push(({ callerId }) => [name, `<${telUri(callerId, domain)}>`]);
  return writers;
}

/** A number without a plus sign is a local one, which needs a context to be unique (RFC 3966 section 5.1.5). */
function telUri(number: string, context: string): string {
  return number.startsWith("+") ? `tel:${number}` : `tel:${number};phone-context=${context}`;
}

function privacyOf({ privacy }: HeaderRules): HeaderLine[] {
  return privacy === "unset" ? [] : [["Privacy", privacy]];
}

function diversionOf({ diversion }: HeaderRules, own: string): HeaderLine[] {
  return diversion === undefined ? [] : [["Diversion", `<sip:${diversion.number}${own};reason=${diversion.reason}`]];
}

function extraHeader(name: string, value: string): Write {
  if (!value.includes("{")) {
    const line: HeaderLine = [name, value];
    return () => line;
  }
  return ({ callee, callerId }) => [name, value.replaceAll("{caller_id}", callerId).replaceAll("{callee}", callee)];
}

/** Characters that a user part must not hold as they are (RFC 3261 section 25.1); accounts such as `a@b` have some. */
export function escapeUser(user: string): string {
  return encodeURIComponent(user).replace(/%(2B|24|26|3D|2C|3B|3F|2F)/g, (code) => decodeURIComponent(code));
}
