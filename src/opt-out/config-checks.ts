/** Numbers that people call to opt out: they must lead here, and must not be called for another reason. */
import { rangeOf } from "../caller-ids/range.ts";
import type { RangeConfig } from "../caller-ids/ranges-config.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { OptOutConfig } from "./config.ts";

interface Sections {
  readonly opt_out: OptOutConfig;
  readonly apps: Readonly<Record<string, unknown>>;
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly trunks: Readonly<Record<string, { readonly inbound?: { readonly trusted: boolean } }>>;
}

export const optOutChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["opt_out", "apps", "ranges", "trunks"], problems: callNumbersAreRight },
];

function callNumbersAreRight({ opt_out: { call_numbers: list }, apps, ranges, trunks }: Sections, isSound: IsSound) {
  if (list.length === 0) return [];
  const problems: Problem[] = [];
  if (isSound(["trunks"]) && !Object.values(trunks).some((trunk) => trunk.inbound?.trusted)) {
    const expected = "a trunk with `inbound: { trusted: true }`: anybody could opt others out by calls on another one";
    problems.push({ path: ["opt_out", "call_numbers"], given: "numbers without such a trunk", expected });
  }
  const seen = new Set<string>();
  for (const [index, { number, app }] of list.entries()) {
    const path = ["opt_out", "call_numbers", index];
    if (!isSound(path)) continue;
    const wrong = (key: string, given: string, expected: string) =>
      problems.push({ path: [...path, key], given, expected });
    if (app !== undefined && isSound(["apps"]) && !Object.hasOwn(apps, app))
      wrong("app", app, "the name of an app in `apps`");
    if (seen.has(number)) wrong("number", number, "a number that is only once in this list");
    seen.add(number);
    const range = Object.keys(ranges).find((name) => {
      const config = ranges[name];
      return isSound(["ranges", name]) && config !== undefined && rangeOf(config).contains(number);
    });
    // People call missed calls back: that must not opt them out.
    if (range !== undefined) {
      wrong(
        "number",
        number,
        `a number that is no caller ID; ranges.${range} has it, and people call missed calls back`,
      );
    }
  }
  return problems;
}
