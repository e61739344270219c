/** Numbers that people call, and the trunks that bring their calls. */

import { rangeOf } from "../../caller-ids/range.ts";
import type { RangeConfig } from "../../caller-ids/ranges-config.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import type { CallInConfig } from "./config.ts";

interface Sections {
  readonly call_in: CallInConfig;
  readonly opt_out: { readonly call_numbers: readonly { readonly number: string }[] };
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly trunks: Readonly<Record<string, { readonly inbound?: { readonly trusted: boolean } }>>;
}

export const callInChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["call_in", "trunks"], problems: callsCanComeIn },
  { reads: ["call_in", "ranges"], problems: numbersAreNoCallerIds },
  { reads: ["call_in", "opt_out"], problems: numbersOptNobodyOut },
];

function callsCanComeIn({ call_in: { numbers }, trunks }: Sections, isSound: IsSound): Problem[] {
  if (numbers.length === 0 || !isSound(["trunks"])) return [];
  if (Object.values(trunks).some((trunk) => trunk.inbound?.trusted)) return [];
  const expected = "a trunk with `inbound: { trusted: true }`: calls on other trunks prove no number";
  return [{ path: ["call_in", "numbers"], given: "numbers without such a trunk", expected }];
}

/**
 * People call missed calls back. If that number were also a call-in number, ringing a person would be enough to make
 * them prove a verification that they did not start.
 */
function numbersAreNoCallerIds({ call_in: { numbers }, ranges }: Sections, isSound: IsSound): Problem[] {
  return numbers.flatMap((number, index) => {
    const path = ["call_in", "numbers", index];
    if (!isSound(path)) return [];
    const range = Object.keys(ranges).find((name) => isSound(["ranges", name]) && contains(ranges[name], number));
    const expected = `a number that is no caller ID; ranges.${range} has it, and people call missed calls back`;
    return range === undefined ? [] : [{ path, given: number, expected }];
  });
}

/** A call to prove a number must not be taken for one to be called no more. */
function numbersOptNobodyOut(
  { call_in: { numbers }, opt_out: { call_numbers } }: Sections,
  isSound: IsSound,
): Problem[] {
  return call_numbers.flatMap(({ number }, index) => {
    const path = ["opt_out", "call_numbers", index];
    if (!isSound(path) || !numbers.includes(number)) return [];
    const expected = "a number that call_in.numbers has not: it would do both";
    return [{ path: [...path, "number"], given: number, expected }];
  });
}

function contains(range: RangeConfig | undefined, number: string): boolean {
  return range !== undefined && rangeOf(range).contains(number);
}
