/** What is wrong with a configuration: all of it at once, each with where, what was given and what was expected. */

/** Where a value stands: `["trunks", "carrier-a", "ranges", 0]`. */
export type Path = readonly (string | number)[];

export interface Problem {
  /** Empty for the file as a whole. */
  readonly path: Path;
  /** The value as it may be shown (see `show`); null where nothing was given. */
  readonly given: string | null;
  /** What would be right, in words, with unit and range. */
  readonly expected: string;
  /** Line of the file or environment variable that the value came from, where known. */
  readonly source?: string;
}

/** More than anybody reads at once; a list of ten thousand caller IDs can be wrong ten thousand times. */
const mostShown = 100;

/** Thrown by `loadConfig`; its message is meant for the operator as it is. Holds no secret. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  /** @param name what the configuration is called in the message, usually the file's path */
  constructor(name: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const shown = problems.slice(0, mostShown).map((problem) => `  ${inOneLine(problem)}`);
    const rest = problems.length > mostShown ? [`  … and ${problems.length - mostShown} more`] : [];
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

function inOneLine({ path, given, expected, source }: Problem): string {
  const name = pathText(path);
  const where = name === "" ? (source ?? "") : source === undefined ? name : `${name} (${source})`;
  return `${where === "" ? "" : `${where}: `}${given === null ? "" : `${given} given, `}expected ${expected}`;
}
