/** What an app's developer reads whose code cannot be made: which ones can. */
import { expect, test } from "vitest";
import { noSuchCodeLength } from "../../../../src/channels/missed-call/refusals.ts";

test.each([
  [8, 1, [4], { least: 1, most: 2 }, "8 is not possible with one call; possible here: 4, or 8 with `calls: 2`."],
  [6, 2, [4], { least: 1, most: 2 }, "6 is not possible with two calls; possible here: 8, or 4 with `calls: 1`."],
  [6, 2, [4], { least: 2, most: 2 }, "6 is not possible with two calls; possible here: 8."],
  [8, 1, [3, 4], { least: 1, most: 1 }, "8 is not possible with one call; possible here: 3, 4."],
])("code_length %i with %i calls of ranges with %j digits", (length, calls, lengths, permitted, words) => {
  expect(noSuchCodeLength(length, calls, lengths, permitted).detail).toBe(`\`code_length\` ${words}`);
});
