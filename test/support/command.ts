/** Programs as an operator runs them: in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

const root = path.join(import.meta.dirname, "../..");
const main = path.join(root, "dist/main.js");
const exitDeadlineMs = 20_000;

export interface RunningCommand {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  output(): string;
  /** Waits for its end. @throws after 20 s */
  exitCode(): Promise<number | null>;
  /** Resolves with the match once it stands in the output. @throws where the program ends before */
  says(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Runs the compiled `onering` command. */
export function onering(...args: string[]): RunningCommand {
  return run(process.execPath, main, ...args);
}

/** Runs any program in the project's folder. */
export function run(command: string, ...args: string[]): RunningCommand {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], cwd: root });
  let output = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      for (const listener of listeners) listener();
    });
  }
  return {
    child,
    output: () => output,
    async exitCode() {
      if (child.exitCode === null) await once(child, "close", { signal: AbortSignal.timeout(exitDeadlineMs) });
      return child.exitCode;
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match !== null) resolve(match);
        };
        listeners.add(look);
        child.once("close", () => reject(new Error(`ended without saying ${pattern}:\n${output}`)));
        look();
      }),
  };
}
