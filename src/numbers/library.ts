/**
 * libphonenumber-js over the numbering plans in use: those of the package, or those of `numbers.metadata_file`. Everything
 * else imports the library from here, so that all of the gateway reads numbers by the same plans (an architecture test).
 *
 * The plans belong to the process, not to a part of it: they are facts about the world, and two parts that read one number
 * differently would be a fault.
 */
import * as core from "libphonenumber-js/core";
import packaged from "libphonenumber-js/max/metadata";
import { builtIn } from "./built-in-metadata.ts";

export type { CountryCode, MetadataJson, NumberType } from "libphonenumber-js/core";
export { ParseError } from "libphonenumber-js/core";

/** Numbering plans, and where they come from. */
export interface NumberingMetadata {
  readonly plans: core.MetadataJson;
  /** Of libphonenumber, such as `9.0.43`; where a file does not say it, `sha256:` and the first 12 digits of its digest. */
  readonly version: string;
  readonly source: "built_in" | "file";
  /** RFC 3339 date on which they were published, where that is known, else on which their file was written; null: neither. */
  readonly released: string | null;
}

export const builtInMetadata: NumberingMetadata = { plans: packaged, source: "built_in", ...builtIn };

let inUse = builtInMetadata;

/** What holds now. Compare with `===` to see whether it was replaced. */
export function numberingMetadata(): NumberingMetadata {
  return inUse;
}

/** Replaces it for all of this process, from the next number on. @param metadata sound: nothing is checked here */
export function useNumberingMetadata(metadata: NumberingMetadata): void {
  inUse = metadata;
}

/** Of a country or a calling code; methods beyond the library's declarations are declared where they are used. */
export class Metadata extends core.Metadata {
  constructor() {
    super(inUse.plans);
  }
}

export class PhoneNumber extends core.PhoneNumber {
  /** @param e164 with the plus sign */
  constructor(e164: string) {
    super(e164, inUse.plans);
  }
}

/** What a number in national format is read with, and whether a number is searched for within the text. */
interface Reading {
  readonly defaultCountry?: core.CountryCode;
  readonly extract?: boolean;
}

/** @throws {ParseError} */
export function parsePhoneNumberWithError(text: string, reading: Reading): core.PhoneNumber {
  return core.parsePhoneNumberWithError(text, reading, inUse.plans);
}

export function getCountries(): core.CountryCode[] {
  return core.getCountries(inUse.plans);
}

export function isSupportedCountry(country: string): country is core.CountryCode {
  return Object.hasOwn(inUse.plans.countries, country);
}

/** @throws {Error} for an unknown country */
export function getCountryCallingCode(country: core.CountryCode): core.CountryCallingCode {
  return core.getCountryCallingCode(country, inUse.plans);
}
