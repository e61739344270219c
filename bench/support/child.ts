/** The bare sides: processes of their own, so that their CPU can be read, with a message channel to this one. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ChildExit } from "../../src/local/process/child.ts";
import type { Parts } from "./parts.ts";

/** Longest wait for a child's first message. */
const readyDeadlineMs = 20_000;
const outputKeptChars = 2000;

/**
 * Starts a file that sends a message when it is ready, and ends when its channel closes.
 * @param env on top of our own
 * @returns the process and its first message
 */
export async function forkSide<Ready>(
  parts: Parts,
  name: string,
  file: URL,
  env: Record<string, string>,
): Promise<{ child: ChildProcess; pid: number; ready: Ready }> {
  const child = fork(fileURLToPath(file), {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-outputKeptChars);
  });
  const exited = new Promise<ChildExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const pid = child.pid ?? 0;
  parts.add({ name, pid, exited, output: () => output }, async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const [ready] = await once(child, "message", { signal: AbortSignal.timeout(readyDeadlineMs) });
  return { child, pid, ready: ready as Ready };
}
