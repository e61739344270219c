/** Cases of checks between values: one change to a valid configuration, and the problems that must be reported. */
import { expect, test } from "vitest";
import { type Change, problemsAfter } from "../config-files.ts";

/** Each case: what the operator changed, and the whole list of problems. */
export function cases(table: readonly (readonly [string, Change, ...(string | RegExp)[]])[]) {
  test.each(table.map(([name, change, ...expected]) => ({ name, change, expected })))(
    "$name",
    ({ change, expected }) => {
      const problems = problemsAfter(change);
      expect(problems).toHaveLength(expected.length);
      for (const [index, pattern] of expected.entries()) expect(problems[index]).toMatch(pattern);
    },
  );
}
export const range = (prefix: string, digits = 4) => ({ prefix, digits });
export const pbx = { ari_url: "http://127.0.0.1:8088", ari_user: "onering", ari_password: "s3xY-pass" };
export const hashes = (...letters: string[]) => ({ api_keys_sha256: letters.map((letter) => letter.repeat(64)) });
