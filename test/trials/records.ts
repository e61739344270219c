/**
 * `node test/trials/records.ts [seconds away] [verifications a second]`: PostgreSQL stands still, or is killed, while a gateway
 * verifies; then every event must be in the records once and in order. Nothing rings: messages are taken by a provider in memory.
 */
import { Agent, request } from "node:http";
import { Redis } from "ioredis";
import pg from "pg";
import { pino } from "pino";
import { buildApp } from "../../src/app.ts";
import { resolveConfig } from "../../src/config/load.ts";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { apiKey, gatewayDocument } from "../support/gateway.ts";
import { messageChannels } from "../support/message-gateway.ts";
import { startPostgres } from "../support/postgres.ts";
import { startTestRedis } from "../support/redis.ts";

export interface Load {
  readonly perSecond: number;
  /** Before, during and after the outage. */
  readonly beforeMs: number;
  readonly awayMs: number;
  readonly afterMs: number;
  /** `freeze`: it takes connections and answers nothing. */
  readonly how: "freeze" | "kill";
}

export interface Found {
  readonly started: number;
  readonly refused: number;
  /** Verifications of which an event is missing, or whose events end before `verification.ended`. */
  readonly incomplete: number;
  readonly events: number;
  /** Call detail records: each verification has one delivery. */
  readonly cdrs: number;
  /** Most that waited in Redis. */
  readonly backlog: number;
  /** From PostgreSQL's return until all was written. */
  readonly drainedMs: number;
  /** 99 % of starts were answered within this, during the outage. */
  readonly startP99Ms: number;
  readonly readyStatuses: readonly number[];
}

const drainDeadlineMs = 120_000;

export async function recordsUnderLoad({ perSecond, beforeMs, awayMs, afterMs, how }: Load): Promise<Found> {
  const [postgres, redis] = await Promise.all([
    startPostgres(),
    startTestRedis((await findPrograms()).redisServer, undefined),
  ]);
  const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
  const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
  const url = await postgres.createDatabase();
  const document = gatewayDocument({
    ...{ redisUrl: redis.url, asterisk },
    config: {
      http: { rate_limit_per_minute: "100000" },
      records: { url, migrate: "on_start", query_timeout_ms: "1000", connect_timeout_ms: "500" },
    },
  });
  const app = await buildApp(resolveConfig({ name: "trial", document, env: {} }), {
    logger: pino({ level: "silent" }),
    extraMessageChannels: messageChannels(() => undefined).specs,
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 40 });
  try {
    const { url: base } = await app.start();
    await optOutsAreKnown(redis.url);
    const post = (path: string, body: object) => send(agent, "POST", base + path, body);
    const waiting = async () => {
      const { json } = await send(agent, "GET", `${base}/metrics`, null);
      const [, count = "0"] = /^onering_outbox_\w+\{[^}]*cursor="records"[^}]*\} (\d+)$/m.exec(json.text) ?? [];
      return Number(count);
    };
    const ids: string[] = [];
    const tookMs: number[] = [];
    const readyStatuses: number[] = [];
    let [refused, backlog, away, offered] = [0, 0, false, 0];
    const verify = async (n: number) => {
      const begunMs = performance.now();
      const to = `+4474${String(n).padStart(8, "0")}`;
      const { status, json } = await post("/v1/verifications", { to, channel: "memory" });
      if (away) tookMs.push(performance.now() - begunMs);
      if (status !== 201) return void refused++;
      ids.push(String(json.id));
      await post(`/v1/verifications/${json.id}/cancel`, {});
    };
    const begunMs = performance.now();
    const running = new Set<Promise<unknown>>();
    const source = setInterval(() => {
      for (const due = ((performance.now() - begunMs) / 1000) * perSecond; offered < due; offered++) {
        const one = verify(offered).finally(() => running.delete(one));
        running.add(one);
      }
    }, 10);
    // Two a second, for as long as this lasts.
    const looks: Promise<unknown>[] = [];
    const watch = setInterval(() => {
      const counted = waiting().then((count) => {
        backlog = Math.max(backlog, count);
      });
      looks.push(counted);
      if (away) looks.push(send(agent, "GET", `${base}/readyz`, null).then(({ status }) => readyStatuses.push(status)));
    }, 500);
    await pause(beforeMs);
    away = true;
    await (how === "freeze" ? postgres.freeze() : postgres.kill());
    await pause(awayMs);
    away = false;
    await (how === "freeze" ? postgres.thaw() : postgres.restart());
    const backMs = performance.now();
    await pause(afterMs);
    clearInterval(source);
    await Promise.all(running);
    const found = await untilComplete(url, ids);
    clearInterval(watch);
    // What ends them with their connections would be an error of nobody.
    await Promise.all(looks);
    tookMs.sort((a, b) => a - b);
    const startP99Ms = Math.round(tookMs[Math.floor(tookMs.length * 0.99)] ?? 0);
    const drainedMs = Math.round(performance.now() - backMs);
    return { started: ids.length, refused, ...found, backlog, drainedMs, startP99Ms, readyStatuses };
  } finally {
    agent.destroy();
    await app.stop();
    await Promise.all([postgres.stop(), redis.stop()]);
  }
}

