/** Test numbers that somebody could have, that are there twice, or whose end is no date. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import { endOfDay, readTestRecipient } from "./test-numbers.ts";
import type { TestNumberConfig } from "./test-numbers-config.ts";

interface Sections {
  readonly apps: Readonly<Record<string, { readonly test_numbers?: readonly TestNumberConfig[] }>>;
  readonly numbers: { readonly test_numbers_any?: boolean };
}

export const testNumberChecks: readonly CrossCheck<Sections>[] = [
  {
    reads: ["apps", "numbers"],
    problems({ apps, numbers }: Sections, isSound: IsSound): Problem[] {
      return Object.entries(apps).flatMap(([name, app]) => {
        const path = ["apps", name, "test_numbers"];
        return isSound(path) ? testNumberProblems(path, app.test_numbers ?? [], numbers.test_numbers_any ?? false) : [];
      });
    },
  },
];

/** @param any numbers.test_numbers_any */
export function testNumberProblems(
  path: readonly (string | number)[],
  list: readonly TestNumberConfig[],
  any: boolean,
): Problem[] {
  const seen = new Set<string>();
  return list.flatMap(({ number, until }, index): Problem[] => {
    const { to, unassignable } = readTestRecipient(number);
    const problems: Problem[] = [];
    const wrong = (key: string, given: string, expected: string) =>
      problems.push({ path: [...path, index, key], given, expected });
    if (seen.has(to)) wrong("number", number, "a number that is not in the list before");
    seen.add(to);
    if (!any && !unassignable) {
      wrong(
        "number",
        number,
        "a number that nobody can have, such as +447700900123 (set aside for films), or an address at example.com; numbers.test_numbers_any allows others",
      );
    }
    if (Number.isNaN(endOfDay(until))) wrong("until", until, "a day that exists, such as 2027-12-31");
    return problems;
  });
}
