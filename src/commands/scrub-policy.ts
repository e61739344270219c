/**
 * The policy of `onering scrub`, for lists and tables alike: what --config and the options say, and the numbering plans to
 * read by.
 */

import { readPolicy } from "../numbers/cleaning/policy.ts";
import type { CleaningPolicy } from "../numbers/cleaning/ports.ts";
import { useConfiguredMetadata } from "../numbers/metadata-file.ts";

/**
 * From now on this process reads numbers by the plans of that configuration, as its gateway does.
 * @returns what is wrong where the country is none
 * @throws {ConfigError}
 */
export async function readScrubPolicy(act: {
  /** Path of a gateway's configuration; null: none. */
  readonly config: string | null;
  readonly country: string | null;
  readonly keepLandlines: boolean;
}): Promise<CleaningPolicy | { readonly wrong: string }> {
  const numbers = act.config === null ? null : await numbersOf(act.config);
  useConfiguredMetadata(numbers?.metadata_file);
  return readPolicy(numbers, act.country, act.keepLandlines);
}

async function numbersOf(path: string) {
  // Most runs have none, and the schema of all features takes 15 MiB.
  const { loadConfig } = await import("../config/load.ts");
  return (await loadConfig({ path, env: process.env })).numbers;
}
