/**
 * The programs that a bench runs. Figures of a bench whose carrier, Redis, Asterisk or gateway has ended are none, so
 * the end of any of them ends the bench; a signal to the bench ends them all.
 */

import type { ChildExit } from "../../src/local/process/child.ts";
import { deferred } from "../../src/shared/deferred.ts";
import { foreignLoadWarning, watchForeignLoad } from "./foreign-load.ts";

export interface Part {
  /** As it stands in the sentence that says it ended. */
  readonly name: string;
  readonly pid: number;
  /** Settles when it has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  /** The end of what it printed. */
  output(): string;
}

export interface Parts {
  /** From now on its end is an error. @param stop ends it; called last in, first out */
  add(part: Part, stop: () => Promise<unknown>): void;
  /** Something else to undo at the end, such as a temporary folder. */
  defer(undo: () => Promise<unknown>): void;
}

/** One sentence: which part ended, how, and the last thing it printed. */
export class PartEndedError extends Error {
  constructor(part: Part, exit: ChildExit) {
    const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
    super(`${part.name} (pid ${part.pid}) ended with ${how} during the bench; last output: ${lastOutput(part)}.`);
    this.name = "PartEndedError";
  }
}

const outputKeptChars = 300;

/** On one line, without what moves a terminal's cursor. */
function lastOutput(part: Part): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: SIPp draws screens
  const plain = part.output().replace(/\x1b\[[0-9;?]*[A-Za-z]/g, " ");
  const text = plain.replace(/\s+/g, " ").trim().slice(-outputKeptChars);
  return text === "" ? "none" : `"${text}"`;
}

const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does `work`, and stops all parts when it is done, failed, interrupted, or a part has ended.
 * @param progress gets a line for each part that was started, with its pid
 * @throws {PartEndedError} at once when a part ends, also while `work` waits for something else
 * @throws at once on SIGINT, SIGTERM and SIGHUP: a gateway that is only told to end would finish its calls first
 */
export async function withParts<T>(progress: (line: string) => void, work: (parts: Parts) => Promise<T>): Promise<T> {
  const undos: (() => Promise<unknown>)[] = [];
  const pids: number[] = [];
  const foreign = watchForeignLoad();
  const ended = deferred<never>();
  let stopping = false;
  const interrupt = (signal: NodeJS.Signals) => ended.reject(new Error(`ended by ${signal}; no figures`));
  for (const signal of endingSignals) process.on(signal, interrupt);
  const parts: Parts = {
    add(part, stop) {
      // What was being started when the bench was interrupted.
      if (stopping) return void stop().catch(() => undefined);
      undos.push(stop);
      pids.push(part.pid);
      progress(`started ${part.name}, pid ${part.pid}`);
      void part.exited.then((exit) => {
        if (!stopping) ended.reject(new PartEndedError(part, exit));
      });
    },
    defer: (undo) => void undos.push(undo),
  };
  try {
    const result = await Promise.race([work(parts), ended.promise]);
    const warning = foreignLoadWarning(foreign.percent(pids));
    if (warning !== null) progress(warning);
    return result;
  } finally {
    stopping = true;
    for (const undo of undos.reverse()) await undo().catch((error) => progress(`not stopped: ${error}`));
    for (const signal of endingSignals) process.off(signal, interrupt);
  }
}
