import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { onProcessExit } from "./exit-hook.ts";

export interface RunOptions {
  /** The child is ended with SIGKILL when it runs longer; milliseconds. */
  readonly deadlineMs: number;
  /** Replaces the whole environment when given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called for each line of standard output and standard error as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  /** The last 64 KB of standard output and standard error, in the order they came. */
  readonly output: string;
}

const outputKeptChars = 64 * 1024;

/**
 * Runs a program to its end, without a shell.
 * @returns its exit status (of any value) and output
 * @throws when it cannot be started, or when it did not end within the deadline
 */
export function runCommand(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, options.deadlineMs);
    const forget = onProcessExit(() => child.kill("SIGKILL"));

    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        output = `${output}${line}\n`.slice(-outputKeptChars);
        options.onLine?.(line);
      });
    }
    const settle = () => {
      clearTimeout(timer);
      forget();
    };
    child.once("error", (error) => {
      settle();
      reject(error);
    });
    child.once("close", (code) => {
      settle();
      if (late)
        reject(new Error(`${command} did not end within ${options.deadlineMs / 1000} s\n${output.slice(-1000)}`));
      else resolve({ code, output });
    });
  });
}
