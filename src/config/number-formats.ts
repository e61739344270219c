/** Ranges that a trunk's number format cannot write. */

import { rangeOf } from "../caller-ids/range.ts";
import { isE164 } from "../numbers/e164.ts";
import { looksInternational } from "../telephony/trunks/config-checks.ts";
import { createNumberFormat } from "../telephony/trunks/number-format.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { Config } from "./schema.ts";

export const numberFormatChecks: readonly CrossCheck<Config>[] = [
  { reads: ["trunks", "ranges"], problems: callerIdsCanBeSent },
];

/** A trunk that cannot write its own caller IDs would carry no call. Of a block the first and the last are tried. */
function callerIdsCanBeSent(config: Config, isSound: IsSound): Problem[] {
  return Object.entries(config.trunks)
    .filter(([name]) => isSound(["trunks", name]))
    .flatMap(([name, trunk]) => {
      if (looksInternational(trunk)) return [];
      const format = createNumberFormat(trunk);
      return trunk.ranges.flatMap((rangeName, index) => {
        const range = isSound(["ranges", rangeName]) ? config.ranges[rangeName] : undefined;
        // Numbers that are too long for any trunk are reported by the checks of ranges.
        const samples = range === undefined ? [] : rangeOf(range).samples.filter(isE164);
        const unfit = samples.find((number) => format.callerId(number) === null);
        if (unfit === undefined) return [];
        const expected = `a range that number_format and caller_id_rules can write; ${unfit} cannot be sent`;
        return [{ path: ["trunks", name, "ranges", index], given: rangeName, expected }];
      });
    });
}
