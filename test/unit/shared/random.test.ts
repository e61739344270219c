import { expect, it } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";

it("draws so many bytes as asked for, never the same twice, also where the pool ends or is too small", () => {
  const seen = new Set<string>();
  let draws = 0;
  for (let round = 0; round < 20; round++) {
    for (const length of [16, 17, 1000, 4096, 4097, 10_000]) {
      const drawn = cryptoRandom.bytes(length);
      expect(drawn).toHaveLength(length);
      // Of what was given before, or was wiped, a run of sixteen bytes would turn up again.
      seen.add(drawn.toString("hex", 0, 16));
      seen.add(drawn.toString("hex", length - 16, length));
      draws += length === 16 ? 1 : 2;
    }
  }
  expect(seen.size).toBe(draws);
  expect(seen).not.toContain("00".repeat(16));
  expect(cryptoRandom.bytes(0)).toHaveLength(0);
});

it("gives away a copy: who writes into it changes no later draw", () => {
  for (let i = 0; i < 300; i++) cryptoRandom.bytes(32).fill(0);
  const after = Array.from({ length: 300 }, () => cryptoRandom.bytes(32).toString("hex"));
  expect(new Set(after).size).toBe(300);
  expect(after).not.toContain("00".repeat(32));
});
