/**
 * The bare peer of the driver `sip`: INVITE, and CANCEL when the phone has rung for the ring time, over one TCP connection
 * to the carrier. No timers of RFC 3261, no rules, no Redis: the least that anything must do that calls by SIP.
 */
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { offer } from "./offer.ts";
import { callee, type RunCommand, type RunResult, type SipTarget, wallClock } from "./protocol.ts";

const target: SipTarget = JSON.parse(process.env.BENCH_TARGET ?? "null");
const socket = connect(target.port, target.host).setNoDelay(true).setEncoding("latin1");
/** Longest wait for the phones of a run to be canceled when the last INVITE was sent. */
const settleMs = 5000;

interface Call {
  readonly to: string;
  /** Via, From, To, Call-ID: the same in every request of the call. */
  readonly head: string;
}

const calls = new Map<string, Call>();
let received = "";
let firstError: string | null = null;

const write = ({ to, head }: Call, method: "INVITE" | "CANCEL" | "ACK", toTag = "") =>
  socket.write(
    `${method} sip:${to}@${target.host}:${target.port};transport=tcp SIP/2.0\r\n${head}${toTag}\r\nCSeq: 1 ${method}\r\n` +
      `${method === "INVITE" ? `Contact: <sip:bare@${local()};transport=tcp>\r\n` : ""}Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
  );

const local = () => `127.0.0.1:${socket.localPort}`;

function place(to: string): void {
  const id = randomUUID();
  const head =
    `Via: SIP/2.0/TCP ${local()};branch=z9hG4bK${id}\r\nFrom: <sip:+447700900123@${local()}>;tag=${id}\r\n` +
    `Call-ID: ${id}\r\nTo: <sip:${to}@${target.host}:${target.port}>`;
  const call = { to, head };
  calls.set(id, call);
  write(call, "INVITE");
}

function onResponse(text: string): void {
  const id = /\r\nCall-ID: (\S+)/.exec(text)?.[1] ?? "";
  const call = calls.get(id);
  if (call === undefined || !text.includes("\r\nCSeq: 1 INVITE")) return;
  const status = Number(text.slice(8, 11));
  if (status === 180) setTimeout(write, target.ringMs, call, "CANCEL");
  if (status < 200) return;
  if (status !== 487) firstError ??= `INVITE answered ${status}`;
  calls.delete(id);
  write(call, "ACK", /\r\nTo: [^\r]*(;tag=[^\r;]+)/.exec(text)?.[1]);
}

socket.on("data", (chunk) => {
  const texts = (received + chunk).split("\r\n\r\n");
  received = texts.pop() ?? "";
  // The carrier sends no bodies.
  texts.forEach(onResponse);
});

async function run({ ratePerSecond, durationMs, firstCallee }: RunCommand): Promise<RunResult> {
  const wallMs = wallClock();
  const placed: [string, number][] = [];
  firstError = null;
  await offer(ratePerSecond, durationMs, (index) => {
    const to = callee(firstCallee + index);
    placed.push([to, wallMs()]);
    place(to);
  });
  const giveUpAtMs = performance.now() + target.ringMs + settleMs;
  while (calls.size > 0 && performance.now() < giveUpAtMs) await pause(20);
  if (calls.size > 0) firstError ??= `${calls.size} calls had no final response`;
  calls.clear();
  return { offered: placed.length, placed, firstError };
}

socket.on("connect", () => process.send?.("ready"));
process.on("message", (command: RunCommand) => {
  void run(command).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
