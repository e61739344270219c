import { expect, it } from "vitest";
import { createConnectionLimit } from "../../../../src/channels/email/connection-limit.ts";
import { manualClock } from "../../../support/manual-clock.ts";

/** The longest of each pause. */
const random = { below: (limit: number) => limit - 1, bytes: (count: number) => Buffer.alloc(count) };

it("as configured, until the server refuses one more", () => {
  const limit = createConnectionLimit(5, manualClock(), random);
  expect([0, 4, 5].map(limit.waitMs)).toEqual([0, 0, Number.POSITIVE_INFINITY]);
  expect(limit.refused(2)).toBe(true);
  expect([1, 2, 5].map(limit.waitMs)).toEqual([0, 999, Number.POSITIVE_INFINITY]);
});

it("refusals of connections that were opened together are one, and the fewest beside them count", () => {
  const limit = createConnectionLimit(5, manualClock(), random);
  expect([4, 3, 2, 3].map(limit.refused)).toEqual([true, false, false, false]);
  expect([1, 2].map(limit.waitMs)).toEqual([0, 999]);
});

it("one more is tried after a pause that doubles up to a minute", () => {
  const clock = manualClock();
  const limit = createConnectionLimit(5, clock, random);
  const pauses = Array.from({ length: 8 }, () => {
    limit.refused(2);
    const pauseMs = limit.waitMs(2);
    clock.pass(pauseMs);
    return pauseMs;
  });
  expect(pauses).toEqual([999, 1999, 3999, 7999, 15_999, 31_999, 59_999, 59_999]);
  expect(limit.waitMs(2)).toBe(0);
});

it("one more that is opened ends it", () => {
  const clock = manualClock();
  const limit = createConnectionLimit(5, clock, random);
  limit.refused(2);
  limit.opened(2);
  expect(limit.waitMs(2)).toBe(999);
  limit.opened(3);
  expect(limit.waitMs(4)).toBe(0);
  limit.refused(2);
  expect(limit.waitMs(2)).toBe(999);
});
