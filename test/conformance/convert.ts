/**
 * Google's compiled metadata (phonemetadata.proto as lists of fields) in the layout of libphonenumber-js, so that our code
 * runs over libphonenumber's test metadata, and over the release that google-libphonenumber carries. A test holds the
 * conversion against libphonenumber-js' own.
 */
import type { MetadataJson } from "../../src/numbers/library.ts";

/** A message of phonemetadata.proto: its fields by their numbers. */
type Message = readonly unknown[];

export interface GoogleMetadata {
  /** The main country first; `001`: of no country. */
  readonly countryCodeToRegionCodeMap: Readonly<Record<string, readonly string[]>>;
  /** By region, or by calling code where no country has it. */
  readonly countryToMetadata: Readonly<Record<string, Message>>;
}

const field = { general: 1, fixedLine: 2, mobile: 3 } as const;
/** In libphonenumber-js' order: fixed line, mobile, toll free, premium rate, personal, voicemail, UAN, pager, VoIP, shared cost. */
const typeFields = [field.fixedLine, field.mobile, 4, 5, 7, 28, 25, 21, 8, 6];

export function convert({ countryCodeToRegionCodeMap: codes, countryToMetadata }: GoogleMetadata): MetadataJson {
  const isRegion = (key: string) => /^[A-Z]{2}$/.test(key);
  const plans = Object.entries(countryToMetadata).map(([key, plan]) => [key, convertPlan(plan)] as const);
  return {
    version: 4,
    country_calling_codes: Object.fromEntries(Object.entries(codes).filter(([, list]) => list[0] !== "001")),
    countries: Object.fromEntries(plans.filter(([key]) => isRegion(key))),
    nonGeographic: Object.fromEntries(plans.filter(([key]) => !isRegion(key))),
  } as unknown as MetadataJson;
}

function convertPlan(plan: Message): readonly unknown[] {
  const general = messageAt(plan, field.general);
  const lengths = possibleLengths(general);
  const nationalPrefix = plan[12] ?? 0;
  const forParsing = plan[15] ?? 0;
  return withoutEnd([
    String(plan[10]),
    plan[11] ?? 0,
    general[2],
    lengths,
    convertFormats(plan),
    nationalPrefix,
    0,
    forParsing === nationalPrefix ? 0 : forParsing,
    plan[16] ?? 0,
    0,
    plan[23] ?? 0,
    withoutEnd(typeFields.map((number) => convertType(plan, number, lengths))),
    plan[17] ?? 0,
    plan[13] ?? 0,
  ]);
}

function convertType(plan: Message, number: number, general: readonly number[]): readonly unknown[] | 0 {
  const description = messageAt(plan, number);
  const pattern = description[2];
  const lengths = possibleLengths(description);
  // -1: no number of this type.
  if (typeof pattern !== "string" || lengths.includes(-1)) return 0;
  const isSame = number === field.mobile && pattern === messageAt(plan, field.fixedLine)[2];
  const own = lengths.length === 0 || String(lengths) === String(general) ? [] : [lengths];
  return [isSame ? "" : pattern, ...own];
}

/** Those without an international form are left out, as libphonenumber-js does. */
function convertFormats(plan: Message): readonly unknown[] | 0 {
  const international = listAt(plan, 20);
  const formats = listAt(plan, 19).flatMap((format) => {
    const other = international.find((one) => one[1] === format[1] && String(one[3] ?? "") === String(format[3] ?? ""));
    if (international.length > 0 && other === undefined) return [];
    const abroad = other === undefined || other[2] === format[2] ? 0 : other[2];
    const leading = (format[3] as readonly string[] | undefined) ?? [];
    const rest = [leading.length === 0 ? 0 : leading, format[4] ?? 0, format[6] ? 1 : 0, abroad];
    return [withoutEnd([format[1], format[2], ...rest])];
  });
  return formats.length === 0 ? 0 : formats;
}

const messageAt = (message: Message, number: number) => (message[number] as Message | undefined) ?? [];
const listAt = (message: Message, number: number) => (message[number] as readonly Message[] | undefined) ?? [];
const possibleLengths = (description: Message) => (description[9] as readonly number[] | undefined) ?? [];

function withoutEnd(list: readonly unknown[]): readonly unknown[] {
  const end = list.findLastIndex((item) => item !== 0 && item !== null);
  return list.slice(0, end + 1);
}
