/** Number formats of trunks that would lose digits, dial somebody else, or cannot be dialled. */

import { isNumber } from "../telephony/asterisk/call-request.ts";
import { createNumberFormat } from "../telephony/trunks/number-format.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import type { CrossCheck, IsSound } from "./checks.ts";
import type { Config, RangeConfig, TrunkConfig } from "./schema.ts";

export const numberFormatChecks: readonly CrossCheck[] = [
  { reads: ["trunks"], problems: nationalHasCountry },
  { reads: ["trunks"], problems: nationalIsNotInternational },
  { reads: ["trunks"], problems: rulesDiffer },
  { reads: ["trunks"], problems: rulesLoseNothing },
  { reads: ["trunks"], problems: rulesLeaveNumbers },
  { reads: ["trunks", "ranges"], problems: callerIdsCanBeSent },
];

/** Most digits and the fewest of a whole number in E.164. */
const mostDigits = 15;
const fewestDigits = 7;

type Rule = TrunkConfig["callee_rules"][number];

function soundTrunks({ trunks }: Config, isSound: IsSound): [string, TrunkConfig][] {
  return Object.entries(trunks).filter(([name]) => isSound(["trunks", name]));
}

function soundRules(config: Config, isSound: IsSound): { path: Path; rules: readonly Rule[] }[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => [
    { path: ["trunks", name, "callee_rules"], rules: trunk.callee_rules },
    { path: ["trunks", name, "caller_id_rules"], rules: trunk.caller_id_rules },
  ]);
}

function nationalHasCountry(config: Config, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "country_calling_code"];
    const { number_format: format, country_calling_code: code } = trunk;
    if ((format === "national") === (code !== undefined)) return [];
    return code === undefined
      ? [{ path, given: "nothing", expected: "the country whose numbers are national: number_format is national" }]
      : [{ path, given: code, expected: `nothing here: number_format is ${format}, which knows no country` }];
  });
}

/** The carrier would take every national number for one of another country. */
function nationalIsNotInternational(config: Config, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => {
    if (!looksInternational(trunk)) return [];
    const expected = `one that does not begin with international_prefix, which is ${trunk.international_prefix}`;
    return [{ path: ["trunks", name, "national_prefix"], given: trunk.national_prefix, expected }];
  });
}

function looksInternational(trunk: TrunkConfig): boolean {
  return trunk.number_format === "national" && trunk.national_prefix.startsWith(trunk.international_prefix);
}

function rulesDiffer(config: Config, isSound: IsSound): Problem[] {
  return soundRules(config, isSound).flatMap(({ path, rules }) => {
    const first = new Map<string, number>();
    return rules.flatMap(({ prefix }, index) => {
      const other = first.get(prefix);
      if (other === undefined) first.set(prefix, index);
      const expected = `a prefix that no other rule has: number ${other} of the list has it`;
      return other === undefined ? [] : [{ path: [...path, index, "prefix"], given: prefix, expected }];
    });
  });
}

/** A rule that strips more than its prefix would make one number of many. */
function rulesLoseNothing(config: Config, isSound: IsSound): Problem[] {
  return soundRules(config, isSound).flatMap(({ path, rules }) =>
    rules.flatMap(({ prefix, strip }, index) => {
      const digits = prefix.length - 1;
      if (strip <= digits) return [];
      const expected = `at most ${digits}, the digits of its prefix: more would be lost`;
      return [{ path: [...path, index, "strip"], given: String(strip), expected }];
    }),
  );
}

/**
 * Even the shortest number must stay a caller ID; what longer ones become is seen with the ranges. A callee has room for
 * all that a rule may add (ADR 24).
 */
function rulesLeaveNumbers(config: Config, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) =>
    trunk.caller_id_rules.flatMap(({ prefix, strip, add }, index) => {
      const shortest = Math.max(fewestDigits, prefix.length - 1) - strip + add.replace("+", "").length;
      if (shortest <= mostDigits) return [];
      const expected = `what leaves at most ${mostDigits} digits; this makes ${shortest} or more`;
      return [{ path: ["trunks", name, "caller_id_rules", index, "add"], given: add, expected }];
    }),
  );
}

/** A trunk that cannot write its own caller IDs would carry no call. Of a block the first and the last are tried. */
function callerIdsCanBeSent(config: Config, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => {
    if (looksInternational(trunk)) return [];
    const format = createNumberFormat(trunk);
    return trunk.ranges.flatMap((rangeName, index) => {
      const range = isSound(["ranges", rangeName]) ? config.ranges[rangeName] : undefined;
      const unfit = range && samplesOf(range).find((number) => format.callerId(number) === null);
      if (unfit === undefined) return [];
      const expected = `a range that number_format and caller_id_rules can write; ${unfit} cannot be sent`;
      return [{ path: ["trunks", name, "ranges", index], given: rangeName, expected }];
    });
  });
}

/** A block that is too long for any trunk is told elsewhere. */
function samplesOf(range: RangeConfig): readonly string[] {
  if (!("prefix" in range)) return range.numbers;
  return ["0", "9"].map((digit) => range.prefix + digit.repeat(range.digits)).filter(isNumber);
}
