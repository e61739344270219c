import fc from "fast-check";
import { expect, test } from "vitest";
import { createPrefixIndex } from "../../../../src/numbers/networks/prefix-index.ts";

const digits = (minLength: number, maxLength: number) =>
  fc.stringMatching(new RegExp(`^[1-9][0-9]{${minLength - 1},${maxLength - 1}}$`));

test("finds what a search through all prefixes finds", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(digits(1, 15), { maxLength: 200 }),
      fc.array(digits(7, 15), { maxLength: 50 }),
      (prefixes, numbers) => {
        const index = createPrefixIndex();
        for (const [value, prefix] of prefixes.entries()) expect(index.add(prefix, value)).toBe(true);
        expect(index.size).toBe(prefixes.length);
        for (const number of [...numbers, ...prefixes.map((prefix) => prefix.padEnd(15, "0"))]) {
          const longest = prefixes.filter((prefix) => number.startsWith(prefix)).sort((a, b) => b.length - a.length)[0];
          expect(index.longest(number)).toBe(longest === undefined ? -1 : prefixes.indexOf(longest));
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("a prefix keeps its first value, and is told apart from a longer one that ends in zeros", () => {
  const index = createPrefixIndex();
  expect([index.add("44", 1), index.add("440", 2), index.add("44", 3)]).toEqual([true, true, false]);
  expect([index.longest("4411"), index.longest("4401"), index.longest("45"), index.longest("4")]).toEqual([
    1, 2, -1, -1,
  ]);
});

test("what is longer than any number has no value", () => {
  const index = createPrefixIndex();
  index.add("44", 1);
  expect(index.longest("4".repeat(16))).toBe(-1);
});

test("a hundred thousand prefixes take a table that grows, and all are found", () => {
  const index = createPrefixIndex();
  for (let at = 0; at < 100_000; at++) index.add(String(628_000_000 + at), at % 7);
  expect(index.size).toBe(100_000);
  for (let at = 0; at < 100_000; at += 997) expect(index.longest(`${628_000_000 + at}123`)).toBe(at % 7);
});
