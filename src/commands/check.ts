/** `onering check`: is a configuration valid? Connects to nothing. */
import { loadConfig } from "../config/load.ts";
import { openCodeNotes } from "../config/open-codes.ts";
import type { Config } from "../config/schema.ts";
import { messageWarnings } from "../config/warnings.ts";
import { describe, type Finding, hint, warn } from "../doctor/finding.ts";
import { examineMetadata } from "../doctor/metadata.ts";
import { examineNumberFormats } from "../doctor/number-formats.ts";
import { examineProcesses } from "../doctor/processes.ts";
import { examineRanges } from "../doctor/ranges.ts";
import { examineRoutes } from "../doctor/routes.ts";
import { examineSipTrunkRules } from "../doctor/sip-trunk-rules.ts";
import { examineRecordsConfig } from "../records/doctor.ts";
import { systemClock } from "../shared/clock.ts";
import { ConfigError, pathText, problemText } from "../typed-yaml/errors.ts";

/** The doctor's findings that need only the configuration. */
export function examineConfig(config: Config): Finding[] {
  return [
    ...examineProcesses(config),
    ...examineRanges(config),
    ...examineRoutes(config),
    ...examineNumberFormats(config),
    ...examineSipTrunkRules(config),
    ...examineRecordsConfig(config.records, { warn }),
    ...messageWarnings(config).map(({ what, fix }) => warn(what, fix)),
    ...openCodeNotes(config).map(({ what, fix }) => hint(what, fix)),
  ];
}

/**
 * @returns 0 where it is valid, 1 where it is but no call can be placed with it
 * @throws {ConfigError} where it is not and `json` is false
 */
export async function check(path: string, { json }: { readonly json: boolean }): Promise<number> {
  try {
    const config = await loadConfig({ path, env: process.env });
    const findings = [...examineConfig(config), ...examineMetadata(config.numbers.metadata_file, systemClock)];
    const failed = findings.some(({ level }) => level === "fail");
    if (json) print({ valid: true, problems: [], findings });
    else process.stdout.write(`${path}: valid\n${findings.map(describe).join("")}`);
    return failed ? 1 : 0;
  } catch (error) {
    if (!(json && error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => {
      const { path: at, given, expected, source = null } = problem;
      return { path: pathText(at), source, given, expected, message: problemText(problem) };
    });
    print({ valid: false, problems, findings: [] });
    return exitConfig;
  }
}

/** EX_CONFIG of sysexits.h. */
export const exitConfig = 78;

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
