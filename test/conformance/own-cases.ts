/** libphonenumber's own unit tests, answered by our code over their metadata: what agrees, what differs by intent, what is not ours. */
import { type NumberingMetadata, numberingMetadata, useNumberingMetadata } from "../../src/numbers/library.ts";
import { createNumbers } from "../../src/numbers/numbers.ts";
import type { NumberFacts } from "../../src/numbers/types.ts";
import { type Case, type RecordedNumber, readCases, readTestMetadata } from "./cases.ts";
import { convert } from "./convert.ts";
import { openPolicy } from "./disagreements.ts";

/** Why an answer of ours differs. */
export const caseReasons = {
  extension:
    "A number with an extension is refused: the number that is called must be the whole of what was asked for.",
  letters:
    "Letters are refused, never read as keypad digits (`1800 SIX-FLAGS`), labels (`tel:`) or placeholders (`0xx`); lookup suggests what may have been meant.",
  signs: "Signs that are not written in numbers are refused: `*`, `~`, `#`, `;`, a second plus sign.",
  plus_and_prefix:
    "An international prefix behind a plus sign (`+0064 …`) is refused; lookup suggests the number without it.",
  national_prefix:
    "A prefix that is dialed inside the country only is refused behind the calling code (`+64 03 …`); lookup suggests the number without it.",
  short: "A number has at least 7 digits with us, and none may be called that is shorter.",
  local:
    "A number that is complete only within its area (`253-0000`) is not possible with us: nobody can be called by it.",
  shared: "A number belongs to one country with us; libphonenumber finds one that two countries share valid for both.",
  separators: "The international format has spaces only (as above).",
  order:
    "libphonenumber-js asks for landlines before other types. The test metadata has numbers that are both; a test of ours shows that no real plan has.",
} as const;

export type CaseReason = keyof typeof caseReasons;

/** Methods that OneRing has nothing for. */
export const notOurs: Readonly<Record<string, readonly string[]>> = {
  "formats for calls from another country, by carrier, or as typed": [
    ...[
      "formatOutOfCountryCallingNumber",
      "formatOutOfCountryKeepingAlphaChars",
      "formatNationalNumberWithCarrierCode",
    ],
    ...["formatNationalNumberWithPreferredCarrierCode", "formatNumberForMobileDialing", "formatByPattern"],
    "formatInOriginalFormat",
  ],
  "comparison of two numbers": ["isNumberMatch"],
  "lengths possible for one type": ["isPossibleNumberForType", "isPossibleNumberForTypeWithReason"],
  "area and destination codes, geography": [
    ...[
      "isNumberGeographical",
      "getLengthOfGeographicalAreaCode",
      "getLengthOfNationalDestinationCode",
      "isNANPACountry",
    ],
  ],
  "the metadata itself (its examples are compared above)": [
    ...[
      "getMetadataForRegion",
      "getMetadataForNonGeographicalRegion",
      "getSupportedRegions",
      "getSupportedCallingCodes",
    ],
    ...["getSupportedGlobalNetworkCallingCodes", "getSupportedTypesForRegion", "getSupportedTypesForNonGeoEntity"],
    ...["getExampleNumber", "getExampleNumberForType", "getExampleNumberForNonGeoEntity", "getCountryCodeForRegion"],
    ...["getRegionCodeForCountryCode", "getRegionCodesForCountryCode", "getNddPrefixForRegion"],
  ],
  "steps inside its parser": [
    ...["getNationalSignificantNumber", "truncateTooLongNumber", "maybeStripNationalPrefixAndCarrierCode"],
    ...["maybeStripInternationalPrefixAndNormalize", "maybeExtractCountryCode", "isAlphaNumber"],
    "canBeInternationallyDialled",
  ],
};

export interface Judged extends Case {
  readonly verdict: "agrees" | "not ours" | "unexplained" | CaseReason;
  readonly expected: unknown;
  readonly ours: unknown;
}

const types = [
  ...["fixed_line", "mobile", "fixed_line_or_mobile", "toll_free", "premium_rate", "shared_cost", "voip"],
  ...["personal_number", "pager", "uan", "voicemail"],
];
const formats = ["e164", "international", "national", "rfc3966"] as const;
/** IS_POSSIBLE, IS_POSSIBLE_LOCAL_ONLY */
const [possible, possibleLocally] = [0, 4];

