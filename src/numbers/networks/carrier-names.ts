/**
 * The operator that a number's range was assigned to, by libphonenumber's carrier data (English names): one file for each
 * country calling code, made by src/build/carrier-names.ts and read when the first number of it is asked for.
 */
import { readFileSync } from "node:fs";
import { createCodeTable } from "../code-table.ts";
import { createPrefixIndex, type PrefixIndex } from "./prefix-index.ts";

const folder = new URL("./carriers/", import.meta.url);

export interface CarrierNames {
  /** Of which libphonenumber the data is, for instance `9.0.27`. */
  readonly version: string;
  /** @param e164 with the plus sign @returns null where the data does not name one */
  of(e164: string): string | null;
}

interface Country {
  readonly prefixes: PrefixIndex;
  readonly names: readonly string[];
}

/** What version.json holds. */
interface Contents {
  readonly version: string;
  readonly calling_codes: readonly string[];
}

/** @param read reads one of the files; in tests */
export function createCarrierNames(
  read: (name: string) => string = (name) => readFileSync(new URL(name, folder), "utf8"),
): CarrierNames {
  const { version, calling_codes: codes } = JSON.parse(read("version.json")) as Contents;
  const countries = createCodeTable<Country | null>();
  for (const code of codes) countries.set(code, null);

  function countryOf(e164: string): Country | null {
    const digits = countries.digitsOf(e164);
    if (digits === 0) return null;
    const known = countries.get(e164, digits);
    if (known !== null) return known;
    const code = e164.slice(1, 1 + digits);
    const country = readOf(code);
    countries.set(code, country);
    return country;
  }

  /** Null where its file cannot be read, as where all file descriptors are in use: the next number tries again. */
  function readOf(code: string): Country | null {
    try {
      return readCountry(code, read(`${code}.json`));
    } catch {
      return null;
    }
  }

  return {
    version,
    of(e164) {
      const country = countryOf(e164);
      if (country === null) return null;
      return country.names[country.prefixes.longest(e164.slice(1))] ?? null;
    },
  };
}

/** @param text JSON: name → its prefixes without the calling code, separated by spaces */
function readCountry(code: string, text: string): Country {
  const entries = Object.entries(JSON.parse(text) as Record<string, string>);
  const prefixes = createPrefixIndex();
  for (const [index, [, list]] of entries.entries()) {
    for (const prefix of list.split(" ")) prefixes.add(code + prefix, index);
  }
  return { prefixes, names: entries.map(([name]) => name) };
}
