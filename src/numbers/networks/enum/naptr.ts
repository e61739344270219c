/**
 * Reads what an ENUM answer says of a number: NAPTR records (RFC 3403) of the services `E2U+pstn` (RFC 4769) and `E2U+sip`
 * (RFC 6116, RFC 3764), with the parameters of number portability (RFC 4694: npdi, rn; spn, mcc and mnc as suppliers of such
 * lookups add them), or with a host name of the mobile core (3GPP TS 23.003 § 19.2: mnc001.mcc250.3gppnetwork.org).
 *
 * The record's regular expression is not run: its parameters stand in the replacement, and a pattern that comes from outside
 * could take for ever.
 */
import type { NaptrRecord } from "node:dns";
import { maxNameLength } from "../file-line.ts";
import { mccMncOf } from "../mcc-mnc.ts";

export interface EnumAnswer {
  readonly mccMnc: string | null;
  readonly name: string | null;
  /** Service provider number, and routing number without the plus sign; each null where the answer has none. */
  readonly spn: string | null;
  readonly rn: string | null;
  readonly ported: boolean | null;
}

/** An honest answer has one to four. */
const mostRecords = 32;
const mostCharacters = 1000;
const service = /^e2u(\+[a-z0-9:-]+)*\+(pstn|sip|tel)(:[a-z0-9:-]+)?(\+[a-z0-9:-]+)*$/i;

/** @param e164 with the plus sign @returns null where no record says anything of the number's network */
export function readAnswer(records: readonly NaptrRecord[], e164: string): EnumAnswer | null {
  const usable = records
    .slice(0, mostRecords)
    .filter((record) => /^u$/i.test(record.flags) && service.test(record.service))
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
  for (const { regexp } of usable) {
    const uri = replacementOf(regexp);
    const answer = uri === null ? null : readUri(uri, e164);
    if (answer !== null) return answer;
  }
  return null;
}

/** Of `!pattern!replacement!flags`; the first character separates (RFC 3402 § 3.2). Null: it is none. */
export function replacementOf(regexp: string): string | null {
  if (regexp.length > mostCharacters) return null;
  const mark = regexp[0] ?? "";
  if (mark === "" || /[\\\di]/.test(mark)) return null;
  const parts: string[] = [""];
  for (let at = 1; at < regexp.length; at++) {
    const one = regexp[at] as string;
    if (one === mark) parts.push("");
    else if (one === "\\" && at + 1 < regexp.length) parts[parts.length - 1] += one + regexp[++at];
    else parts[parts.length - 1] += one;
  }
  return parts.length === 3 ? (parts[1] as string) : null;
}

/** `tel:+4412;npdi;rn=…`, `sip:+4412;npdi@host;user=phone`, or parameters alone. */
function readUri(text: string, e164: string): EnumAnswer | null {
  // Semicolons are escaped, once or twice, as in zone files; \0 to \9 stand for the number itself.
  const plain = text.replace(/\\+(\D)/g, "$1");
  const [, scheme, rest = ""] = /^(?:(tel|sips?):)?(.*)$/is.exec(plain) ?? [];
  const at = rest.indexOf("@");
  const [user = "", host = ""] = at < 0 ? [rest] : [rest.slice(0, at), rest.slice(at + 1)];
  const [number = "", ...own] = user.split(";");
  const parameters = parametersOf(scheme === undefined ? [number, ...own] : own);
  // An answer about another number is an error or a forgery.
  if (scheme !== undefined && !number.includes("\\") && digitsOf(number) !== digitsOf(e164)) return null;
  const failed = parameters.get("err") ?? "0";
  return failed === "0" ? answerOf(parameters, host) : null;
}

function answerOf(parameters: ReadonlyMap<string, string>, host: string): EnumAnswer | null {
  const [, mnc, mcc] = /(?:^|\.)mnc(\d{2,3})\.mcc(\d{3})\.3gppnetwork\.org$/i.exec(host.split(/[;:?]/)[0] ?? "") ?? [];
  const answer = {
    mccMnc: mccMncOf(parameters.get("mcc") ?? mcc ?? "", parameters.get("mnc") ?? mnc ?? ""),
    name: nameOf(parameters.get("operator") ?? parameters.get("cn")),
    spn: /^[\w.-]{1,40}$/.exec(parameters.get("spn") ?? "")?.[0] ?? null,
    rn: /^\+?([\da-f.() -]{1,40})$/i.exec(parameters.get("rn") ?? "")?.[1]?.replace(/[.() -]/g, "") || null,
    ported: portedOf(parameters),
  };
  return Object.values(answer).every((value) => value === null) ? null : answer;
}

/** With npdi a lookup was made, and a number that was not ported has no rn (RFC 4694 § 5.2). */
function portedOf(parameters: ReadonlyMap<string, string>): boolean | null {
  const said = parameters.get("ported")?.toLowerCase();
  if (said === "true" || said === "1" || said === "yes") return true;
  if (said === "false" || said === "0" || said === "no") return false;
  return parameters.has("npdi") ? parameters.has("rn") : null;
}

function parametersOf(list: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    list.flatMap((one) => {
      const [, name = "", value = ""] = /^([\w-]{1,20})(?:=(.*))?$/s.exec(one) ?? [];
      return name === "" || value === "null" ? [] : [[name.toLowerCase(), value] as const];
    }),
  );
}

function nameOf(text: string | undefined): string | null {
  return text === undefined || text === "" || text.length > maxNameLength || /\p{Cc}/u.test(text) ? null : text;
}

const digitsOf = (text: string) => text.replace(/\D/g, "");
