/**
 * Identifies the caller from the INVITE's own headers (ADR 30). One identity that the network asserted, unaltered, not private, of
 * a call that was not forwarded; anything else proves nothing. Pure: the same for every driver.
 */

import type { Invite } from "../call-control/invite.ts";
import { isSignalledCallerId } from "../call-control/signalled-number.ts";

/** Why a call proves nothing, regardless of its caller. */
export type Doubt =
  /** Diverted, transferred or retargeted on its way: its caller did not call our number. */
  | "forwarded"
  /** No identity, more than one, a private one, or one that is not a plain telephone number. */
  | "withheld"
  /** A telephone number, but not in the trunk's `number_format`. */
  | "wrong_format"
  /** The signature failed, or attests less than the trunk asks for. */
  | "not_attested";

/** The reason, for the log and for operators. Contains nothing from the INVITE. */
export interface Objection {
  readonly doubt: Doubt;
  readonly why: string;
}

export interface CallerRules {
  readonly identity: "pai" | "from";
  readonly to_may_differ: boolean;
  readonly min_attestation?: "A" | "B" | "C";
}

/** Headers by which a network or phone says that the caller reached us by way of another: RFC 5806, 3892, 3891. */
const forwardingHeaders = ["diversion", "cc-diversion", "x-diversion", "referred-by", "b", "replaces"];

interface Address {
  /** User part, or the number of a tel URI, without its parameters. */
  readonly user: string;
  readonly host: string;
  /** `;name=value` of the user part and of the URI, in lower case. */
  readonly parameters: readonly string[];
}

/**
 * @param read gives the E.164 number that the trunk means; null: none
 * @returns the caller in E.164, or why the call proves nothing
 */
export function judgeCaller(
  invite: Invite,
  rules: CallerRules,
  read: (number: string) => string | null,
): { readonly caller: string } | Objection {
  const forwarded = forwardedBy(invite, rules, read);
  if (forwarded !== null) return { doubt: "forwarded", why: forwarded };
  const identity = identityOf(invite, rules);
  if (typeof identity === "string") return { doubt: "withheld", why: identity };
  const attestation = attestationProblem(invite, identity, rules.min_attestation);
  if (attestation !== null) return { doubt: "not_attested", why: attestation };
  const caller = read(identity.user);
  return caller === null
    ? { doubt: "wrong_format", why: "the caller's number is not in this trunk's number_format" }
    : { caller };
}

/** The number of a user part: its parameters (`;npdi;rn=…`, RFC 4694) are not part of it. '' where there is none. */
export function numberOf(user: string): string {
  const [number = ""] = user.split(";");
  return isSignalledCallerId(number) ? number : "";
}

/** What a phone would show as the caller; '' where withheld. For diagnosis only, never as proof. */
export function shownCaller(invite: Invite): string {
  if (isPrivate(invite)) return "";
  return readAddress(invite.asserted[0] ?? invite.from)?.user ?? "";
}

function forwardedBy(invite: Invite, rules: CallerRules, read: (number: string) => string | null): string | null {
  const header = forwardingHeaders.find((name) => invite.names.includes(name));
  if (header !== undefined) return `it has the header ${header === "b" ? "referred-by" : header}`;
  const histories = invite.names.filter((name) => name === "history-info").length;
  if (histories > 3 || (histories > 0 && invite.history.length === 0)) return "its History-Info cannot be read whole";
  if (invite.history.some((value) => /\b(?:cause|reason)\s*(?:=|%3d)/i.test(value)))
    return "its History-Info has a cause";
  if (rules.to_may_differ) return null;
  if (invite.history.some((value) => /;\s*mp\s*=/i.test(value))) return "its History-Info has an mp parameter";
  const to = read(numberOf(readAddress(invite.to)?.user ?? ""));
  if (to === null || to !== read(numberOf(invite.called))) {
    return "To differs from the Request-URI (inbound.to_may_differ allows that)";
  }
  return null;
}

