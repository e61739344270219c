/** Names in the section of live checks that must exist elsewhere, and times that must fit. */
import type { CrossCheck, IsSound } from "../../typed-yaml/cross-check.ts";
import type { Problem } from "../../typed-yaml/errors.ts";
import { didYouMean } from "../../typed-yaml/nearest.ts";
import { countryListProblems } from "../config-checks.ts";
import type { LiveCheckConfig } from "./config.ts";

interface Sections {
  readonly live_check: LiveCheckConfig;
  readonly sip_capture?: { readonly wait_ms: number };
  readonly ranges: Readonly<Record<string, unknown>>;
  readonly trunks: Readonly<Record<string, { readonly ranges: readonly string[] }>>;
}

export const liveCheckChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["live_check"], problems: countriesExist },
  { reads: ["live_check", "ranges"], problems: rangesExist },
  { reads: ["live_check", "trunks"], problems: trunksExist },
  { reads: ["live_check", "ranges", "trunks"], problems: aTrunkPresentsARange },
  { reads: ["live_check"], problems: answersOutliveTheirCalls },
];

function countriesExist({ live_check: own }: Sections, isSound: IsSound): Problem[] {
  return countryListProblems(["live_check", "countries"], own.countries, isSound);
}

function rangesExist({ live_check: own, ranges }: Sections, isSound: IsSound): Problem[] {
  return unknownNames("ranges", own.ranges, "ranges", ranges, isSound);
}

function trunksExist({ live_check: own, trunks }: Sections, isSound: IsSound): Problem[] {
  return unknownNames("cancel_on_183", own.cancel_on_183, "trunks", trunks, isSound);
}

/** With ranges that no trunk presents no check could ever be made. */
function aTrunkPresentsARange({ live_check: own, ranges, trunks }: Sections, isSound: IsSound): Problem[] {
  const path = ["live_check", "ranges"];
  if (own.ranges.length === 0 || !own.ranges.every((range) => Object.hasOwn(ranges, range))) return [];
  if (!isSound(path) || !isSound(["trunks"])) return [];
  if (Object.values(trunks).some((trunk) => trunk.ranges.some((range) => own.ranges.includes(range)))) return [];
  return [
    { path, given: own.ranges.join(", "), expected: "at least one that a trunk presents (trunks.<name>.ranges)" },
  ];
}

/** The network needs some time, then the hang-up and the SIP capture theirs. */
function answersOutliveTheirCalls({ live_check: own, sip_capture: capture }: Sections, isSound: IsSound): Problem[] {
  const path = ["live_check", "answer_within_ms"];
  const leastMs = 3000 + (capture?.wait_ms ?? 0);
  if (!isSound(path) || !isSound(["sip_capture"]) || own.answer_within_ms >= leastMs) return [];
  return [{ path, given: String(own.answer_within_ms), expected: `at least ${leastMs}: 3000 and sip_capture.wait_ms` }];
}

function unknownNames(
  key: string,
  names: readonly string[],
  section: string,
  entries: Readonly<Record<string, unknown>>,
  isSound: IsSound,
): Problem[] {
  if (!isSound(["live_check", key])) return [];
  const known = Object.keys(entries);
  return names.flatMap((name, index) => {
    if (Object.hasOwn(entries, name)) return [];
    const hint = didYouMean(name, known) || ` (${known.slice(0, 10).join(", ")})`;
    const expected = `the name of one of ${section}${hint}`;
    return [{ path: ["live_check", key, index], given: JSON.stringify(name.slice(0, 80)), expected }];
  });
}
