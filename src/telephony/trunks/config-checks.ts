/** Number formats of trunks that would lose digits, reach another number, or cannot be dialled. */
import { maxE164Digits, minE164Digits } from "../../numbers/e164.ts";
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../../typed-yaml/errors.ts";
import type { NumberRule, TrunkConfig } from "./config.ts";

interface Sections {
  readonly trunks: Readonly<Record<string, TrunkConfig>>;
}

export const trunkChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["trunks"], problems: nationalHasCountry },
  { reads: ["trunks"], problems: nationalIsNotInternational },
  { reads: ["trunks"], problems: rulesDiffer },
  { reads: ["trunks"], problems: rulesLoseNothing },
  { reads: ["trunks"], problems: rulesLeaveNumbers },
];

function soundTrunks({ trunks }: Sections, isSound: IsSound): [string, TrunkConfig][] {
  return Object.entries(trunks).filter(([name]) => isSound(["trunks", name]));
}

function soundRules(config: Sections, isSound: IsSound): { path: Path; rules: readonly NumberRule[] }[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => [
    { path: ["trunks", name, "callee_rules"], rules: trunk.callee_rules },
    { path: ["trunks", name, "caller_id_rules"], rules: trunk.caller_id_rules },
  ]);
}

function nationalHasCountry(config: Sections, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => {
    const path = ["trunks", name, "country_calling_code"];
    const { number_format: format, country_calling_code: code } = trunk;
    if ((format === "national") === (code !== undefined)) return [];
    return code === undefined
      ? [{ path, given: "nothing", expected: "the country whose numbers are national: number_format is national" }]
      : [{ path, given: code, expected: `nothing here: number_format is ${format}, which has no country` }];
  });
}

/** The carrier would read every national number as one of another country. */
function nationalIsNotInternational(config: Sections, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) => {
    if (!looksInternational(trunk)) return [];
    const expected = `one that does not begin with international_prefix, which is ${trunk.international_prefix}`;
    return [{ path: ["trunks", name, "national_prefix"], given: trunk.national_prefix, expected }];
  });
}

/** Whether `national_prefix` begins with `international_prefix`: numbers of the two forms could not be distinguished. */
export function looksInternational(trunk: TrunkConfig): boolean {
  return trunk.number_format === "national" && trunk.national_prefix.startsWith(trunk.international_prefix);
}

function rulesDiffer(config: Sections, isSound: IsSound): Problem[] {
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
function rulesLoseNothing(config: Sections, isSound: IsSound): Problem[] {
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
 * Even the shortest number must stay a caller ID; longer ones are checked with the ranges. A dialled callee has room for
 * all that a rule may add (ADR 24).
 */
function rulesLeaveNumbers(config: Sections, isSound: IsSound): Problem[] {
  return soundTrunks(config, isSound).flatMap(([name, trunk]) =>
    trunk.caller_id_rules.flatMap(({ prefix, strip, add }, index) => {
      const shortest = Math.max(minE164Digits, prefix.length - 1) - strip + add.replace("+", "").length;
      if (shortest <= maxE164Digits) return [];
      const expected = `what leaves at most ${maxE164Digits} digits; this makes ${shortest} or more`;
      return [{ path: ["trunks", name, "caller_id_rules", index, "add"], given: add, expected }];
    }),
  );
}
