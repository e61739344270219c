/** `ONERING_*` variables override scalar settings of the file: `ONERING_HTTP_PORT` is `http.port`. */
import type { Path, Problem } from "./errors.ts";
import { didYouMean } from "./nearest.ts";
import { type SchemaNode, shapeOf } from "./schema-node.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that start with ONERING_ and are not settings of the gateway. */
export const otherVariables: readonly string[] = [
  /** Path of the Chromium that the browser tests use. */
  "ONERING_CHROMIUM",
  /** The file that docker-compose.yml mounts. */
  "ONERING_CONFIG",
];

/** One value that the environment gives. */
export interface Override {
  readonly variable: string;
  readonly path: Path;
  readonly value: string;
}

/** All settings that have a variable, by its name: every scalar outside maps and lists. */
export function overridable(node: SchemaNode, path: Path = []): ReadonlyMap<string, Path> {
  const shape = shapeOf(node);
  if (shape.kind === "leaf") return new Map([[variableFor(path), path]]);
  if (shape.kind !== "section") return new Map();
  return new Map(Object.entries(shape.properties).flatMap(([key, child]) => [...overridable(child, [...path, key])]));
}

/** `["http", "port"]` → `ONERING_HTTP_PORT`. */
export function variableFor(path: Path): string {
  return `ONERING_${path.join("_").toUpperCase()}`;
}

/**
 * Finds the overrides in `env`. A name that starts with ONERING_ and is no setting is a problem, not silence: a typo
 * must not leave a default in place.
 * @param alsoKnown names that are no settings and yet fine, such as those the file uses as `${NAME}`
 */
export function readOverrides(
  root: SchemaNode,
  env: Environment,
  alsoKnown: ReadonlySet<string>,
): { overrides: readonly Override[]; problems: readonly Problem[] } {
  const settings = overridable(root);
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith("ONERING_") || value === undefined) continue;
    const path = settings.get(variable);
    if (path) overrides.push({ variable, path, value });
    else if (!otherVariables.includes(variable) && !alsoKnown.has(variable)) {
      const expected = `the name of a setting${didYouMean(variable, settings.keys())}`;
      problems.push({ path: [variable], given: null, expected, source: "environment" });
    }
  }
  return { overrides, problems };
}