/** Until then a gateway whose Redis is new asks the records for each recipient, and refuses where they are away (ADR 55). */
async function optOutsAreKnown(url: string): Promise<void> {
  const redis = new Redis(url);
  try {
    const giveUpAtMs = performance.now() + 30_000;
    while ((await redis.exists("{optouts}:complete")) === 0) {
      if (performance.now() > giveUpAtMs) throw new Error("the opt-outs were not read from the records within 30 s");
      await pause(50);
    }
  } finally {
    redis.disconnect();
  }
}

/** Asks until every verification's events are there, or none came for a while. */
async function untilComplete(
  url: string,
  ids: readonly string[],
): Promise<Pick<Found, "incomplete" | "events" | "cdrs">> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const giveUpAtMs = performance.now() + drainDeadlineMs;
    for (;;) {
      // Rows have the event's id as key, so none can be there twice; what must not be is a gap.
      const { rows } = await client.query<{ verification: string; events: number; complete: boolean }>(
        `select verification, count(*)::int as events,
           min(seq) = 1 and max(seq) = count(*) and bool_or(type = 'verification.ended') as complete
         from events where verification is not null group by verification`,
      );
      const complete = new Set(rows.filter((row) => row.complete).map(({ verification }) => verification));
      const incomplete = ids.filter((id) => !complete.has(id)).length;
      if (incomplete === 0 || performance.now() > giveUpAtMs) {
        const { rows: counted } = await client.query<{ cdrs: number }>("select count(*)::int as cdrs from cdrs");
        const events = rows.reduce((sum, row) => sum + row.events, 0);
        return { incomplete, events, cdrs: counted[0]?.cdrs ?? 0 };
      }
      await pause(250);
    }
  } finally {
    await client.end();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function send(
  agent: Agent,
  method: string,
  url: string,
  body: object | null,
): Promise<{ status: number; json: Record<string, unknown> & { text: string } }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${apiKey}`, ...(body && { "content-type": "application/json" }) };
    const asked = request(url, { method, agent, headers, timeout: 20_000 }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => {
        const json = text.startsWith("{") ? JSON.parse(text) : {};
        resolve({ status: response.statusCode ?? 0, json: { ...json, text } });
      });
    });
    asked.on("error", reject);
    asked.end(body === null ? undefined : JSON.stringify(body));
  });
}

if (import.meta.main) {
  const [awaySeconds = 60, perSecond = 200] = process.argv.slice(2).map(Number);
  for (const how of ["freeze", "kill"] as const) {
    const load = { perSecond, beforeMs: 5000, awayMs: awaySeconds * 1000, afterMs: 5000, how };
    const { readyStatuses, ...found } = await recordsUnderLoad(load);
    const ready = `${readyStatuses.filter((status) => status === 200).length} of ${readyStatuses.length} probes ready`;
    process.stdout.write(`${how} ${awaySeconds} s at ${perSecond}/s: ${JSON.stringify(found)}, ${ready}\n`);
  }
}
