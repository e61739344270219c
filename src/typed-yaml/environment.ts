/** Environment variables override scalar settings of the file: with the prefix `APP_`, `APP_HTTP_PORT` is `http.port`. */
import type { Path, Problem } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import { type SchemaNode, shapeOf } from "./schema-node.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Which environment variables belong to the program. */
export interface VariableNames {
  /** What all of them start with, for instance `APP_`. */
  readonly prefix: string;
  /** Variables with the prefix that are not settings. */
  readonly others: readonly string[];
}

/** One value that the environment sets. */
interface Override {
  readonly variable: string;
  readonly path: Path;
  readonly value: string;
}

/** All settings that have a variable, by its name: every scalar outside maps and lists. */
export function overridable(node: SchemaNode, prefix: string, path: Path = []): ReadonlyMap<string, Path> {
  const shape = shapeOf(node);
  if (shape.kind === "leaf") return new Map([[variableFor(prefix, path), path]]);
  if (shape.kind !== "section") return new Map();
  return new Map(
    Object.entries(shape.properties).flatMap(([key, child]) => [...overridable(child, prefix, [...path, key])]),
  );
}

/** `["http", "port"]` → `APP_HTTP_PORT`. */
function variableFor(prefix: string, path: Path): string {
  return prefix + path.join("_").toUpperCase();
}

/**
 * Finds the overrides in `env`. A name with the prefix that is not a setting is a problem: a typo must not leave a default
 * in place unnoticed.
 * @param alsoKnown names that are not settings and still valid, such as those the file uses as `${NAME}`
 */
export function readOverrides(
  root: SchemaNode,
  env: Environment,
  { prefix, others }: VariableNames,
  alsoKnown: ReadonlySet<string>,
): { overrides: readonly Override[]; problems: readonly Problem[] } {
  const settings = overridable(root, prefix);
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(prefix) || value === undefined) continue;
    const path = settings.get(variable);
    if (path) overrides.push({ variable, path, value });
    else if (!others.includes(variable) && !alsoKnown.has(variable)) {
      const expected = `the name of a setting${didYouMean(variable, settings.keys())}`;
      problems.push({ path: [variable], given: null, expected, source: "environment" });
    }
  }
  return { overrides, problems };
}
