import { type ChildProcess, spawn } from "node:child_process";
import { findOnPath, type Program } from "../fetch/on-path.ts";
import { onProcessExit } from "./exit-hook.ts";

/** How a child ended: an exit status, or the signal that ended it. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const outputKeptChars = 64 * 1024;
const stopDeadlineMs = 5000;

/** A program that runs for as long as we do, and not longer. */
export class Child {
  readonly pid: number;
  /** Settles when the program has ended, for any reason; never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  readonly #name: string;
  #output = "";
  #exit: ChildExit | undefined;

  private constructor(name: string, process_: ChildProcess, pid: number) {
    this.#name = name;
    this.#process = process_;
    this.pid = pid;
    for (const stream of [process_.stdout, process_.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-outputKeptChars);
      });
    }
    const forget = onProcessExit(() => process_.kill("SIGTERM"));
    this.exited = new Promise((resolve) => {
      process_.once("exit", (code, signal) => {
        forget();
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  /**
   * Starts a program in the background. Where the machine has setpriv, the kernel ends the program (SIGTERM) even when
   * we are killed; elsewhere an exit hook does, which SIGKILL skips.
   * @throws when it cannot be started
   */
  static async start(
    name: string,
    program: Pick<Program, "command" | "args" | "env">,
    args: readonly string[],
    options: { cwd?: string } = {},
  ): Promise<Child> {
    const setpriv = await findOnPath(["setpriv"]);
    const whole = [program.command, ...program.args, ...args];
    const [command = "", ...rest] = setpriv ? [setpriv, "--pdeathsig", "TERM", "--", ...whole] : whole;
    const process_ = spawn(command, rest, {
      env: { ...process.env, ...program.env },
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: Ctrl+C is ours to handle, and what we still need must not end first.
      detached: true,
      ...options,
    });
    await new Promise<void>((resolve, reject) => {
      process_.once("spawn", resolve);
      process_.once("error", (error) => reject(new Error(`${name} cannot be started: ${error.message}`)));
    });
    process_.on("error", () => {});
    return new Child(name, process_, process_.pid ?? 0);
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The end of what the program printed on standard output and standard error. */
  get output(): string {
    return this.#output;
  }

  /** Calls `listener` once when the program has ended. */
  onExit(listener: (exit: ChildExit) => void): void {
    void this.exited.then(listener);
  }

  /** Asks the program to end, makes it after the deadline, and waits until it has. */
  async stop(deadlineMs = stopDeadlineMs): Promise<ChildExit> {
    if (this.running) this.#process.kill("SIGTERM");
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), deadlineMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Ends the program at once, as a crash would. */
  async kill(): Promise<ChildExit> {
    if (this.running) this.#process.kill("SIGKILL");
    return this.exited;
  }

  /**
   * Waits until `ready` returns true, asking again and again.
   * @throws with the end of the output when the program ends before, or when the deadline passes
   */
  async waitUntil(ready: () => Promise<boolean>, deadlineMs: number, logTail: () => Promise<string>): Promise<void> {
    const giveUpAtMs = performance.now() + deadlineMs;
    while (!(await ready())) {
      const late = performance.now() > giveUpAtMs;
      if (this.running && !late) {
        await new Promise((resolve) => setTimeout(resolve, pollMs));
        continue;
      }
      const how = late ? `was not ready within ${deadlineMs / 1000} s` : `ended (${describe(this.#exit)})`;
      throw new Error(`${this.#name} ${how}\n${await logTail()}`);
    }
  }
}

const pollMs = 15;

function describe(exit: ChildExit | undefined): string {
  return exit?.signal ? `signal ${exit.signal}` : `status ${exit?.code}`;
}
