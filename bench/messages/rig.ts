/** The sides, each a process of its own on a Redis of its own, and the sink that all of them submit to. */
import type { ChildProcess } from "node:child_process";
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { callee } from "../calls/protocol.ts";
import { forkSide } from "../support/child.ts";
import { type Source, thisCommit } from "../support/commit.ts";
import { startGateway } from "../support/gateway.ts";
import { callsProfile, type Profile } from "../support/gateway-config.ts";
import { leanClient } from "../support/lean-client.ts";
import type { Parts } from "../support/parts.ts";
import { startOwnRedis } from "../support/redis.ts";
import { type Expect, type SinkMessage, type Submit, sinkBind } from "./protocol.ts";

export interface MessageSide {
  readonly name: "ours" | "other" | "bare" | "library";
  readonly pid: number;
  /** Null: it has none. */
  readonly redisPid: number | null;
  /** Asks for so many messages; resolves when all were asked for and answered. @throws where one is refused */
  offer(messages: number): Promise<void>;
}

export interface Rig {
  readonly sides: readonly MessageSide[];
  readonly sinkPid: number;
  /** Resolves when the sink took so many messages from now on. */
  expect(messages: number): Promise<void>;
  readonly redisVersion: string;
}

/** Requests at once. */
export const connections = 32;

export async function startRig(parts: Parts, other: Source | null, progress: (line: string) => void): Promise<Rig> {
  const { redisServer } = await ensureRuntime({ forTests: false, progress });
  const file = (name: string) => new URL(`./${name}-process.ts`, import.meta.url);
  const sink = await forkSide<{ port: number }>(parts, "the sink", file("sink"), {});
  const sinkPort = sink.ready.port;
  const profile: Profile = { ...callsProfile, sms: smsTo(sinkPort) };
  const sides: MessageSide[] = [];
  for (const [name, source] of [
    ["ours", thisCommit],
    ["other", other],
  ] as const) {
    if (source === null) continue;
    const gateway = await startGateway(parts, name, source, { redisServer, asterisk: null, profile });
    sides.push({ ...gateway, name, offer: offerOver(parts, gateway.url, gateway.apiKey, { channel: "sms" }) });
  }
  const redis = await startOwnRedis(parts, "the bare server", redisServer);
  const env = { BENCH_REDIS: redis.url, BENCH_SINK_PORT: String(sinkPort) };
  const bare = await forkSide<{ url: string }>(parts, "the bare server", file("bare"), env);
  const offerBare = offerOver(parts, bare.ready.url, "none", {});
  sides.push({ name: "bare", pid: bare.pid, redisPid: redis.pid, offer: offerBare });
  const library = await forkSide(parts, "the loop that only submits", file("library"), env);
  sides.push({ name: "library", pid: library.pid, redisPid: null, offer: async (n) => submit(library.child, n) });
  return {
    sides,
    sinkPid: sink.pid,
    expect: (messages) => taken(sink.child, messages),
    redisVersion: redisServer.version,
  };
}

const smsTo = (port: number) => ({
  routes: { sink: { smpp: { binds: { one: sinkBind(port) } } } },
  prefixes: [{ prefix: "+", routes: ["sink"] }],
});

/** Requests in a closed loop; no recipient gets two messages of one side. */
function offerOver(parts: Parts, origin: string, apiKey: string, body: object): MessageSide["offer"] {
  const client = leanClient(new URL("/v1/verifications", origin), { authorization: `Bearer ${apiKey}` }, connections);
  parts.defer(async () => client.close());
  let next = 0;
  return async (messages) => {
    const last = next + messages;
    const loop = async () => {
      while (next < last) {
        const to = callee(next);
        next += 1;
        await client.post(JSON.stringify({ to, ...body }));
      }
    };
    await Promise.all(Array.from({ length: connections }, loop));
  };
}

function submit(child: ChildProcess, messages: number): void {
  child.send({ messages, window: connections } satisfies Submit);
}

/** The sides' last answer may come before the sink's count. */
const takenDeadlineMs = 60_000;

function taken(child: ChildProcess, messages: number): Promise<void> {
  child.send({ messages } satisfies Expect);
  return new Promise((resolve, reject) => {
    const onMessage = (message: SinkMessage) => {
      if (message.type === "taken" && message.messages === messages) end(resolve);
    };
    const timer = setTimeout(() => {
      end(() => reject(new Error(`the sink did not get ${messages} messages within ${takenDeadlineMs} ms`)));
    }, takenDeadlineMs);
    function end(settle: () => void): void {
      clearTimeout(timer);
      child.off("message", onMessage);
      settle();
    }
    child.on("message", onMessage);
  });
}
