import { expect, it } from "vitest";
import { ownEntry } from "../../../src/shared/own-entry.ts";

it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
  "a name that every object knows is a name like any other: %s",
  (name) => {
    expect(ownEntry({}, name)).toBeUndefined();
    expect(ownEntry(Object.fromEntries([[name, 1]]), name)).toBe(1);
  },
);

it("finds nothing without a record or a key", () => {
  expect([ownEntry(undefined, "a"), ownEntry({ a: 1 }, null), ownEntry({ null: 1 }, undefined)]).toEqual([
    ...[undefined, undefined, undefined],
  ]);
});
