/** Which numbering plans numbers are read by, and how old those are. */
import { builtInMetadata } from "../numbers/library.ts";
import { readMetadataFile } from "../numbers/metadata-file.ts";
import type { Clock } from "../shared/clock.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const dayMs = 86_400_000;
/** libphonenumber is published every two weeks; regulators open few ranges within half a year. */
const oldDays = 180;

/** @param file `numbers.metadata_file`; undefined: what the gateway was built with */
export function examineMetadata(file: string | undefined, clock: Pick<Clock, "nowMs">): Finding[] {
  const metadata = file === undefined ? builtInMetadata : readMetadataFile(file);
  const update =
    "See docs/numbering-metadata.md: numbers.metadata_file takes newer plans without a release of OneRing.";
  if ("problem" in metadata) return [fail(`Numbering plans: ${file} cannot be used: ${metadata.problem}`, update)];
  const { version, released } = metadata;
  const from = file === undefined ? "built in" : `of ${file}`;
  const what = `Numbering plans: libphonenumber ${version}, ${from}`;
  if (released === null) return [ok(`${what}, of unknown age`)];
  const days = Math.floor((clock.nowMs() - Date.parse(released)) / dayMs);
  const aged = `${what}, of ${released} (${days} days old)`;
  return [
    days > oldDays ? warn(`${aged}: numbers in ranges opened since then are refused as invalid`, update) : ok(aged),
  ];
}
