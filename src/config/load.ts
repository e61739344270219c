/** Loads `onering.yaml`: the schema and the checks of all features, and the names of the environment variables. */
import type { Environment, VariableNames } from "../typed-yaml/environment.ts";
import { type Definition, load, loadFile, type Source } from "../typed-yaml/load.ts";
import { checks } from "./checks.ts";
import { otherVariables } from "./other-variables.ts";
import { type Config, ConfigSchema } from "./schema.ts";
import { publishedKeyChecks } from "./secrets.ts";

/** `ONERING_HTTP_PORT` sets `http.port`. */
export const variables: VariableNames = { prefix: "ONERING_", others: otherVariables };

const sandbox: Definition<typeof ConfigSchema> = { schema: ConfigSchema, checks, variables };
const production: Definition<typeof ConfigSchema> = { ...sandbox, checks: [...checks, ...publishedKeyChecks] };

/**
 * Loads a file.
 * @param options.env usually `process.env`
 * @throws {ConfigError} with every problem; contains no secret
 */
export function loadConfig(options: { readonly path: string; readonly env: Environment }): Promise<Config> {
  return loadFile(production, options);
}

/**
 * The same for a configuration that was parsed already.
 * @throws {ConfigError} with every problem; contains no secret
 */
export function resolveConfig(source: Source): Config {
  return load(production, source);
}

/**
 * The same for the sandbox, whose API key is published.
 * @throws {ConfigError} with every problem; contains no secret
 */
export function resolveSandboxConfig(source: Source): Config {
  return load(sandbox, source);
}