const numbers = createNumbers(openPolicy);

/** All recorded calls. Their metadata is in use while this runs, and only then. */
export function judgeCases(): readonly Judged[] {
  const before: NumberingMetadata = numberingMetadata();
  useNumberingMetadata({ plans: convert(readTestMetadata()), version: "test", source: "file", released: null });
  try {
    return readCases().map(judge);
  } finally {
    useNumberingMetadata(before);
  }
}

function judge(one: Case): Judged {
  const answer = answers[one.call]?.(one);
  if (answer === undefined) return { ...one, verdict: "not ours", expected: null, ours: null };
  const { expected, ours } = answer;
  const verdict = expected === ours ? "agrees" : (reasonOf(one, answer) ?? "unexplained");
  return { ...one, verdict, expected, ours };
}

interface Compared {
  readonly expected: unknown;
  readonly ours: unknown;
}

const answers: Readonly<Record<string, (one: Case) => Compared | undefined>> = {
  parse: parsed,
  parseAndKeepRawInput: parsed,
  isPossibleNumberString: (one) => ({ expected: one.result, ours: read(one)?.possible }),
  isPossibleNumber: (one) => ({ expected: one.result, ours: of(one).possible }),
  isPossibleNumberWithReason: (one) => ({
    expected: one.result === possible || one.result === possibleLocally,
    ours: of(one).possible,
  }),
  isValidNumber: (one) => ({ expected: one.result, ours: of(one).valid }),
  isValidNumberForRegion(one) {
    const { valid, country } = of(one);
    return { expected: one.result, ours: valid && (country ?? "001") === one.given[1] };
  },
  getNumberType: (one) => ({ expected: types[Number(one.result)] ?? "unknown", ours: of(one).type }),
  getRegionCodeForNumber: (one) => ({ expected: one.result === "001" ? null : one.result, ours: of(one).country }),
  format(one) {
    const format = formats[Number(one.given[1])];
    return format === undefined ? undefined : { expected: one.result, ours: of(one)[format] };
  },
};

function parsed(one: Case): Compared {
  const expected = one.result === undefined ? null : numberIn(one.result);
  const whole = expected === null ? null : `${expected.e164}${expected.extension ? `;ext=${expected.extension}` : ""}`;
  return { expected: whole, ours: read(one)?.e164 ?? null };
}

/** The text of a call, read with its region; ZZ and 001 stand for none. */
function read({ given: [text, region] }: Case): NumberFacts | null {
  if (typeof text !== "string") return null;
  const country = typeof region === "string" && !["ZZ", "001"].includes(region) ? region : null;
  return numbers.examine(text, country, null);
}

const of = ({ given }: Case) => numbers.examine(numberIn(given[0])?.e164 ?? "", null, null);

function numberIn(value: unknown): RecordedNumber | null {
  return typeof value === "object" && value !== null && "e164" in value ? (value as RecordedNumber) : null;
}

/** By what was asked, and only where ours is the answer that the reason says. */
function reasonOf(one: Case, { expected, ours }: Compared): CaseReason | null {
  const { call, given, result } = one;
  const cause = read(one)?.refusal?.cause;
  const [text] = given;
  const isRefusal = ours === null || ours === false;
  if (numberIn(result)?.extension !== undefined || numberIn(text)?.extension !== undefined)
    return isRefusal || call === "format" ? "extension" : null;
  if (typeof text === "string" && isRefusal) {
    if (/\p{L}/u.test(text)) return "letters";
    if (/[*~#;]|\+.*\+/.test(text)) return "signs";
    if (/^\+ *0/.test(text)) return "plus_and_prefix";
  }
  if (isRefusal && cause === "national_prefix") return "national_prefix";
  if (isShort(numberIn(result) ?? numberIn(text))) return isRefusal ? "short" : null;
  if (call.startsWith("isPossible") && ours === false) return "local";
  if (call === "isValidNumberForRegion" && ours === false) return "shared";
  if (call === "format" && typeof expected === "string" && expected.replace(/[-./]/g, " ") === ours)
    return "separators";
  if (call === "getNumberType" && ["fixed_line", "fixed_line_or_mobile"].includes(String(ours))) return "order";
  return null;
}

const isShort = (number: RecordedNumber | null) => number !== null && number.e164.length - 1 < 7;
