/** `onering sandbox`: everything on this machine, nothing to set up, until a signal ends it. */
import type { Logger } from "pino";
import { sandboxKey, sandboxOperatorKey } from "../apps/api-keys.ts";
import { ensureRuntime } from "../local/fetch/programs.ts";
import { type Environment, sandboxEnvironment } from "./config.ts";
import { examples } from "./fiction.ts";
import { type Sandbox, type SandboxDriver, startSandbox } from "./start.ts";

export interface RunOptions {
  readonly env: Environment;
  readonly stdout: { write(text: string): unknown };
  /** Says SANDBOX in every line. */
  readonly logger: Logger;
  readonly driver: SandboxDriver;
}

/** A problem that the user can fix; its message says how. */
export class SandboxError extends Error {}

/**
 * Fetches missing programs, starts the sandbox, prints its address.
 * @returns the running sandbox; the caller stops it
 * @throws {SandboxError} {RuntimeUnavailableError} {ConfigError} each with a message for a person
 */
export async function runSandbox({ env, stdout, logger, driver }: RunOptions): Promise<Sandbox> {
  const say = (line: string) => stdout.write(`${line}\n`);
  const settings = sandboxEnvironment(env);
  const engine = driver === "sip" ? "its own SIP without an Asterisk" : "a real Asterisk";
  say(`OneRing SANDBOX: ${engine}, a simulated carrier and phone. Nothing here calls anybody.`);
  if (settings.ignored.length > 0) say(`  not used in a sandbox: ${settings.ignored.join(", ")}`);
  const programs = await ensureRuntime({ forTests: false, progress: (line) => say(`  ${line}`) });
  try {
    const sandbox = await startSandbox({ programs, env: settings.env, logger, driver });
    const parts = `Redis ${programs.redisServer.version}, private and on loopback`;
    say(welcome(sandbox.url, driver === "sip" ? parts : `Asterisk ${programs.asterisk.version} and ${parts}`));
    return sandbox;
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code !== "EADDRINUSE") throw error;
    throw new SandboxError(
      `Port ${port} is taken. End what listens there, or take another port: ONERING_HTTP_PORT=0 npm start`,
    );
  }
}

function welcome(url: string, parts: string): string {
  const body = JSON.stringify({ to: examples[0]?.to });
  return `  ${parts}

listening on ${url}

  page     ${url}/
  docs     ${url}/docs
  API key  ${sandboxKey}
  operator ${sandboxOperatorKey}, for ${url}/v1/admin/trunks and the like
  try      curl -sS ${url}/v1/verifications -H 'Authorization: Bearer ${sandboxKey}' \\
             -H 'Content-Type: application/json' -d '${body}'

Ctrl+C ends the SANDBOX and all it started.`;
}
