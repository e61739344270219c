/** What Google's own library says of a number, in the words of ours. */
import google from "google-libphonenumber";

type Util = ReturnType<typeof google.PhoneNumberUtil.getInstance>;
type Number = ReturnType<Util["parse"]>;

/** With the methods that its type declarations lack. */
const util = google.PhoneNumberUtil.getInstance() as Util & {
  getSupportedGlobalNetworkCallingCodes(): readonly number[];
  getExampleNumberForNonGeoEntity(callingCode: number): Number | null;
};
const typeNames = Object.entries(google.PhoneNumberType).map(
  ([name, value]) => [name.toLowerCase(), value as google.PhoneNumberType] as const,
);

/** Both libraries' answer for one number. */
export interface Answer {
  readonly valid: boolean;
  readonly possible: boolean;
  readonly type: string;
  readonly country: string | null;
  readonly national: string | null;
  readonly international: string | null;
}

export interface Example {
  /** ISO 3166, or the calling code where no country has it. */
  readonly of: string;
  readonly type: string;
  readonly e164: string;
}

/** Every example number in libphonenumber's data: of every region and type, and of the calling codes of no country. */
export function everyExample(): readonly Example[] {
  const ofRegions = util.getSupportedRegions().flatMap((region) =>
    typeNames.flatMap(([type, value]) => {
      const number = util.getExampleNumberForType(region, value);
      return number ? [{ of: region, type, e164: e164Of(number) }] : [];
    }),
  );
  const ofNone = util.getSupportedGlobalNetworkCallingCodes().flatMap((code) => {
    const number = util.getExampleNumberForNonGeoEntity(code);
    return number ? [{ of: `+${code}`, type: typeOf(number), e164: e164Of(number) }] : [];
  });
  return [...ofRegions, ...ofNone];
}

/** @returns null where it is no number by it */
export function askGoogle(e164: string): Answer | null {
  try {
    const number = util.parse(e164);
    const country: string | undefined = util.getRegionCodeForNumber(number);
    if (e164Of(number) !== e164) return null;
    return {
      valid: util.isValidNumber(number),
      possible: util.isPossibleNumber(number),
      type: typeOf(number),
      // 001 stands for no country.
      country: country === "001" ? null : (country ?? null),
      national: util.format(number, google.PhoneNumberFormat.NATIONAL),
      international: util.format(number, google.PhoneNumberFormat.INTERNATIONAL),
    };
  } catch {
    return null;
  }
}

/** The patterns and lengths of a region's plan, as far as they decide on validity and type. */
export function googlePlanOf(region: string): readonly string[] {
  const plan = (google as unknown as { metadata: { countryToMetadata: Record<string, unknown[]> } }).metadata
    .countryToMetadata[region];
  // phonemetadata.proto: 1 general_desc, 2 fixed_line … 8 voip, 21 pager, 25 uan, 28 voicemail; in each 2: the pattern.
  return [1, 2, 3, 4, 5, 6, 7, 8, 21, 25, 28].flatMap((field) => {
    const pattern = (plan?.[field] as unknown[] | undefined)?.[2];
    return typeof pattern === "string" ? [pattern] : [];
  });
}

const e164Of = (number: Number) => util.format(number, google.PhoneNumberFormat.E164);
const typeOf = (number: Number) => {
  const found = util.getNumberType(number);
  return typeNames.find(([, value]) => value === found)?.[0] ?? "unknown";
};
