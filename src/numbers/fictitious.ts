/** Numbers that no subscriber has: those that regulators keep free for films and television, and those in no range in use. */
import { readCountry } from "./country.ts";
import { isE164 } from "./e164.ts";
import { readRaw } from "./raw.ts";
import { readDigits } from "./reading.ts";

/**
 * Set aside for drama: Ofcom (UK), NANPA (555-0100 to 0199 of each area code), Arcep (France, decision 2018-0881), ACMA
 * (Australia), Bundesnetzagentur (Germany), PTS (Sweden), ComReg (Ireland).
 */
const setAside: readonly RegExp[] = [
  // +44: 7700 900xxx, 20 7946 0xxx, 1632 960xxx, 11x 496 0xxx …, 191 498 0xxx, 29 2018 0xxx, 28 9649 6xxx, 3069 990xxx
  /^\+44(7700900\d{3}|2079460\d{3}|1632960\d{3}|1(1[3-8]|[2-6]1)4960\d{3}|1914980\d{3}|2920180\d{3}|2896496\d{3}|3069990\d{3})$/,
  /^\+1[2-9]\d{2}55501\d{2}$/,
  /^\+33(19900|26191|35301|46571|53649|63998)\d{4}$/,
  /^\+61([2378](5550|7010)\d{4}|491570(006|156|157|158|159|110|313|737))$/,
  /^\+49(3023125|6990009|4066969|2214710|8999998)\d{3}$/,
  /^\+46(3139006\d{2}|4062804\d{2}|8465004\d{2}|7017406\d{2})$/,
  /^\+3532091\d{5}$/,
];

/** A number as it is written, whether or not it may be called. */
export interface ReadNumber {
  /** E.164 with the plus sign. */
  readonly e164: string;
  /** ISO 3166; null: no country has its calling code. */
  readonly country: string | null;
  /** Whether no subscriber can have it. */
  readonly fictitious: boolean;
}

/**
 * Reads a number without judging it.
 * @param country of national format, ISO 3166; null: the number must begin with a plus sign
 * @returns null where it is none
 */
export function readAnyNumber(text: string, country: string | null): ReadNumber | null {
  const raw = readRaw(text);
  if ("refusal" in raw) return null;
  const read = country === null ? { country: undefined } : readCountry(country);
  if ("refusal" in read) return null;
  const reading = readDigits(raw.digits, read.country);
  if ("number" in reading && reading.altered) return null;
  const parsed = "number" in reading ? reading.number : null;
  const e164 = parsed?.number ?? raw.digits;
  if (!isE164(e164)) return null;
  return {
    e164,
    country: parsed?.country ?? parsed?.getPossibleCountries()[0] ?? null,
    fictitious: parsed === null || parsed.getType() === undefined || setAside.some((range) => range.test(e164)),
  };
}
