/**
 * The bare peers: a loop that only originates and hangs up when the phone has rung for the ring time, over ARI HTTP with
 * keep-alive or with REST over the WebSocket on which the events come. No Redis, no rules, no outcome: the least that any
 * gateway on ARI must do.
 */
import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { offer } from "./offer.ts";
import { callee, type RunCommand, type RunResult, type Target, wallClock } from "./protocol.ts";

const target: Target = JSON.parse(process.env.BENCH_TARGET ?? "null");
const app = `bare-${target.control}`;
const callerId = encodeURIComponent("+447700900123");
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const authorization = `Basic ${Buffer.from(`${target.ariUser}:${target.ariPassword}`).toString("base64")}`;
/** Longest wait for Asterisk's answers to a run's requests when the last was sent. */
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
  const { channel } = event;
  if (event.type !== "ChannelStateChange" || channel?.state !== "Ringing") return;
  setTimeout(() => void ari("DELETE", `/channels/${channel.id}`).catch(() => {}), target.ringMs);
}

async function run({ ratePerSecond, durationMs, firstCallee }: RunCommand): Promise<RunResult> {
  const wallMs = wallClock();
  const placed: [string, number][] = [];
  let firstError: string | null = null;
  let offered = 0;
  let answered = 0;
  await offer(ratePerSecond, durationMs, (index) => {
    offered++;
    const to = callee(firstCallee + index);
    const atMs = wallMs();
    const endpoint = encodeURIComponent(`PJSIP/${to}@${target.endpoint}`);
    const query = `channelId=${randomUUID()}&app=${app}&endpoint=${endpoint}&callerId=${callerId}&timeout=30`;
    ari("POST", `/channels?${query}`)
      .then((status) => {
        if (status === 200) placed.push([to, atMs]);
        else firstError ??= `originate answered ${status}`;
      })
      .catch((error) => {
        firstError ??= String(error);
      })
      .finally(() => answered++);
  });
  const giveUpAtMs = performance.now() + settleMs;
  while (answered < offered && performance.now() < giveUpAtMs) await pause(20);
  return { offered, placed, firstError };
}

const socket = new WebSocket(
  `${target.ariUrl.replace("http", "ws")}/ari/events?app=${app}&api_key=${target.ariUser}:${target.ariPassword}`,
);
socket.on("message", (data) => onEvent(data.toString()));
socket.on("open", () => process.send?.("ready"));
process.on("message", (command: RunCommand) => {
  void run(command).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
