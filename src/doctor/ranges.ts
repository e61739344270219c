/** Looks at the caller IDs of each trunk: how many there are, and how hard they make a code to guess. */
import type { Config } from "../config/schema.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** A 10,000 block is what carriers commonly assign and what the default odds are made for. */
const advisedSize = 10_000;

export function examineRanges(config: Config): Finding[] {
  return Object.entries(config.ranges).map(([name, range]) => {
    const size = "numbers" in range ? range.numbers.length : 10 ** range.digits;
    const odds = config.verification.wrong_checks_per_callee / size;
    const what = `Range ${name}: ${size} caller IDs, ${Math.log2(size).toFixed(1)} bits, all guesses of a day succeed with ${(odds * 100).toPrecision(2)} %`;
    return size >= advisedSize
      ? ok(what)
      : warn(what, "A 10,000 block makes codes harder to guess than a short list does.");
  });
}
