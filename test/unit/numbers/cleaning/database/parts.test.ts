import { describe, expect, test } from "vitest";
import { describeActions, readActions } from "../../../../../src/numbers/cleaning/database/actions.ts";
import { createBatchSize, holdLimitMs, pauseMs } from "../../../../../src/numbers/cleaning/database/batch-size.ts";
import { createHoldTimes } from "../../../../../src/numbers/cleaning/database/hold-times.ts";
import { readTableName, writeTableName } from "../../../../../src/numbers/cleaning/database/table-name.ts";

describe("a table's name", () => {
  test.each([
    ["users", null, "users"],
    ["crm.Users", "crm", "Users"],
    ['"a.b"."c ""d"""', "a.b", 'c "d"'],
    ["`odd``name`", null, "odd`name"],
    ['shop."user list"', "shop", "user list"],
  ])("%s", (text, schema, name) => {
    expect(readTableName(text)).toEqual({ schema, name });
    expect(readTableName(writeTableName({ schema, name }))).toEqual({ schema, name });
  });

  test.each(["", ".", "a.", "a.b.c", 'a"b', "a; drop table b", '"a'])("%j is refused", (text) => {
    expect(() => readTableName(text)).toThrow(/is no table name/);
  });
});

describe("--apply", () => {
  test("reads one action for rejected rows, and normalise beside it", () => {
    expect(readActions("normalise,flag=bad", true)).toEqual({
      ...{ reject: { kind: "flag", column: "bad" }, normalise: true, duplicates: true },
    });
    const text = describeActions(readActions('move="old users"', false));
    expect(readActions(text, false).reject).toEqual({ kind: "move", table: { schema: null, name: "old users" } });
  });

  test.each([
    ["delete,set-null", /one of flag/],
    ["drop", /must be flag=COLUMN/],
    ["flag=", /must be flag=COLUMN/],
    ["", /must be flag=COLUMN/],
  ])("refuses %j", (text, message) => {
    expect(() => readActions(text, false)).toThrow(message);
  });

  test("repeated numbers are left alone unless something is to be done with them", () => {
    expect(() => readActions("normalise", true)).toThrow(/--duplicates needs/);
  });
});

describe("the size of transactions", () => {
  test("grows while they are quick, halves after a slow one, and never ends", () => {
    const size = createBatchSize(200);
    for (let at = 0; at < 30; at++) size.held(2, size.rows);
    expect(size.rows).toBe(200);
    size.held(holdLimitMs, 200);
    expect(size.rows).toBe(100);
    for (let at = 0; at < 30; at++) size.collided();
    expect(size.rows).toBe(1);
  });

  test("settles well below the limit where each row takes as long", () => {
    const size = createBatchSize(5000);
    let longestMs = 0;
    for (let at = 0; at < 500; at++) {
      const tookMs = 0.5 * size.rows;
      if (at > 20) longestMs = Math.max(longestMs, tookMs);
      size.held(tookMs, size.rows);
    }
    expect(longestMs).toBeLessThan(holdLimitMs / 2);
  });

  test("leaves the table to others for half of the time, and keeps to a rate", () => {
    expect(pauseMs(10, 100, null)).toBe(10);
    expect(pauseMs(10, 100, 1000)).toBe(90);
    expect(pauseMs(80, 100, 1000)).toBe(80);
  });
});

test("times of locks are known to 10 % without keeping each", () => {
  const times = createHoldTimes();
  for (let ms = 1; ms <= 1000; ms++) times.add(ms);
  expect(times.quantileMs(0.5)).toBeGreaterThanOrEqual(500);
  expect(times.quantileMs(0.5)).toBeLessThan(550);
  expect(times.quantileMs(0.99)).toBeLessThanOrEqual(1000);
  expect(times).toMatchObject({ count: 1000, maxMs: 1000 });
});
