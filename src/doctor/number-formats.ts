/** Says how each trunk writes numbers: a wrong form makes every call fail as `unallocated`, and nothing else shows it. */
import { rangeOf } from "../caller-ids/range.ts";
import { createNumberFormat } from "../telephony/trunks/number-format.ts";
import type { DoctorConfig } from "./config.ts";
import { type Finding, hint } from "./finding.ts";

export function examineNumberFormats({ trunks, ranges }: Pick<DoctorConfig, "trunks" | "ranges">): Finding[] {
  return Object.entries(trunks).flatMap(([name, trunk]) => {
    const range = ranges[trunk.ranges[0] ?? ""];
    if (range === undefined) return [];
    const sample = rangeOf(range).example;
    const format = createNumberFormat(trunk);
    const what = `Trunk ${name}: ${sample} is written ${format.callerId(sample)} as caller ID and dialled as ${format.callee(sample)}`;
    return [
      hint(
        what,
        "Compare with the form that your carrier asks for (number_format); then verify a phone of your own, and compare the caller ID that it shows digit for digit.",
      ),
    ];
  });
}
