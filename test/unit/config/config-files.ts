/** A configuration that loads, to break in one place at a time. */

import { resolveConfig } from "../../../src/config/load.ts";
import { ConfigError, pathText } from "../../../src/typed-yaml/errors.ts";
import { leastConfig } from "../../support/test-config.ts";

export type Change = (config: ReturnType<typeof leastConfig> & Record<string, unknown>) => void;

/** What is wrong with the least configuration after a change: `path: given → expected`, or the problem's own sentence. */
export function problemsAfter(change: Change, env: Record<string, string> = {}): string[] {
  const document = leastConfig();
  change(document);
  try {
    resolveConfig({ name: "test", document, env });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(
      ({ path, given, expected, message }) => `${pathText(path)}: ${message ?? `${given} → ${expected}`}`,
    );
  }
}
