/** Which recipients are test numbers of an app. */
import { readAnyNumber } from "../numbers/fictitious.ts";
import type { TestNumberConfig, TestOutcome } from "./test-numbers-config.ts";

export interface TestNumber {
  /** Canonical: E.164 with the plus sign, an address in lower case, or what was configured. */
  readonly to: string;
  /** ISO 3166; null where it has none. */
  readonly country: string | null;
  /** Fixed; secret like a key: in no answer, log or error. */
  readonly code: string;
  readonly outcome: TestOutcome;
  /** It is none from then on, ms since the epoch. */
  readonly endsAtMs: number;
}

export interface TestNumbers {
  /**
   * The test number that a request names, as people write it.
   * @param country of a number in national format; null: none was given
   * @returns null where it is none, or none any more
   */
  find(to: string, country: string | null, nowMs: number): TestNumber | null;
}

export const noTestNumbers: TestNumbers = { find: () => null };

/** Domains that belong to nobody: RFC 2606 and RFC 6761. */
const reservedDomain = /(^|\.)(example\.(com|net|org)|example|test|invalid|localhost)$/i;

const dayMs = 86_400_000;

/** The canonical form of a recipient, and whether nobody can have it. */
export function readTestRecipient(text: string, country: string | null = null) {
  const at = text.lastIndexOf("@");
  if (at > 0 && !text.startsWith("{")) {
    const to = text.trim().toLowerCase();
    return { to, country: null, unassignable: reservedDomain.test(to.slice(to.lastIndexOf("@") + 1)) };
  }
  const number = readAnyNumber(text, country);
  if (number !== null) return { to: number.e164, country: number.country, unassignable: number.fictitious };
  // A push registration, which no rule knows to be nobody's.
  return { to: text.trim(), country: null, unassignable: false };
}

/** @returns ms since the epoch, after the day that the text names; NaN where it names none */
export function endOfDay(date: string): number {
  const startMs = Date.parse(`${date}T00:00:00Z`);
  return new Date(startMs).toJSON()?.slice(0, 10) === date ? startMs + dayMs : Number.NaN;
}

/** @param list as configured; it passed its checks */
export function createTestNumbers(list: readonly TestNumberConfig[] | undefined): TestNumbers {
  if (list === undefined || list.length === 0) return noTestNumbers;
  const byRecipient = new Map(
    list.map(({ number, code, outcome = "delivered", until }): [string, TestNumber] => {
      const { to, country } = readTestRecipient(number);
      return [to, { to, country, code, outcome, endsAtMs: endOfDay(until) }];
    }),
  );
  return {
    find(to, country, nowMs) {
      const found = byRecipient.get(to) ?? byRecipient.get(readTestRecipient(to, country).to);
      return found !== undefined && nowMs < found.endsAtMs ? found : null;
    },
  };
}
