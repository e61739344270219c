/** A really started sandbox for the examples of docs/examples, and the programs that run against it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { projectRoot } from "../../src/local/fetch/paths.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { createLogger } from "../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/start.ts";

export const examples = path.join(projectRoot, "docs/examples");
const exitDeadlineMs = 10_000;
/** A short ring: no person watches. Port 0 takes any free one. */
const env = { ONERING_HTTP_PORT: "0", ONERING_CALLS_RING_MS: "1200", ONERING_CALLS_SETUP_LIMIT_MS: "2500" };

interface PhoneCall {
  readonly to: string;
  readonly caller_id: string;
}

/** Call it at the top of a test file. @param firstNumber last five digits of the first callee, not used by other files */
export function withExamples(firstNumber: number) {
  const started = new Set<ChildProcess>();
  let sandbox: Sandbox;
  let numbers = firstNumber;

  beforeAll(async () => {
    const logger = createLogger({ level: "silent" }, { sandbox: true });
    sandbox = await startSandbox({ programs: await findPrograms(), env, logger });
  });
  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    await sandbox?.stop();
  });

  return {
    url: () => sandbox.url,
    /** A number that rings and that no test has used. */
    freshNumber: () => `+4474001${numbers++}`,

    /** The last digits that the simulated phone shows, once its call came. */
    async shownDigits(to: string): Promise<string> {
      let digits: string | undefined;
      await expect
        .poll(async () => {
          const calls = (await (await fetch(`${sandbox.url}/sandbox/calls`)).json()) as PhoneCall[];
          digits = calls.find((call) => call.to === to)?.caller_id.slice(-4);
          return digits;
        })
        .toMatch(/^\d{4}$/);
      return digits ?? "";
    },

    /** The simulated phone calls a number of the gateway's. */
    async callIn(from: string, to: unknown): Promise<void> {
      const headers = { "content-type": "application/json" };
      await fetch(`${sandbox.url}/sandbox/call-in`, { method: "POST", headers, body: JSON.stringify({ from, to }) });
    },

    /** Starts a program that finds the sandbox by ONERING_URL; it is ended with the tests. */
    run(command: string, args: readonly string[], extraEnv: Readonly<Record<string, string>> = {}) {
      const child = spawn(command, args, {
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...extraEnv, ONERING_URL: sandbox.url },
        stdio: ["pipe", "pipe", "pipe"],
      });
      started.add(child);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
      }
      return {
        /** Standard output and error so far. */
        output: () => output,
        /** Writes a line to its standard input. */
        answers: (line: string) => child.stdin.write(`${line}\n`),
        /** Waits for its end. @throws after 10 s */
        async exitCode() {
          if (child.exitCode === null) await once(child, "close", { signal: AbortSignal.timeout(exitDeadlineMs) });
          return child.exitCode;
        },
      };
    },
  };
}
