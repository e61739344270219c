/** One side of the comparison: something that places calls, and how to offer it some. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { forkSide } from "../support/child.ts";
import type { Gateway, GatewayName } from "../support/gateway.ts";
import { leanClient } from "../support/lean-client.ts";
import type { Parts } from "../support/parts.ts";
import { offer } from "./offer.ts";
import type { ChosenSide } from "./plan.ts";
import { callee, type RunCommand, type RunResult, type SipTarget, type Target, wallClock } from "./protocol.ts";

export type SideName = GatewayName | ChosenSide;

export interface Side {
  readonly name: SideName;
  /** Perhaps with children, which are its own. */
  readonly pid: number;
  /** Of its Redis; null: it has none. */
  readonly redisPid: number | null;
  /** Calls the carrier itself, without Asterisk. */
  readonly isSip: boolean;
  run(command: RunCommand): Promise<RunResult>;
}

/** Longest wait for the answers to a run's requests when the last was sent. */
const settleMs = 5000;
/** Longest wait for a bare peer's report, on top of the run. */
const reportDeadlineMs = 30_000;
/** Of the load to a gateway. */
const connections = 64;

export async function startBare(parts: Parts, target: Target | SipTarget): Promise<Side> {
  const isSip = target.control === "sip";
  const file = new URL(isSip ? "./bare-sip-process.ts" : "./bare-process.ts", import.meta.url);
  const title = `the bare loop over ${target.control}`;
  const { child, pid } = await forkSide(parts, title, file, { BENCH_TARGET: JSON.stringify(target) });
  return {
    name: `bare_${target.control}`,
    ...{ pid, redisPid: null, isSip },
    async run(command) {
      const answer = once(child, "message", { signal: AbortSignal.timeout(command.durationMs + reportDeadlineMs) });
      child.send(command);
      const [result] = await answer;
      return result as RunResult;
    },
  };
}

/** A gateway. The load comes from this process, so that the gateway's CPU is the gateway's alone. */
export function gatewaySide(parts: Parts, gateway: Gateway, isSip = false): Side {
  const { name, apiKey, pid, redisPid } = gateway;
  const url = new URL("/v1/verifications", gateway.url);
  const client = leanClient(url, { authorization: `Bearer ${apiKey}` }, connections);
  parts.defer(async () => client.close());
  return {
    name,
    ...{ pid, redisPid, isSip },
    async run({ ratePerSecond, durationMs, firstCallee }) {
      const wallMs = wallClock();
      const placed: [string, number][] = [];
      let offered = 0;
      let answered = 0;
      let firstError: string | null = null;
      await offer(ratePerSecond, durationMs, (index) => {
        offered++;
        const to = callee(firstCallee + index);
        const atMs = wallMs();
        client
          .post(`{"to":"${to}"}`)
          .then(() => placed.push([to, atMs]))
          .catch((error) => {
            firstError ??= String(error);
          })
          .finally(() => answered++);
      });
      const giveUpAtMs = performance.now() + settleMs;
      while (answered < offered && performance.now() < giveUpAtMs) await pause(20);
      return { offered, placed, firstError };
    },
  };
}
