/** One side of the comparison: a child process that places calls, and how to offer it some. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { childDeadlineMs, forkSide, leave } from "../support/child.ts";
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
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
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
        post(`${url}/v1/verifications`, agent, apiKey, { to: callee(command.firstCallee + index) })
          .then((id) => postedAtMs.set(id, atMs))
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
      agent.destroy();
      await leave(child);
    },
  };
}

/** @returns the verification's id */
function post(url: string, agent: Agent, apiKey: string, body: unknown): Promise<string> {
  const text = JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
    "content-length": text.length,
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers, timeout: 5000 }, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        answer += chunk;
      });
      response.on("end", () =>
        response.statusCode === 201
          ? resolve(JSON.parse(answer).id)
          : reject(new Error(`${response.statusCode}: ${answer}`)),
      );
    });
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("no answer from the gateway")));
    sent.end(text);
  });
}
