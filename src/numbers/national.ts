/**
 * Numbers in national format, or with the calling code but no plus sign, as E.164 without the library, which makes its patterns
 * anew for each. Only what is usual: the library decides all else, and a test compares both for numbers of every country.
 */
import { type CountryCode, getCountryCallingCode, Metadata, numberingMetadata } from "./library.ts";

/** What the library's class has, beyond its type declarations. */
interface Plan {
  selectNumberingPlan(country: string): void;
  nationalNumberPattern(): string;
  nationalPrefixForParsing(): string | undefined;
  nationalPrefixTransformRule(): string | undefined;
  IDDPrefix(): string | undefined;
}

interface HomePlan {
  readonly callingCode: string;
  readonly whole: RegExp;
  readonly prefix: RegExp | null;
  /** The same where it is digits alone, as in most countries. */
  readonly plainPrefix: string | null;
  /** What is dialled before a calling code. */
  readonly international: RegExp | null;
}

/**
 * @returns a function that gives the number in E.164 if it is a number of the country at all; null: the library has to decide
 */
export function createNational(): (digits: string, home: CountryCode) => string | null {
  const plans = new Map<CountryCode, HomePlan>();
  let of = numberingMetadata();
  return (digits, home) => {
    if (of !== numberingMetadata()) {
      of = numberingMetadata();
      plans.clear();
    }
    let plan = plans.get(home);
    if (plan === undefined) {
      plan = compile(home);
      plans.set(home, plan);
    }
    if (digits.startsWith("+") || plan.international?.test(digits) === true) return null;
    const { callingCode, whole } = plan;
    const national = withoutPrefix(digits, plan);
    if (national === null) return null;
    if (digits.startsWith(callingCode)) {
      const rest = digits.slice(callingCode.length);
      // The calling code without a plus sign: only where the digits are no national number as they stand.
      if (!whole.test(national) && whole.test(rest) && plan.prefix?.test(rest) !== true) return `+${digits}`;
    }
    return whole.test(national) ? `+${callingCode}${national}` : null;
  };
}

/** Null where more than the prefix would be taken off. */
function withoutPrefix(digits: string, { prefix, plainPrefix, whole }: HomePlan): string | null {
  let national = digits;
  if (plainPrefix !== null) {
    if (!digits.startsWith(plainPrefix)) return digits;
    national = digits.slice(plainPrefix.length);
  } else {
    const match = prefix?.exec(digits);
    if (match == null) return digits;
    if (match.slice(1).some((group) => group !== undefined && group !== "")) return null;
    national = digits.slice(match[0].length);
  }
  return whole.test(digits) && !whole.test(national) ? digits : national;
}

function compile(home: CountryCode): HomePlan {
  const plan = new Metadata() as unknown as Plan;
  plan.selectNumberingPlan(home);
  // What a plan does not have is the number 0 in the library's tables.
  const pattern = (text: string | undefined) => (text ? new RegExp(`^(?:${text})`) : null);
  const text = plan.nationalPrefixForParsing();
  return {
    callingCode: getCountryCallingCode(home),
    whole: new RegExp(`^(?:${plan.nationalNumberPattern()})$`),
    prefix: pattern(text),
    plainPrefix: text && /^\d+$/.test(text) ? text : null,
    international: pattern(plan.IDDPrefix()),
  };
}
