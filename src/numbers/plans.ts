/**
 * Country and type of complete numbers, by libphonenumber's numbering plans with their patterns compiled once. The library
 * makes each pattern anew for every number, which is most of what a number costs. This answers only where nothing about the
 * number is unusual; the library decides all others. A test compares both for numbers of every country.
 */
import { createCodeTable } from "./code-table.ts";
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  type NumberType as LibraryType,
  Metadata,
  numberingMetadata,
} from "./library.ts";

export interface Planned {
  readonly country: CountryCode;
  readonly type: Exclude<LibraryType, undefined>;
}

/** What the library's class has, beyond its type declarations. */
interface Plans {
  selectNumberingPlan(countryOrCallingCode: string): void;
  getCountryCodesForCallingCode(callingCode: string): readonly CountryCode[] | undefined;
  nationalNumberPattern(): string;
  nationalPrefixForParsing(): string | undefined;
  leadingDigits(): string | undefined;
  type(name: string): { pattern(): string; possibleLengths(): readonly number[] | undefined } | undefined;
}

/** In the library's order: the first that matches counts. A number that is also a fixed line is looked at before. */
const otherTypes = [
  ...["MOBILE", "PREMIUM_RATE", "TOLL_FREE", "SHARED_COST", "VOIP", "PERSONAL_NUMBER", "PAGER", "UAN", "VOICEMAIL"],
] as readonly Planned["type"][];

type Matches = (national: string) => boolean;

interface CountryPlan {
  readonly country: CountryCode;
  /** Null: its numbers are recognised by their types. */
  readonly leadingDigits: RegExp | null;
  typeOf(national: string): LibraryType;
}

interface CallingCodePlan {
  /** What may be a national prefix, which people write behind the calling code by mistake. */
  readonly nationalPrefix: RegExp | null;
  /** The main country first. */
  readonly countries: readonly CountryPlan[];
}

/** @returns a function that classifies a valid number in E.164; null where the library has to */
export function createPlans(): (e164: string) => Planned | null {
  let of = numberingMetadata();
  let planned = createPlansInUse();
  return (e164) => {
    if (of !== numberingMetadata()) {
      of = numberingMetadata();
      planned = createPlansInUse();
    }
    return planned(e164);
  };
}

function createPlansInUse(): (e164: string) => Planned | null {
  const metadata = new Metadata() as unknown as Plans;
  const compiled = createCodeTable<CallingCodePlan | null>();
  for (const country of getCountries()) compiled.set(getCountryCallingCode(country), null);

  function planOf(e164: string, digits: number): CallingCodePlan {
    const known = compiled.get(e164, digits);
    if (known !== null) return known;
    const code = e164.slice(1, 1 + digits);
    const plan = compile(metadata, code);
    compiled.set(code, plan);
    return plan;
  }

  return (e164) => {
    const digits = compiled.digitsOf(e164);
    if (digits === 0) return null;
    const { nationalPrefix, countries } = planOf(e164, digits);
    const national = e164.slice(1 + digits);
    if (nationalPrefix?.test(national)) return null;
    for (const plan of countries) {
      const isKnown = countries.length === 1 || plan.leadingDigits?.test(national) === true;
      if (!isKnown && plan.leadingDigits !== null) continue;
      const type = plan.typeOf(national);
      if (type !== undefined) return { country: plan.country, type };
      // It is in none of its country's ranges.
      if (isKnown) return null;
    }
    return null;
  };
}

function compile(metadata: Plans, callingCode: string): CallingCodePlan {
  metadata.selectNumberingPlan(callingCode);
  const prefix = metadata.nationalPrefixForParsing();
  const countries = metadata.getCountryCodesForCallingCode(callingCode) ?? [];
  return {
    nationalPrefix: prefix === undefined || prefix === "" ? null : new RegExp(`^(?:${prefix})`),
    countries: countries.map((country) => compileCountry(metadata, country)),
  };
}

function compileCountry(metadata: Plans, country: CountryCode): CountryPlan {
  metadata.selectNumberingPlan(country);
  const whole = entirely(metadata.nationalNumberPattern());
  const matches = (name: string): Matches | null => {
    const type = metadata.type(name);
    // '' stands for the same pattern as that of fixed lines.
    if (!type?.pattern()) return null;
    // Bit n: a number may have n digits.
    const lengths = type.possibleLengths()?.reduce((bits, length) => bits | (1 << length), 0) ?? -1;
    const pattern = entirely(type.pattern());
    return (national) => (lengths & (1 << national.length)) !== 0 && pattern.test(national);
  };
  const isFixed = matches("FIXED_LINE");
  const isMobile = matches("MOBILE");
  const others = otherTypes.flatMap((type) => {
    const is = matches(type);
    return is === null ? [] : [{ type, is }];
  });
  const leading = metadata.leadingDigits();
  return {
    country,
    leadingDigits: leading ? new RegExp(`^(?:${leading})`) : null,
    typeOf(national) {
      if (!whole.test(national)) return undefined;
      if (isFixed?.(national)) return (isMobile?.(national) ?? true) ? "FIXED_LINE_OR_MOBILE" : "FIXED_LINE";
      for (const { type, is } of others) if (is(national)) return type;
      return undefined;
    },
  };
}

const entirely = (pattern: string) => new RegExp(`^(?:${pattern})$`);
