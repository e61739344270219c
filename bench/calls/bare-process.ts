/**
 * The bare peers: a loop that only originates and hangs up at ringing, over ARI HTTP with keep-alive or with REST over
 * the WebSocket on which the events come. No Redis, no rules, no outcome. The least that any gateway on ARI must do.
 */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { WebSocket } from "ws";
import { offer } from "./offer.ts";
import { callee, type RunCommand, type RunResult, type Target } from "./protocol.ts";

const target: Target = JSON.parse(process.env.BENCH_TARGET ?? "null");
const app = `bare-${target.control}`;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const authorization = `Basic ${Buffer.from(`${target.ariUser}:${target.ariPassword}`).toString("base64")}`;
/** Longest wait for the calls of a run that have not rung when the last was offered. */
const settleMs = 5000;

/** Asks Asterisk. @returns the status of its answer */
type Ask = (method: string, path: string) => Promise<number>;

function overHttp(method: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${target.ariUrl}/ari${path}`,
      { method, agent, headers: { authorization }, timeout: 5000 },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("no answer from Asterisk")));
    sent.end();
  });
}

const waiting = new Map<string, (status: number) => void>();
let lastRequest = 0;

function overWebSocket(method: string, path: string): Promise<number> {
  return new Promise((resolve) => {
    lastRequest += 1;
    const id = String(lastRequest);
    waiting.set(id, resolve);
    socket.send(JSON.stringify({ type: "RESTRequest", request_id: id, method, uri: path.slice(1) }));
  });
}

const ari: Ask = target.control === "http" ? overHttp : overWebSocket;

const startedAt = new Map<string, number>();
let ringingMs: number[] = [];
let ended = 0;

function onEvent(text: string) {
  const event = JSON.parse(text) as {
    type: string;
    channel?: { id: string; state: string };
    request_id?: string;
    status_code?: number;
  };
  if (event.type === "RESTResponse") {
    const id = event.request_id ?? "";
    waiting.get(id)?.(event.status_code ?? 0);
    waiting.delete(id);
    return;
  }
  const id = event.channel?.id;
  if (id === undefined) return;
  if (event.type === "ChannelStateChange" && event.channel?.state === "Ringing") {
    const started = startedAt.get(id);
    if (started === undefined) return;
    ringingMs.push(performance.now() - started);
    startedAt.delete(id);
    void ari("DELETE", `/channels/${id}`).catch(() => {});
  }
  if (event.type === "ChannelDestroyed") {
    startedAt.delete(id);
    ended++;
  }
}

async function run(command: RunCommand): Promise<RunResult> {
  ringingMs = [];
  ended = 0;
  let errors = 0;
  let firstError: string | null = null;
  let offered = 0;
  const fail = (error: unknown) => {
    errors++;
    firstError ??= String(error);
  };
  await offer(command.ratePerSecond, command.durationMs, (index) => {
    offered++;
    const id = randomUUID();
    startedAt.set(id, performance.now());
    const endpoint = encodeURIComponent(`PJSIP/${callee(command.firstCallee + index)}@${target.endpoint}`);
    const callerId = encodeURIComponent("+447700900123");
    ari("POST", `/channels?channelId=${id}&app=${app}&endpoint=${endpoint}&callerId=${callerId}&timeout=30`)
      .then((status) => status !== 200 && fail(`originate answered ${status}`))
      .catch(fail);
  });
  const deadlineMs = performance.now() + settleMs;
  while (ended + errors < offered && performance.now() < deadlineMs) await new Promise((r) => setTimeout(r, 20));
  startedAt.clear();
  return { offered, ringingMs, errors: errors + (offered - errors - ringingMs.length), firstError };
}

const socket = new WebSocket(
  `${target.ariUrl.replace("http", "ws")}/ari/events?app=${app}&api_key=${target.ariUser}:${target.ariPassword}`,
);
socket.on("message", (data) => onEvent(data.toString()));
socket.on("open", () => process.send?.({ type: "ready" }));
process.on("message", (command: RunCommand) => {
  void run(command).then((result) => process.send?.({ type: "result", result }));
});
process.on("disconnect", () => process.exit(0));
