/** Replaces `${NAME}` in strings of the configuration by environment variables, so that secrets stay out of the file. */
import type { Environment } from "./environment.ts";
import { type Path, type Problem, pathText } from "./errors.ts";
import { readVariable } from "./secret-files.ts";

/** One string after expansion. */
interface Expanded {
  readonly text: string;
  /** The variables it names, found or not. */
  readonly names: readonly string[];
  /** Why it could not be expanded; null where it could. Quotes nothing but names of variables and files. */
  readonly problem: string | null;
}

/** `$$`, `${NAME}`, or a `${` that is neither closed nor a name. */
const reference = /\$\$|\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

/**
 * Expands `${NAME}` once (what a variable holds is not expanded again) and `$$` to `$`. A single `$` stays. A variable
 * that is missing or empty is an error: an empty password is never intended.
 */
export function expand(text: string, env: Environment): Expanded {
  const names: string[] = [];
  const wrong: string[] = [];
  const expanded = text.replace(reference, (found, name: string | undefined) => {
    if (found === "$$") return "$";
    if (name === undefined) {
      wrong.push(`expected \${NAME} with a name of letters, digits and _, or $$ for a plain $`);
      return "";
    }
    names.push(name);
    const variable = readVariable(name, env);
    if ("value" in variable) return variable.value;
    wrong.push(variable.problem);
    return "";
  });
  return { text: expanded, names, problem: wrong.length === 0 ? null : wrong.join("; ") };
}

/** A whole document with every string expanded. */
interface ExpandedDocument {
  /** A copy: the original is not changed. */
  readonly document: unknown;
  /** All variables that it names. */
  readonly names: ReadonlySet<string>;
  /** Which variables each string names, by its path, as they may be shown: `${NAME}`. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/** Expands every string in objects and lists; keys are not changed. */
export function expandAll(document: unknown, env: Environment): ExpandedDocument {
  const names = new Set<string>();
  const references = new Map<string, string>();
  const problems: Problem[] = [];
  const walk = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, [...path, key])]));
    }
    if (typeof value !== "string") return value;
    const expanded = expand(value, env);
    for (const name of expanded.names) names.add(name).add(`${name}_FILE`);
    if (expanded.names.length > 0) references.set(pathText(path), expanded.names.map((n) => `\${${n}}`).join(" "));
    if (expanded.problem !== null) {
      problems.push({ path, given: null, expected: "variables that can be read", message: expanded.problem });
    }
    return expanded.text;
  };
  return { document: walk(document, []), names, references, problems };
}
