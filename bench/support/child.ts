/** The sides of a benchmark that run in processes of their own, so that their CPU can be told apart. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** Longest wait for a child to be ready or to leave. */
export const childDeadlineMs = 20_000;

/** @param env on top of our own. Its log goes where nobody reads it. */
export function forkSide(file: URL, env: Record<string, string>): ChildProcess {
  return fork(fileURLToPath(file), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
}

/** Lets a child end by closing its channel, and ends it where it does not. */
export async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, "exit", { signal: AbortSignal.timeout(childDeadlineMs) });
  child.disconnect();
  await exited.catch(() => child.kill("SIGKILL"));
}
