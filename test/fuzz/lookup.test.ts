/** Strings of every kind, read as numbers by the code behind lookup. `npm run fuzz -- --lookup 1000000`: through a gateway. */
import { expect, it } from "vitest";
import { isE164 } from "../../src/numbers/e164.ts";
import { createLookup } from "../../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../../src/numbers/numbers.ts";
import { openPolicy } from "../conformance/disagreements.ts";
import { chanceOf } from "./dice.ts";
import { numberText } from "./number-texts.ts";

/** More of them: FUZZ_STRINGS=1000000. */
const strings = Number(process.env.FUZZ_STRINGS ?? 5000);
const longest = 20_000;
const mostMs = 5;
const numbers = createNumbers(openPolicy);
const lookup = createLookup({ numbers });

/** Everything of the answer, formats included; the smaller of two times, since a busy machine pauses for longer than it takes. */
function look(input: string, country: string | null) {
  const once = () => {
    const beganAt = performance.now();
    const { facts, message, suggestions } = lookup.known({ input, country, bounds: null, languages: ["de"] });
    return { facts: { ...facts }, message, suggestions, ms: performance.now() - beganAt };
  };
  const [first, second] = [once(), once()];
  return { ...first, ms: Math.min(first.ms, second.ms) };
}

function wrongIn({ facts, message, suggestions }: ReturnType<typeof look>): string | null {
  if (facts.e164 !== null && !isE164(facts.e164)) return "a number that is not in E.164";
  if (facts.valid === (facts.e164 === null)) return facts.valid ? "valid without a number" : null;
  if (message === "" || suggestions.some(({ number }) => !numbers.examine(number, null, null).valid)) {
    return "an empty message, or a suggestion that is not valid";
  }
  if (!facts.valid || facts.e164 === null) return null;
  const itself = numbers.examine(facts.e164, null, null);
  const isSame = itself.e164 === facts.e164 && itself.type === facts.type && itself.country === facts.country;
  return isSame ? null : "another number where it is asked for by its E.164";
}

it(`reads ${strings} strings without an error, within ${mostMs} ms at p99, and each number that it reads as itself`, {
  timeout: 30_000 + strings,
}, () => {
  const times = new Float64Array(strings);
  const faults: string[] = [];
  let valid = 0;
  for (let at = 0; at < strings; at++) {
    const { number, country = null } = numberText(chanceOf(7, at), longest);
    const found = look(number, country);
    times[at] = found.ms;
    if (found.facts.valid) valid++;
    const wrong = wrongIn(found);
    if (wrong !== null) faults.push(`${wrong}: ${JSON.stringify([number.slice(0, 200), country])}`);
  }
  expect(faults).toEqual([]);
  expect(times.sort()[Math.floor(strings * 0.99)]).toBeLessThan(mostMs);
  // Most strings are damaged; a generator that makes nothing valid would test little.
  expect(valid).toBeGreaterThan(strings * 0.1);
});
