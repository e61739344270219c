/** From a file (or an object) and the environment to a whole, valid configuration, or to all that is wrong with it. */
import { readFile, stat } from "node:fs/promises";
import Value from "typebox/value";
import { type Environment, readOverrides } from "../typed-yaml/environment.ts";
import { ConfigError, type Path, type Problem, pathText } from "../typed-yaml/errors.ts";
import { readValue } from "../typed-yaml/read.ts";
import { rootNode } from "../typed-yaml/schema-node.ts";
import { expandAll } from "../typed-yaml/variables.ts";
import { readYaml } from "../typed-yaml/yaml-file.ts";
import { crossCheck } from "./checks.ts";
import { type Config, ConfigSchema } from "./schema.ts";

/** A thousand trunks with all their keys need a tenth of it. */
const largestFileBytes = 1_048_576;

/**
 * Loads `onering.yaml`: YAML 1.2, `${NAME}` in texts, `ONERING_*` overrides, defaults, schema, cross checks.
 * @param options.env usually `process.env`
 * @throws {ConfigError} naming every problem at once; holds no secret
 */
export async function loadConfig(options: { path: string; env: Environment }): Promise<Config> {
  const { document, lineOf } = readYaml(await readText(options.path), options.path);
  return resolveConfig({ name: options.path, document, env: options.env, lineOf });
}

/**
 * The same for a configuration that is an object already, such as the sandbox's.
 * @param options.name what it is called in errors
 * @throws {ConfigError}
 */
export function resolveConfig(options: {
  name: string;
  document: unknown;
  env: Environment;
  lineOf?: (path: Path) => number | null;
}): Config {
  const { name, env } = options;
  const { document, names, references, problems } = expandAll(options.document ?? {}, env);
  const { overrides, problems: unknownVariables } = readOverrides(rootNode, env, names);
  const variables = new Map(references);
  for (const { path, value, variable } of overrides) {
    if (setIn(document, path, value)) variables.set(pathText(path), variable);
  }

  const overridden = new Set(overrides.map(({ path }) => pathText(path)));
  const found = new Map<string, Problem>();
  const tell = (problem: Problem) => {
    const key = pathText(problem.path);
    // What could not be expanded is told once, not again for not fitting the schema.
    if (!found.has(key)) found.set(key, { ...problem, ...sourceOf(problem.path, variables, options.lineOf) });
  };
  for (const problem of problems) if (!overridden.has(pathText(problem.path))) tell(problem);
  const config = readValue(rootNode, document, [], tell) as Config;
  const shaped = [...found.values()];
  const crossed = crossCheck(config, shaped).map((problem) => ({
    ...problem,
    ...sourceOf(problem.path, variables, options.lineOf),
  }));
  const all = [...unknownVariables, ...shaped, ...crossed];
  if (all.length > 0) throw new ConfigError(name, all);
  if (!Value.Check(ConfigSchema, config)) throw new Error("the walk over the schema passed what the schema refuses");
  return config;
}

async function readText(path: string): Promise<string> {
  const fail = (expected: string) => new ConfigError(path, [{ path: [], given: null, expected }]);
  try {
    const { size } = await stat(path);
    if (size > largestFileBytes) throw fail(`a file of at most ${largestFileBytes} bytes; this one has ${size}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw fail("a configuration file here; there is none");
    if (code === "EACCES" || code === "EISDIR") throw fail(`a file that this user may read (${code})`);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") throw fail("text in UTF-8");
    throw error;
  }
}

/** Where the value came from: `line 12`, `line 12, ${NAME}`, or `ONERING_HTTP_PORT`. */
function sourceOf(
  path: Path,
  variables: ReadonlyMap<string, string>,
  lineOf: ((path: Path) => number | null) | undefined,
): { source?: string } {
  const variable = variables.get(pathText(path));
  if (variable?.startsWith("ONERING_")) return { source: variable };
  const line = lineOf?.(path) ?? null;
  const parts = [line === null ? null : `line ${line}`, variable].filter((part) => part != null);
  return parts.length === 0 ? {} : { source: parts.join(", ") };
}

/** Puts a value into nested objects, making those that are missing; false where something else is in the way. */
function setIn(document: unknown, path: Path, value: string): boolean {
  let section = document as Record<string, unknown>;
  for (const [depth, key] of path.entries()) {
    if (typeof section !== "object" || section === null || Array.isArray(section)) return false;
    if (depth === path.length - 1) section[key] = value;
    else {
      const next = Object.hasOwn(section, key) ? section[key] : undefined;
      section[key] = next === undefined || next === "" || next === null ? {} : next;
      section = section[key] as Record<string, unknown>;
    }
  }
  return true;
}
