import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { MemoryTable } from "../../../../src/numbers/cleaning/seen/memory-table.ts";
import { openSeen } from "../../../../src/numbers/cleaning/seen/seen.ts";

const dir = mkdtempSync(path.join(tmpdir(), "onering-seen-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let opened = 0;
function files() {
  const name = path.join(dir, `seen-${++opened}`);
  return { logFile: `${name}.log`, tableFile: `${name}.table` };
}

/** Numbers near each other, and some that come again. */
const keys = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 628_120_000_000, max: 628_120_000_400 }),
    fc.constant(999_999_999_999_999),
  ),
  { maxLength: 400 },
);

describe.each([
  ["in memory", 1000],
  ["on disk", 3],
])("numbers that a list had, %s", (_, mostInMemory) => {
  it("are exactly those, also after a run was ended anywhere and goes on", () => {
    fc.assert(
      fc.property(keys, fc.nat(400), fc.nat(400), (all, committedAt, endedAt) => {
        const at = files();
        const known = new Set<number>();
        const expected = all.map((key) => !known.has(key) && known.add(key) !== undefined);
        const first = openSeen({ ...at, count: 0, mostInMemory });
        const committed = Math.min(committedAt, all.length);
        expect(all.slice(0, committed).map((key) => first.add(key))).toEqual(expected.slice(0, committed));
        const count = first.flush();
        // What was added after the commit is forgotten.
        for (const key of all.slice(committed, endedAt)) first.add(key);
        first.close();
        const second = openSeen({ ...at, count, mostInMemory });
        expect(all.slice(committed).map((key) => second.add(key))).toEqual(expected.slice(committed));
        expect(second.flush()).toBe(known.size);
        second.close();
      }),
      { numRuns: 60 },
    );
  });
});

it("a table on disk grows with the list, and its files are for their owner alone", () => {
  const at = files();
  const seen = openSeen({ ...at, count: 0, mostInMemory: 100 });
  for (let key = 1; key <= 20_000; key++) expect(seen.add(key * 7919)).toBe(true);
  for (let key = 1; key <= 20_000; key += 97) expect(seen.add(key * 7919)).toBe(false);
  for (const file of [at.logFile, at.tableFile]) expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(at.tableFile).size).toBeGreaterThan(20_000 * 8);
  seen.close();
  expect(readdirSync(dir)).not.toContain(path.basename(at.tableFile));
});

it("numbers in memory are told apart to the last digit", () => {
  const seen = new MemoryTable();
  const numbers = Array.from({ length: 20_000 }, (_, at) => 999_999_999_900_000 - at);
  expect(numbers.filter((number) => seen.add(number))).toHaveLength(numbers.length);
  expect(numbers.filter((number) => seen.add(number))).toEqual([]);
});
