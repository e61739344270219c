/** Reads the digits of a number by libphonenumber's numbering plans, and says why where they are none. */
import {
  type CountryCode,
  getCountryCallingCode,
  Metadata,
  ParseError,
  type PhoneNumber,
  parsePhoneNumberWithError,
} from "./library.ts";
import type { NumberRefusal } from "./types.ts";

export interface Reading {
  readonly number: PhoneNumber;
  /**
   * Whether the library read a number other than the one that was written: it drops (and in some countries replaces) a prefix
   * that is dialed inside the country only, also behind the calling code, where it is a typing error.
   */
  readonly altered: boolean;
}

/** What the library's classes have, beyond their type declarations. */
interface WithSource {
  /** How it found the calling code; undefined: the number is in national format. */
  readonly __countryCallingCodeSource?: string;
}
interface WithIdd {
  selectNumberingPlan(country: string): void;
  /** A pattern. */
  IDDPrefix(): string | undefined;
}

interface WithLengths {
  selectNumberingPlan(countryOrCallingCode: string): void;
  /** In ascending order. */
  possibleLengths(): readonly number[] | undefined;
}

/**
 * @param digits with the plus sign where it has one
 * @param home of national format
 */
export function readDigits(
  digits: string,
  home: CountryCode | undefined,
): Reading | { readonly refusal: NumberRefusal } {
  try {
    // `extract: false`: the digits are the complete number; the library must not search for one within them.
    const options = home === undefined ? { extract: false } : { extract: false, defaultCountry: home };
    const number = parsePhoneNumberWithError(digits, options);
    return { number, altered: isAltered(digits, home, number) };
  } catch (error) {
    return { refusal: whyUnparseable(digits, error instanceof ParseError ? error.message : "") };
  }
}

function isAltered(digits: string, home: CountryCode | undefined, number: PhoneNumber & WithSource): boolean {
  const source = number.__countryCallingCodeSource;
  if (source === undefined || digits === number.number) return false;
  const written = number.number.slice(1);
  if (source !== "FROM_NUMBER_WITH_IDD" || home === undefined) return digits !== written;
  if (!digits.endsWith(written)) return true;
  const metadata = new Metadata() as unknown as WithIdd;
  metadata.selectNumberingPlan(home);
  return !new RegExp(`^(?:${metadata.IDDPrefix() ?? ""})$`).test(digits.slice(0, -written.length));
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
  if (digits.startsWith("+")) {
    return refused("number_invalid", "No country has this calling code.", "unknown_calling_code");
  }
  const detail = digits.startsWith("00")
    ? "Write + and the country's calling code instead of 00, or add `country`."
    : "Write the number with + and the country's calling code, or add `country`.";
  return refused("number_invalid", detail, "country_needed");
}

/** Why what was read as a number is none that is in use; the plan is the number's country, or its calling code. */
export function whyInvalid(home: CountryCode | undefined, { number, altered }: Reading): NumberRefusal {
  const { countryCallingCode: callingCode } = number;
  if (altered && number.isValid()) {
    const detail = `Behind the calling code +${callingCode} is a prefix that is dialed inside the country only; leave it out.`;
    return { ...refused("number_invalid", detail, "national_prefix"), meant: number.number };
  }
  const isOfHome = home !== undefined && getCountryCallingCode(home) === callingCode;
  const country = number.country ?? (isOfHome ? home : null);
  return {
    ...whyNotInPlan(number),
    plan: { country, callingCode, digits: number.nationalNumber },
  };
}

/** As `validatePhoneNumberLength` of the library says it, which would read the text once more. */
function whyNotInPlan({ country, countryCallingCode, nationalNumber }: PhoneNumber): NumberRefusal {
  const plan = country ?? `the +${countryCallingCode} numbering plan`;
  const metadata = new Metadata() as unknown as WithLengths;
  metadata.selectNumberingPlan(country ?? countryCallingCode);
  const lengths = metadata.possibleLengths() ?? [];
  const [least, most] = [lengths[0], lengths.at(-1)];
  const { length } = nationalNumber;
  if (least === undefined || most === undefined || lengths.includes(length)) {
    return refused("number_invalid", `The number is in no range that is in use in ${plan}.`, "not_in_use");
  }
  if (length < least) return refused("number_too_short", `The number has too few digits for ${plan}.`, "too_short");
  if (length > most) return refused("number_too_long", `The number has too many digits for ${plan}.`, "too_long");
  return refused("number_invalid", `No number in ${plan} has this many digits.`, "invalid_length");
}

function refused(code: NumberRefusal["code"], detail: string, cause: NumberRefusal["cause"]): NumberRefusal {
  return { code, detail, cause };
}