function identityOf(invite: Invite, { identity }: CallerRules): Address | string {
  if (isPrivate(invite)) return "the caller asked for privacy";
  const asserted = invite.names.filter((name) => name === "p-asserted-identity").length;
  if (asserted > 1 || invite.asserted.length > 1) return "it has more than one P-Asserted-Identity";
  if (asserted !== invite.asserted.length) return "its P-Asserted-Identity cannot be read whole";
  const [value] = invite.asserted;
  const pai = value === undefined ? null : readAddress(value);
  if (value !== undefined && !isIdentity(pai)) return "its P-Asserted-Identity is not one telephone number";
  if (identity === "pai") {
    return pai ?? "it has no P-Asserted-Identity (inbound.identity: from trusts From)";
  }
  const from = readAddress(invite.from);
  if (!isIdentity(from)) return "its From is not one telephone number";
  if (pai !== null && pai.user !== from.user) return "its From and P-Asserted-Identity differ";
  return from;
}

function isIdentity(address: Address | null): address is Address {
  // phone-context: the digits are only a part of the number (RFC 3966, 5.1.5).
  return (
    address !== null &&
    isSignalledCallerId(address.user) &&
    !address.parameters.some((own) => own.startsWith("phone-context"))
  );
}

/** RFC 3323, 4.1.1.3 and 4.2; any value but `none` asks for some kind of privacy. */
function isPrivate(invite: Invite): boolean {
  const values = invite.names.filter((name) => name === "privacy").length;
  if (values > 1 || (values === 1 && invite.privacy.trim().toLowerCase() !== "none")) return true;
  const from = readAddress(invite.from);
  return from !== null && (/^anonymous$/i.test(from.user) || /^anonymous\.invalid$/i.test(from.host));
}

/** verstat: 3GPP TS 24.229, 7.2A.20, with the level after it where the network gives one. Levels: ATIS-1000074. */
function attestationProblem(
  invite: Invite,
  { parameters }: Address,
  least: "A" | "B" | "C" | undefined,
): string | null {
  const verstats = parameters.filter((own) => own.startsWith("verstat="));
  if (verstats.some((own) => own.startsWith("verstat=tn-validation-failed")))
    return "its signature is not valid (verstat)";
  if (least === undefined) return null;
  const passed = verstats.map((own) => /^verstat=tn-validation-passed(?:-([abc]))?$/.exec(own));
  if (passed.includes(null)) return "its signature was not validated (verstat)";
  const levels = [
    // A signature that was validated attests C at least.
    ...passed.map((match) => (match?.[1] ?? (invite.attestation.length === 0 ? "c" : "a")).toUpperCase()),
    ...invite.attestation.map((value) => value.trim().toUpperCase()),
  ];
  const worst = levels.sort().at(-1);
  if (worst !== undefined && /^[ABC]$/.test(worst) && worst <= least) return null;
  return `its attestation is below ${least} or not given (inbound.min_attestation)`;
}

/**
 * Reads one name-addr or addr-spec (RFC 3261, 20.10) with a sip, sips or tel URI, strictly: a second value after a comma,
 * a password, embedded headers or anything else that leaves a doubt is null.
 */
function readAddress(value: string): Address | null {
  const text = value.trim();
  const bracketed = /^(?:"(?:[^"\\]|\\.)*"[ \t]*|[^"<>,;@:]*)<([^<>"\s]*)>[ \t]*(?:;[^<>",]*)?$/.exec(text);
  const uri = bracketed === null ? /^[^<>",\s]+$/.exec(text)?.[0] : bracketed[1];
  if (uri === undefined) return null;
  const tel = /^tel:([^;?@]+)((?:;[^?@]*)?)$/i.exec(uri);
  if (tel !== null) return { user: tel[1] ?? "", host: "", parameters: split(tel[2]) };
  const sip = /^sips?:([^@:?]+)@([^@;?]+)((?:;[^?@]*)?)$/i.exec(uri);
  if (sip === null) return null;
  const [user = "", ...ofUser] = (sip[1] ?? "").split(";");
  return { user, host: sip[2] ?? "", parameters: [...ofUser.map((own) => own.toLowerCase()), ...split(sip[3])] };
}

const split = (parameters = "") => parameters.toLowerCase().split(";").slice(1);
