/** From a YAML file (or an object) and the environment to a whole, valid configuration, or to all its problems. */
import { readFile, stat } from "node:fs/promises";
import type { Static, TSchema } from "typebox";
import Value from "typebox/value";
import { ownEntry } from "../shared/own-entry.ts";
import { type CrossCheck, crossCheck } from "./cross-check.ts";
import { type Environment, readOverrides, type VariableNames } from "./environment.ts";
import { ConfigError, type Path, type Problem, pathText } from "./errors.ts";
import { readValue } from "./read.ts";
import { nodeOf } from "./schema-node.ts";
import { expandAll } from "./variables.ts";
import { readYaml } from "./yaml-file.ts";

/** A file with a thousand entries and all their keys needs a tenth of it. */
const maxFileBytes = 1_048_576;

/** What a program's configuration consists of. */
export interface Definition<S extends TSchema> {
  readonly schema: S;
  readonly checks: readonly CrossCheck<Static<S>>[];
  readonly variables: VariableNames;
}

/** A configuration that was parsed already. */
export interface Source {
  /** What it is called in errors, usually the file's path. */
  readonly name: string;
  /** Objects, lists and strings. */
  readonly document: unknown;
  /** Usually `process.env`. */
  readonly env: Environment;
  /** The line of a value, where the document came from a file. */
  readonly lineOf?: (path: Path) => number | null;
}

/**
 * Reads a file: YAML 1.2, `${NAME}` in strings, overrides by variables, defaults, schema, cross-checks.
 * @throws {ConfigError} with every problem; contains no secret
 */
export async function loadFile<S extends TSchema>(
  definition: Definition<S>,
  { path, env }: { readonly path: string; readonly env: Environment },
): Promise<Static<S>> {
  const { document, lineOf } = readYaml(await readText(path), path);
  return load(definition, { name: path, document, env, lineOf });
}

/**
 * The same for a configuration that was parsed already.
 * @throws {ConfigError} with every problem; contains no secret
 */
export function load<S extends TSchema>(definition: Definition<S>, source: Source): Static<S> {
  const { name, env } = source;
  const root = nodeOf(definition.schema);
  const { document, names, references, problems } = expandAll(source.document ?? {}, env);
  const { overrides, problems: unknownVariables } = readOverrides(root, env, definition.variables, names);
  const overridden = new Map<string, string>();
  for (const { path, value, variable } of overrides) {
    if (setIn(document, path, value)) overridden.set(pathText(path), variable);
  }

  const located = (problem: Problem): Problem => {
    const key = pathText(problem.path);
    const text = overridden.get(key) ?? placeText(source.lineOf?.(problem.path) ?? null, references.get(key));
    return text === null ? problem : { ...problem, source: text };
  };
  const found = new Map<string, Problem>();
  const report = (problem: Problem) => {
    const key = pathText(problem.path);
    // A string that could not be expanded is reported once, not again because it does not fit the schema.
    if (!found.has(key)) found.set(key, located(problem));
  };
  for (const problem of problems) if (!overridden.has(pathText(problem.path))) report(problem);
  const config = readValue(root, document, [], report) as Static<S>;
  const ofValues = [...found.values()];
  const between = crossCheck(config, definition.checks, ofValues).map(located);
  const all = [...unknownVariables, ...ofValues, ...between].filter(({ isConsequence }) => isConsequence !== true);
  if (all.length > 0) throw new ConfigError(name, all);
  if (!Value.Check(definition.schema, config)) {
    throw new Error("internal error: reader accepted a value that the schema rejects");
  }
  return config;
}

async function readText(path: string): Promise<string> {
  const refuse = (message: string) =>
    new ConfigError(path, [{ path: [], given: null, expected: "a configuration file", message }]);
  try {
    const { size } = await stat(path);
    if (size > maxFileBytes) throw refuse(`the file has ${size} bytes, more than ${maxFileBytes}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw refuse("there is no such file");
    if (code === "EACCES") throw refuse("this user may not read the file");
    if (code === "EISDIR") throw refuse("this is a folder, not a file");
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw refuse("the file is not text in UTF-8");
    throw error;
  }
}

/** `line 12`, `line 12, ${NAME}` or `${NAME}`; null where neither is known. */
function placeText(line: number | null, reference: string | undefined): string | null {
  const parts = [line === null ? null : `line ${line}`, reference].filter((part) => part != null);
  return parts.length === 0 ? null : parts.join(", ");
}

/** Sets a value in nested objects and creates missing ones; false where a value of another kind is in the way. */
function setIn(document: unknown, path: Path, value: string): boolean {
  let section = document as Record<string, unknown>;
  for (const [depth, key] of path.entries()) {
    if (typeof section !== "object" || section === null || Array.isArray(section)) return false;
    if (depth === path.length - 1) section[key] = value;
    else {
      const next = ownEntry(section, String(key));
      section[key] = next === undefined || next === "" || next === null ? {} : next;
      section = section[key] as Record<string, unknown>;
    }
  }
  return true;
}
