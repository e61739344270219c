import { expect, it } from "vitest";
import { createRateLimit } from "../../../../src/channels/email/rate-limit.ts";

it("a burst of one second's worth, then one for each interval", () => {
  const limit = createRateLimit(4);
  expect([0, 0, 0, 0, 0].map((nowMs) => limit.take(nowMs))).toEqual([0, 0, 0, 0, 250]);
  expect(limit.take(249)).toBe(1);
  expect(limit.take(250)).toBe(0);
  expect(limit.take(250)).toBe(250);
});

it("a rate below one in a second has no burst", () => {
  const limit = createRateLimit(0.1);
  expect([limit.take(0), limit.take(1), limit.take(10_000)]).toEqual([0, 9999, 0]);
});

it("what was refused is not counted, and idle time saves up no more than a second", () => {
  const limit = createRateLimit(10);
  for (let taken = 0; taken < 10; taken++) expect(limit.take(0)).toBe(0);
  for (let refused = 0; refused < 50; refused++) expect(limit.take(0)).toBe(100);
  const later = Array.from({ length: 12 }, () => limit.take(60_000));
  expect(later.filter((waitMs) => waitMs === 0)).toHaveLength(10);
});
