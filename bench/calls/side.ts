/** One side of the comparison: a child process that places calls, and how to offer it some. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { childDeadlineMs, forkSide, leave } from "../support/child.ts";
import { leanClient } from "./lean-client.ts";
import { offer } from "./offer.ts";
import { callee, type RunCommand, type RunResult, type Target, wallMs } from "./protocol.ts";

export const sideNames = ["ours", "bare_http", "bare_websocket"] as const;
export type SideName = (typeof sideNames)[number];

export interface Side {
  readonly name: SideName;
  readonly pid: number;
  run(command: Omit<RunCommand, "type">): Promise<RunResult>;
  stop(): Promise<void>;
}

type Message =
  | { type: "ready"; url?: string }
  | { type: "ringing"; calls: { id: string; atMs: number }[] }
  | { type: "result"; result: RunResult };

/** Longest wait for the calls of a run that have not rung when the last was offered. */
const settleMs = 5000;
/** Of the load to our gateway. */
const connections = 64;

async function ready(child: ChildProcess): Promise<Message & { type: "ready" }> {
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(childDeadlineMs) });
  if ((message as Message).type !== "ready") throw new Error(`unexpected first message from ${child.spawnfile}`);
  return message as Message & { type: "ready" };
}

export async function startBare(target: Target): Promise<Side> {
  const child = forkSide(new URL("./bare-process.ts", import.meta.url), { BENCH_TARGET: JSON.stringify(target) });
  await ready(child);
  return {
    name: target.control === "http" ? "bare_http" : "bare_websocket",
    pid: child.pid ?? 0,
    async run(command) {
      const answer = once(child, "message", { signal: AbortSignal.timeout(command.durationMs + 30_000) });
      child.send({ type: "run", ...command });
      const [message] = await answer;
      return (message as Message & { type: "result" }).result;
    },
    stop: () => leave(child),
  };
}

/** Our gateway. The load comes from this process, so that the gateway's CPU is the gateway's alone. */
export async function startOurs(configPath: string, apiKey: string): Promise<Side> {
  const child = forkSide(new URL("./gateway-process.ts", import.meta.url), { BENCH_CONFIG: configPath });
  const { url = "" } = await ready(child);
  const client = leanClient(new URL(`${url}/v1/verifications`), { authorization: `Bearer ${apiKey}` }, connections);
  const rangAtMs = new Map<string, number>();
  child.on("message", (message: Message) => {
    if (message.type !== "ringing") return;
    for (const { id, atMs } of message.calls) rangAtMs.set(id, atMs);
  });
  return {
    name: "ours",
    pid: child.pid ?? 0,
    async run(command) {
      rangAtMs.clear();
      const postedAtMs = new Map<string, number>();
      let offered = 0;
      let answered = 0;
      let firstError: string | null = null;
      await offer(command.ratePerSecond, command.durationMs, (index) => {
        offered++;
        const atMs = wallMs();
        client
          .post(JSON.stringify({ to: callee(command.firstCallee + index) }))
          .then((answer) => postedAtMs.set(JSON.parse(answer).id, atMs))
          .catch((error) => {
            firstError ??= String(error);
          })
          .finally(() => answered++);
      });
      const deadlineMs = performance.now() + settleMs;
      while ((answered < offered || rangAtMs.size < postedAtMs.size) && performance.now() < deadlineMs) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const ringingMs = [...postedAtMs].flatMap(([id, atMs]) => {
        const rang = rangAtMs.get(id);
        return rang === undefined ? [] : [rang - atMs];
      });
      return { offered, ringingMs, errors: offered - ringingMs.length, firstError };
    },
    async stop() {
      client.close();
      await leave(child);
    },
  };
}
