/** Counts what became of rows. */
import type { CleaningReason, CleaningSummary } from "./ports.ts";

type Counts = Record<string, number>;

/** Where the country or the network is not known. */
const unknown = "unknown";

export class Tally {
  #rows: number;
  #clean: number;
  #duplicates: number;
  #suggestions: number;
  readonly #byReason: Counts;
  readonly #byCountry: Counts;
  readonly #byType: Counts;
  readonly #byNetwork: Counts;

  /** @param from of an earlier run */
  constructor(from: CleaningSummary | null = null) {
    this.#rows = from?.rows ?? 0;
    this.#clean = from?.clean ?? 0;
    this.#duplicates = from?.duplicates ?? 0;
    this.#suggestions = from?.suggestions ?? 0;
    this.#byReason = { ...from?.by_reason };
    this.#byCountry = { ...from?.by_country };
    this.#byType = { ...from?.by_type };
    this.#byNetwork = { ...from?.by_network };
  }

  clean(of: { readonly country: string | null; readonly type: string; readonly network: string | null }, count = 1) {
    this.#rows += count;
    this.#clean += count;
    add(this.#byCountry, of.country ?? unknown, count);
    add(this.#byType, of.type, count);
    add(this.#byNetwork, of.network ?? unknown, count);
  }

  rejected(reason: CleaningReason, count = 1): void {
    this.#rows += count;
    if (reason === "duplicate") this.#duplicates += count;
    add(this.#byReason, reason, count);
  }

  suggested(count = 1): void {
    this.#suggestions += count;
  }

  get rows(): number {
    return this.#rows;
  }

  /** The greatest counts first; equal ones by name, so that equal rows give equal bytes. */
  summary(): CleaningSummary {
    return {
      rows: this.#rows,
      clean: this.#clean,
      rejected: this.#rows - this.#clean,
      duplicates: this.#duplicates,
      suggestions: this.#suggestions,
      by_reason: ordered(this.#byReason),
      by_country: ordered(this.#byCountry),
      by_type: ordered(this.#byType),
      by_network: ordered(this.#byNetwork),
    };
  }
}

function add(counts: Counts, name: string, count: number): void {
  counts[name] = (counts[name] ?? 0) + count;
}

function ordered(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}
