/** Guesses header, column and country from the first rows. A guess that is not clear is none: then the caller has to say. */

import { didYouMean } from "../../../typed-yaml/nearest.ts";
import { maxE164Digits, minE164Digits } from "../../e164.ts";
import { getCountries, getCountryCallingCode } from "../../library.ts";
import { createNumbers } from "../../numbers.ts";
import type { CleaningPolicy } from "../ports.ts";
import { ListUsageError } from "./list-error.ts";

type Rows = readonly (readonly string[])[];

/** What columns of phone numbers are called, in the languages of the messages. */
const columnNames =
  /phone|mobile|msisdn|\bcell|whats?app|gsm|\btel|telef|t[ée]l[ée]ph|m[óo]vil|celular|handy|rufnummer|ponsel|nomor|no_?\.? ?(hp|telp)|^hp$|^wa$|numero|telefon|телефон|電話|电话|手机|携帯|전화|휴대폰|هاتف|جوال|फ़ोन|मोबाइल|โทร|điện thoại/i;
/** Digits and what people write between them. */
const numberShape = /^['\s(]*\+?[\d\s().\-/]+$/;
/** With all that people write around one; the shape takes a time that grows with the square of a cell's length. */
const longestNumber = 100;
const international = /^['\s(]*(?:\+|00)/;
/** Of the cells of a column that is taken for one of numbers. */
const leastShare = 0.5;
/** By which the best has to be better than the next. */
const leastLead = 0.15;
/** Of the cells in national format that are numbers in the country. */
const leastValid = 0.6;
const judgedCells = 200;

export interface ColumnGuess {
  readonly index: number;
  /** Of the sampled cells that look like numbers, 0 to 1. */
  readonly share: number;
}

function looksLikeNumber(cell: string): boolean {
  if (cell.length > longestNumber) return false;
  const digits = cell.replace(/\D/g, "").length;
  return digits >= minE164Digits && digits <= maxE164Digits && numberShape.test(cell);
}

/** Whether the first row names the columns: none of its cells is a number. */
export function guessHeader(rows: Rows): boolean {
  return !(rows[0] ?? []).some(looksLikeNumber);
}

/**
 * The column that was asked for: by its name, or its number from 1.
 * @param header null: the file has none
 * @throws {ListUsageError} where there is none
 */
export function findColumn(asked: string, header: readonly string[] | null, columns: number): number {
  const names = header ?? [];
  const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();
  for (const matches of [(name: string) => name === asked, (name: string) => same(name, asked)]) {
    const found = names.flatMap((name, index) => (matches(name) ? [index] : []));
    if (found.length > 1) {
      const numbers = found.map((index) => index + 1).join(" or ");
      throw new ListUsageError(`${found.length} columns are named ${JSON.stringify(asked)}; pass --column ${numbers}`);
    }
    if (found[0] !== undefined) return found[0];
  }
  const number = /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
  if (number >= 1 && number <= columns) return number - 1;
  if (header === null) {
    throw new ListUsageError(
      `the file has no header, so --column needs a number from 1 to ${columns}, not ${JSON.stringify(asked)}`,
    );
  }
  throw new ListUsageError(
    `there is no column ${JSON.stringify(asked)}${didYouMean(asked, names)}; the columns are: ${listed(names)}`,
  );
}

/** @throws {ListUsageError} where it is not clear */
export function guessColumn(rows: Rows, header: readonly string[] | null): ColumnGuess {
  const data = header === null ? rows : rows.slice(1);
  const width = Math.max(header?.length ?? 0, ...data.map((row) => row.length));
  const guesses = Array.from({ length: width }, (_, index) => {
    const cells = data.flatMap((row) => ((row[index] ?? "").trim() === "" ? [] : [row[index] ?? ""]));
    const share = cells.length === 0 ? 0 : cells.filter(looksLikeNumber).length / cells.length;
    return { index, share, score: share + (columnNames.test(header?.[index] ?? "") ? 1 : 0) };
  }).sort((a, b) => b.score - a.score);
  const [best, next] = guesses;
  const isClear = best !== undefined && best.share >= leastShare && best.score - (next?.score ?? 0) >= leastLead;
  if (isClear) return best;
  const candidates = guesses.filter(({ share }) => share >= leastShare);
  const nameOf = (index: number) => header?.[index] ?? String(index + 1);
  throw new ListUsageError(
    candidates.length > 1
      ? `the column of the phone numbers is not clear; pass --column with one of: ${listed(candidates.map(({ index }) => nameOf(index)))}`
      : `no column looks like phone numbers; pass --column with one of: ${listed(header ?? guesses.map(({ index }) => nameOf(index)))}`,
  );
}

export interface CountryGuess {
  /** Null: none is needed, all sampled numbers are in international format. */
  readonly country: string | null;
  /** Of the sampled numbers in national format that are numbers there, 0 to 1. */
  readonly share: number;
}

/**
 * The country in which the numbers in national format may be called. Short numbers are numbers of many countries: then it is the
 * one of most numbers in international format. Countries with one numbering plan (+1) read numbers alike, so the main one
 * stands for all.
 * @throws {ListUsageError} where it is not clear
 */
export function guessCountry(cells: readonly string[], policy: CleaningPolicy): CountryGuess {
  const sampled = cells.filter(looksLikeNumber);
  const national = sampled.filter((cell) => !international.test(cell)).slice(0, judgedCells);
  if (national.length === 0) return { country: null, share: 1 };
  const numbers = createNumbers(policy.numbers);
  const shareOf = (country: string) =>
    national.filter((cell) => numbers.examine(cell, country, null).callable).length / national.length;
  const scores = mainCountries()
    .map((country) => ({ country, share: shareOf(country) }))
    .sort((a, b) => b.share - a.share);
  const best = scores[0]?.share ?? 0;
  const fitting = scores.filter(({ share }) => share >= leastValid && best - share < leastLead);
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const abroad = commonest(
    sampled.flatMap((cell) => (international.test(cell) ? (numbers.examine(cell, null, null).country ?? []) : [])),
  );
  const same = fitting.find(({ country }) => country === abroad);
  if (same !== undefined) return same;
  const hint = fitting.length > 0 ? `; these numbers may be of ${listed(fitting.map(({ country }) => country))}` : "";
  throw new ListUsageError(
    `the country of numbers in national format (${national.length} of ${cells.length} sampled) is not clear; pass --country with two letters, such as ID${hint}`,
  );
}

function commonest(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}

/** One for each calling code. */
function mainCountries(): readonly string[] {
  const mains = new Map<string, string>();
  for (const country of getCountries()) {
    const code = getCountryCallingCode(country);
    if (!mains.has(code) || mainOfSeveral.has(country)) mains.set(code, country);
  }
  return [...mains.values()];
}

/** Of calling codes that several countries share (ITU-T E.164 annex). */
const mainOfSeveral: ReadonlySet<string> = new Set([
  ...["US", "GB", "RU", "IT", "NO", "FI", "AU", "MA", "GP", "RE", "CW", "SH"],
]);

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20);
  return `${shown.join(", ")}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ""}`;
}
