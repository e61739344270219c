/**
 * Converts numbers to and from a trunk's format. A number that matches one of the trunk's rules is written by that rule,
 * every other one in the trunk's format. Nothing here throws: a number that cannot be written is null.
 */

import { isE164 } from "../../numbers/e164.ts";
import { isDialString, isSignalledCallerId } from "../call-control/signalled-number.ts";
import type { NumberRule, TrunkConfig } from "./config.ts";
import { createPrefixTable } from "./prefix-table.ts";

export interface NumberFormat {
  /**
   * The callee in the trunk's format.
   * @param e164 with the plus sign
   * @returns what Asterisk may dial; null where the number cannot be written, for instance with more than 24 digits
   */
  callee(e164: string): string | null;
  /** The same for the caller ID, which has 15 digits at most. */
  callerId(e164: string): string | null;
  /**
   * The E.164 number of an inbound call's caller ID: the only one that `callerId` would write like this. A number with a
   * leading plus sign is accepted in every format.
   * @returns E.164 with the plus sign; null where there is none, or more than one: a call must never count for another caller
   */
  fromTrunk(number: string): string | null;
}

export type NumberFormatConfig = Pick<
  TrunkConfig,
  | "number_format"
  | "country_calling_code"
  | "national_prefix"
  | "international_prefix"
  | "callee_rules"
  | "caller_id_rules"
>;

export function createNumberFormat(trunk: NumberFormatConfig): NumberFormat {
  const format = formatOf(trunk);
  const callee = writer(format, trunk.callee_rules, isDialString);
  const callerId = writer(format, trunk.caller_id_rules, isSignalledCallerId);
  return {
    callee,
    callerId,
    fromTrunk(number) {
      if (!isSignalledCallerId(number)) return null;
      const guesses = [format.read(number), ...trunk.caller_id_rules.map((rule) => beforeRule(rule, number))];
      const callers = new Set(guesses.filter((guess) => isE164(guess) && callerId(guess) === number));
      if (isE164(number)) callers.add(number);
      const [caller = null] = callers;
      return callers.size === 1 ? caller : null;
    },
  };
}

/** The format of each trunk, by its name. */
export function createNumberFormats(
  trunks: Readonly<Record<string, NumberFormatConfig>>,
): ReadonlyMap<string, NumberFormat> {
  return new Map(Object.entries(trunks).map(([name, trunk]) => [name, createNumberFormat(trunk)]));
}

/** One format of all numbers. */
interface Format {
  /** Null for a number that the trunk would read as another one. */
  write(e164: string): string | null;
  /** A candidate for the number that `write` made this from; the caller verifies it. */
  read(number: string): string;
}

function formatOf(trunk: NumberFormatConfig): Format {
  switch (trunk.number_format) {
    case "+e164":
      return { write: (e164) => e164, read: (number) => number };
    case "e164":
      return { write: (e164) => e164.slice(1), read: (number) => `+${number}` };
    case "national":
      return nationalFormat(`+${trunk.country_calling_code ?? ""}`, trunk.national_prefix, trunk.international_prefix);
  }
}

/**
 * As dialled: a number that begins with the international prefix is one of another country. So a national number that
 * would begin with it (+44 0770… for 00770…) is not written at all: it would ring another person.
 */
function nationalFormat(home: string, nationalPrefix: string, internationalPrefix: string): Format {
  return {
    write(e164) {
      if (!e164.startsWith(home)) return internationalPrefix + e164.slice(1);
      const national = nationalPrefix + e164.slice(home.length);
      return national.startsWith(internationalPrefix) ? null : national;
    },
    read: (number) =>
      number.startsWith(internationalPrefix)
        ? `+${number.slice(internationalPrefix.length)}`
        : home + number.slice(nationalPrefix.length),
  };
}

/** @param mayLeave whether the result may be sent to Asterisk */
function writer(
  format: Format,
  rules: readonly NumberRule[],
  mayLeave: (number: string) => boolean,
): (e164: string) => string | null {
  const table = createPrefixTable(rules.map((rule) => [rule.prefix, rule]));
  return (e164) => {
    if (!isE164(e164)) return null;
    const rule = table.longest(e164);
    const number = rule === undefined ? format.write(e164) : rule.add + e164.slice(1 + rule.strip);
    return number !== null && mayLeave(number) ? number : null;
  };
}

/** The input from which a rule made this number. Unambiguous: a rule strips digits of its own prefix only. */
function beforeRule(rule: NumberRule, number: string): string {
  return rule.prefix.slice(0, 1 + rule.strip) + number.slice(rule.add.length);
}
