/** Parses and classifies phone numbers with libphonenumber's numbering plans. */

import {
  type CountryCode,
  type NumberType as LibraryType,
  ParseError,
  PhoneNumber,
  parsePhoneNumberWithError,
  validatePhoneNumberLength,
} from "libphonenumber-js/max";
import { following } from "../shared/live-view.ts";
import type { NumbersConfig } from "./config.ts";
import { readCountry } from "./country.ts";
import { isE164 } from "./e164.ts";
import { createPlans } from "./plans.ts";
import { createPolicy } from "./policy.ts";
import type { Numbers } from "./ports.ts";
import { readRaw } from "./raw.ts";
import type { CalleeBounds, NumberFacts, NumberRefusal, NumberType } from "./types.ts";

const types: Readonly<Record<Exclude<LibraryType, undefined>, NumberType>> = {
  MOBILE: "mobile",
  FIXED_LINE: "fixed_line",
  FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
  PREMIUM_RATE: "premium_rate",
  TOLL_FREE: "toll_free",
  SHARED_COST: "shared_cost",
  VOIP: "voip",
  PERSONAL_NUMBER: "personal_number",
  PAGER: "pager",
  UAN: "uan",
  VOICEMAIL: "voicemail",
};

/**
 * Inmarsat, the GMSS networks (Iridium, Globalstar) and Thuraya: ITU-T's list of E.164 country codes. The library calls
 * them mobile or VoIP; a minute costs several euros.
 */
const satellitePrefixes = /^\+(870|881|88216)/;

/**
 * Classifies numbers without calling them, and decides which of them policy allows to call.
 *
 * `possible` means that the length fits the country's numbering plan; `valid` that the digits are in a range that is in
 * use there. Neither means that the number is assigned to a subscriber.
 */
export function createNumbers(config: NumbersConfig): Numbers {
  const policy = createPolicy(config);
  const plans = createPlans();

  /** @param whole the number as the library sees it; called only for what few requests need */
  function factsOf(
    about: Pick<NumberFacts, "input" | "e164" | "valid" | "type" | "country" | "refusal">,
    whole: () => PhoneNumber,
  ) {
    return {
      ...about,
      callable: about.refusal === null,
      // Computed on access: a start does not read them, and they take most of the time.
      get possible() {
        return whole().isPossible();
      },
      get national() {
        return whole().formatNational();
      },
      get international() {
        return whole().formatInternational();
      },
      get rfc3966() {
        return uriOf(whole().formatInternational());
      },
    };
  }

  /** A number in a range that is in use, without anything unusual; null: the library decides. */
  function planned(input: string, e164: string, bounds: CalleeBounds | null): NumberFacts | null {
    const found = isE164(e164) ? plans(e164) : null;
    if (found === null) return null;
    const { country } = found;
    const type = typeOf(e164, found.type);
    const refusal = policy.judge(country, type, bounds, e164);
    let whole: PhoneNumber | null = null;
    return factsOf({ input, e164, valid: true, type, country, refusal }, () => {
      whole ??= Object.assign(new PhoneNumber(e164), { country });
      return whole;
    });
  }

  return {
    examine(input, country, bounds) {
      const raw = readRaw(input);
      if ("refusal" in raw) return unreadable(input, raw.refusal);
      const wanted = country ?? config.default_country;
      const read = wanted === undefined ? { country: undefined } : readCountry(wanted);
      if ("refusal" in read) return unreadable(input, read.refusal);
      const home = read.country;
      const usual = planned(input, raw.digits, bounds);
      if (usual !== null) return usual;
      const parsed = parse(raw.digits, home);
      if ("refusal" in parsed) return unreadable(input, parsed.refusal);

      const { number } = parsed;
      // With the full metadata, valid numbers are those that have a type; asking isValid() too would do the work twice.
      const libraryType = number.getType();
      const valid = libraryType !== undefined && isE164(number.number);
      const type = typeOf(number.number, libraryType);
      const refusal = valid
        ? policy.judge(number.country ?? null, type, bounds, number.number)
        : whyInvalid(raw.digits, home, number);
      const e164 = isE164(number.number) ? number.number : null;
      return factsOf({ input, e164, valid, type, country: number.country ?? null, refusal }, () => number);
    },
  };
}

/** The same by a policy that may be replaced. @param config the section that holds now */
export function createLiveNumbers(config: () => NumbersConfig): Numbers {
  const present = following(config, createNumbers);
  return { examine: (input, country, bounds) => present().examine(input, country, bounds) };
}

function typeOf(e164: string, libraryType: LibraryType): NumberType {
  if (libraryType === undefined) return "unknown";
  return satellitePrefixes.test(e164) ? "satellite" : types[libraryType];
}

function parse(digits: string, home: CountryCode | undefined): { number: PhoneNumber } | { refusal: NumberRefusal } {
  try {
    // `extract: false`: the digits are the complete number; the library must not search for one within them.
    const options = home === undefined ? { extract: false } : { extract: false, defaultCountry: home };
    return { number: parsePhoneNumberWithError(digits, options) };
  } catch (error) {
    return { refusal: whyUnparseable(digits, error instanceof ParseError ? error.message : "") };
  }
}

function whyUnparseable(digits: string, reason: string): NumberRefusal {
  switch (reason) {
    case "TOO_SHORT":
      return refused("number_too_short", "The number has too few digits for any country.", "too_short");
    case "TOO_LONG":
      return refused("number_too_long", "The number has more digits than E.164 allows.", "too_long");
    case "INVALID_COUNTRY":
      return whyNoCountry(digits);
    default:
      return refused("number_invalid", "This is not a phone number.", "not_a_number");
  }
}

function whyNoCountry(digits: string): NumberRefusal {
  if (digits.startsWith("+")) return refused("number_invalid", "No country has this calling code.", "unknown_calling_code");
  const detail = digits.startsWith("00")
    ? "Write + and the country's calling code instead of 00, or add `country`."
    : "Write the number with + and the country's calling code, or add `country`.";
  return refused("number_invalid", detail, "country_needed");
}

function whyInvalid(digits: string, home: CountryCode | undefined, number: PhoneNumber): NumberRefusal {
  const plan = number.country ?? `the +${number.countryCallingCode} numbering plan`;
  switch (validatePhoneNumberLength(digits, home)) {
    case "TOO_SHORT":
      return refused("number_too_short", `The number has too few digits for ${plan}.`, "too_short");
    case "TOO_LONG":
      return refused("number_too_long", `The number has too many digits for ${plan}.`, "too_long");
    case "INVALID_LENGTH":
      return refused("number_invalid", `No number in ${plan} has this many digits.`, "invalid_length");
    default:
      return refused("number_invalid", `The number is in no range that is in use in ${plan}.`, "not_in_use");
  }
}

function refused(code: NumberRefusal["code"], detail: string, cause: NumberRefusal["cause"]): NumberRefusal {
  return { code, detail, cause };
}

/** RFC 3966, as libphonenumber writes it: the separators of the international format are hyphens. */
function uriOf(international: string): string {
  return `tel:${international.replace(/[^\d+]+/g, "-")}`;
}

function unreadable(input: string, refusal: NumberRefusal): NumberFacts {
  return {
    input,
    e164: null,
    valid: false,
    possible: false,
    type: "unknown",
    country: null,
    national: null,
    international: null,
    rfc3966: null,
    callable: false,
    refusal,
  };
}
