/** The problems of a configuration, all at once: each with its place, what was given and what was expected. */

/** The place of a value: `["trunks", "carrier-a", "ranges", 0]`. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** Empty for the file as a whole. */
  readonly path: Path;
  /** The value as it may be shown (see `show`); null where there is none to show. */
  readonly given: string | null;
  /** What would be valid, in words, with unit and range. */
  readonly expected: string;
  /** The sentence for the operator, where `given` and `expected` would make none. */
  readonly message?: string;
  /** It follows from another problem and goes away with it: kept for the checks between values, not shown. */
  readonly isConsequence?: true;
  /** Line of the file or environment variable that the value came from, where known. */
  readonly source?: string;
}

/** Bounds the message: a list of ten thousand entries can have ten thousand problems. */
const maxShown = 100;

/** A configuration that cannot be used. Its message is meant for the operator as it is and contains no secret. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  /** @param name what the configuration is called in the message, usually the file's path */
  constructor(name: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const shown = problems.slice(0, maxShown).map((problem) => `  ${inOneLine(problem)}`);
    const rest = problems.length > maxShown ? [`  … and ${problems.length - maxShown} more`] : [];
    super([`${name}: ${count}`, ...shown, ...rest].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** `trunks.carrier-a.ranges[0]`; empty for the whole file. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/** What is wrong, without its place. */
export function problemText({ given, expected, message }: Problem): string {
  return message ?? `${given === null ? "" : `${given} given, `}expected ${expected}`;
}

function inOneLine(problem: Problem): string {
  const { path, source } = problem;
  const name = pathText(path);
  const where = name === "" ? (source ?? "") : source === undefined ? name : `${name} (${source})`;
  return `${where === "" ? "" : `${where}: `}${problemText(problem)}`;
}
