/** Parses and classifies phone numbers with libphonenumber's numbering plans. */
import { following } from "../shared/live-view.ts";
import type { NumbersConfig } from "./config.ts";
import { readCountry } from "./country.ts";
import { isE164 } from "./e164.ts";
import {
  type CountryCode,
  type NumberType as LibraryType,
  type NumberingMetadata,
  numberingMetadata,
  PhoneNumber,
} from "./library.ts";
import { createNational } from "./national.ts";
import { createPlans } from "./plans.ts";
import { createPolicy } from "./policy.ts";
import type { Numbers, QuickNumbers, UsualNumber } from "./ports.ts";
import { readRaw } from "./raw.ts";
import { readDigits, whyInvalid } from "./reading.ts";
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
export function createNumbers(config: NumbersConfig): QuickNumbers {
  const policy = createPolicy(config);
  const plans = createPlans();
  const national = createNational();

  /** @param whole the number as the library sees it; called only for what few requests need */
  function factsOf(
    about: Pick<NumberFacts, "input" | "e164" | "valid" | "type" | "country" | "refusal">,
    whole: () => PhoneNumber,
  ) {
    const { input, e164, valid, type, country, refusal } = about;
    // Key by key: every start makes one, and copying an object costs more than the rest.
    return {
      input,
      e164,
      valid,
      type,
      country,
      refusal,
      callable: refusal === null,
      // Computed on access: a start does not read them, and they take most of the time.
      get possible() {
        return whole().isPossible();
      },
      get national() {
        return whole().formatNational();
      },
      get international() {
        return shownOf(whole());
      },
      get rfc3966() {
        return uriOf(shownOf(whole()));
      },
    };
  }

  /** A number in a range that is in use, without anything unusual; null: the library decides. */
  function planned(e164: string, bounds: CalleeBounds | null): UsualNumber | null {
    const found = isE164(e164) ? plans(e164) : null;
    if (found === null) return null;
    // Of countries' codes alone: no satellite network has one.
    const { country } = found;
    const type = types[found.type];
    return { e164, type, country, refusal: policy.judge(country, type, bounds, e164) };
  }

  /**
   * The same for one in national format; only where it is a number of that country, and not of another with its calling code.
   */
  function usualOf(digits: string, home: CountryCode | undefined, bounds: CalleeBounds | null): UsualNumber | null {
    const complete = planned(digits, bounds);
    if (complete !== null || home === undefined) return complete;
    const e164 = national(digits, home);
    const found = e164 === null ? null : planned(e164, bounds);
    return found?.country === home ? found : null;
  }

  /** The latest one: a list asks for the same country again and again. */
  let latestHome: {
    readonly of: string;
    readonly by: NumberingMetadata;
    readonly read: ReturnType<typeof readCountry>;
  } | null = null;

  function homeOf(country: string | null) {
    const wanted = country ?? config.default_country;
    if (wanted === undefined) return { country: undefined };
    if (latestHome?.of !== wanted || latestHome.by !== numberingMetadata()) {
      latestHome = { of: wanted, by: numberingMetadata(), read: readCountry(wanted) };
    }
    return latestHome.read;
  }

  /** What the library says of what is no usual number. */
  function examined(input: string, digits: string, home: CountryCode | undefined, bounds: CalleeBounds | null) {
    const reading = readDigits(digits, home);
    if ("refusal" in reading) return unreadable(input, reading.refusal);
    const { number } = reading;
    // What was written is not a number, and what was read was not written: that is offered, never taken.
    if (reading.altered) {
      return { ...unreadable(input, whyInvalid(home, reading)), country: number.country ?? null };
    }

    // With the full metadata, valid numbers are those that have a type; asking isValid() too would do the work twice.
    const libraryType = number.getType();
    const valid = libraryType !== undefined && isE164(number.number);
    const type = typeOf(number.number, libraryType);
    const refusal = valid
      ? policy.judge(number.country ?? null, type, bounds, number.number)
      : whyInvalid(home, reading);
    const e164 = isE164(number.number) ? number.number : null;
    return factsOf({ input, e164, valid, type, country: number.country ?? null, refusal }, () => number);
  }

  return {
    usual(input, country, bounds) {
      const raw = readRaw(input);
      if ("refusal" in raw) return null;
      const home = homeOf(country);
      return "refusal" in home ? null : usualOf(raw.digits, home.country, bounds);
    },

    unusual(input, country, bounds) {
      const raw = readRaw(input);
      if ("refusal" in raw) return unreadable(input, raw.refusal);
      const home = homeOf(country);
      return "refusal" in home ? unreadable(input, home.refusal) : examined(input, raw.digits, home.country, bounds);
    },

    examine(input, country, bounds) {
      const raw = readRaw(input);
      if ("refusal" in raw) return unreadable(input, raw.refusal);
      const home = homeOf(country);
      if ("refusal" in home) return unreadable(input, home.refusal);
      const usual = usualOf(raw.digits, home.country, bounds);
      if (usual === null) return examined(input, raw.digits, home.country, bounds);
      let whole: PhoneNumber | null = null;
      const { e164, type, country: found, refusal } = usual;
      return factsOf({ input, e164, valid: true, type, country: found, refusal }, () => {
        whole ??= Object.assign(new PhoneNumber(usual.e164), { country: usual.country });
        return whole;
      });
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

/** The international format, made once for a number. */
function shownOf(number: PhoneNumber & { shown?: string }): string {
  number.shown ??= number.formatInternational();
  return number.shown;
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
