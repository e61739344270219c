/**
 * Far more starts of one app than the machine can carry, to a gateway whose limits forbid none, beside a few of another app: how long
 * phones ring, and what is refused.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { offer } from "../../bench/calls/offer.ts";
import { callee } from "../../bench/calls/protocol.ts";
import { gatewayDocument as benchDocument, callsProfile, ringMs } from "../../bench/support/gateway-config.ts";
import { leanClient } from "../../bench/support/lean-client.ts";
import { apiKeyHash } from "../../src/apps/api-keys.ts";
import { startAsterisk } from "../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { startRedis } from "../../src/local/redis-server.ts";
import { onering } from "../support/command.ts";
import { apiKey, gatewayClient } from "../support/gateway.ts";
import { startSipp } from "../support/sipp.ts";
import { honest } from "./load.ts";
import type { TrialResult } from "./result.ts";

const startsPerSecond = 2500;
const honestPerSecond = 2;
const honestKey = "or_the-key-of-the-honest-app-of-an-overload";
/** Bounds the trial, whatever was asked for: 50,000 starts. */
const mostSeconds = 20;
const connections = 200;
/** Every call is over after its set-up limit (5 s) and ring time, late as they may be. */
const settleMs = 15_000;

interface EndedCall {
  readonly outcome: string;
  readonly ringMs: number | null;
}

/** @param seconds how long starts are offered, at most 20 */
export async function overload(seconds: number): Promise<TrialResult> {
  const programs = await findPrograms();
  const dir = await mkdtemp(path.join(tmpdir(), "onering-overload-"));
  const started: { stop(): Promise<unknown> }[] = [];
  try {
    const redis = await startRedis(programs.redisServer);
    started.push(redis);
    const carrier = await startSipp({ scenario: "ringing", transport: "tcp", trace: false });
    started.push(carrier);
    const trunk = { name: "carrier", host: "127.0.0.1", port: carrier.port, transport: "tcp" as const };
    const asterisk = await startAsterisk(programs.asterisk, { trunks: [{ ...trunk, qualifySeconds: 0 }] });
    started.push(asterisk);
    const document = benchDocument({
      ...{ port: 0, redisUrl: redis.url, apiKeySha256: apiKeyHash(apiKey), hmacKey: randomBytes(32).toString("hex") },
      ...{ ariApp: "onering", profile: callsProfile, asterisk: { ...asterisk, endpoint: "carrier" } },
    });
    const apps = { ...document.apps, honest: { api_keys_sha256: [apiKeyHash(honestKey)] } };
    const file = path.join(dir, "onering.yaml");
    await writeFile(file, stringify({ ...document, apps, log: { level: "info" } }, { aliasDuplicateObjects: false }));
    const gateway = onering("serve", "--config", file);
    started.push({
      stop: async () => {
        gateway.child.kill();
        await gateway.exitCode();
      },
    });
    const [, url = ""] = await gateway.says(/listening on (http:\/\/[^"\s]+)/);
    const { waitForHttp } = gatewayClient(url);
    await waitForHttp("/readyz", 200);

    const offerAs = (key: string, perSecond: number, calleeOf: (n: number) => string) =>
      offerStarts({ url, key, perSecond, calleeOf, seconds: Math.min(seconds, mostSeconds) });
    const [greedy, good] = await Promise.all([
      offerAs(apiKey, startsPerSecond, callee),
      offerAs(honestKey, honestPerSecond, honest),
    ]);
    const accepted = greedy.accepted + good.accepted;
    const giveUpAtMs = performance.now() + settleMs;
    while (endedCalls(gateway.output()).length < accepted && performance.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const isAlive = (await waitForHttp("/healthz", 200)).status === 200;
    return resultOf({ greedy, good, isAlive, log: gateway.output() });
  } finally {
    for (const program of started.reverse()) await program.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

interface Offered {
  readonly starts: number;
  readonly accepted: number;
  readonly refusals: Readonly<Record<string, number>>;
}

async function offerStarts(given: {
  readonly url: string;
  readonly key: string;
  readonly perSecond: number;
  readonly calleeOf: (n: number) => string;
  readonly seconds: number;
}): Promise<Offered> {
  const { url, key, perSecond, calleeOf, seconds } = given;
  const client = leanClient(new URL("/v1/verifications", url), { authorization: `Bearer ${key}` }, connections);
  const refusals: Record<string, number> = {};
  let accepted = 0;
  const asked: Promise<void>[] = [];
  await offer(perSecond, seconds * 1000, (index) => {
    const answer = client.post(JSON.stringify({ to: calleeOf(index) })).then(
      () => void accepted++,
      ({ message }: Error) => {
        const why = /"code":"(\w+)"/.exec(message)?.[1] ?? message.slice(0, 60);
        refusals[why] = (refusals[why] ?? 0) + 1;
      },
    );
    asked.push(answer);
  });
  await Promise.all(asked);
  client.close();
  return { starts: asked.length, accepted, refusals };
}

const endedCalls = (log: string): EndedCall[] =>
  log
    .split("\n")
    .filter((line) => line.includes('"call ended"'))
    .map((line) => JSON.parse(line) as EndedCall);

function resultOf(seen: {
  readonly greedy: Offered;
  readonly good: Offered;
  readonly isAlive: boolean;
  readonly log: string;
}): TrialResult {
  const calls = endedCalls(seen.log);
  const outcomes: Record<string, number> = {};
  for (const { outcome } of calls) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const rings = calls.flatMap((call) => (call.ringMs === null ? [] : [call.ringMs])).sort((a, b) => a - b);
  const tooLong = rings.filter((ms) => ms > 2 * ringMs).length;
  const tooLongPercent = rings.length === 0 ? 0 : (100 * tooLong) / rings.length;
  const failedHangUps = seen.log.split('"hang-up failed"').length - 1;
  const longestMs = rings.at(-1) ?? 0;
  const { greedy, good } = seen;
  const honestPercent = (100 * good.accepted) / good.starts;
  const figures = { accepted: greedy.accepted, ended: calls.length, tooLongPercent, failedHangUps, longestMs };
  const line =
    `${greedy.starts} starts at ${startsPerSecond}/s, 10,000 CPS allowed: ${greedy.accepted} accepted ${JSON.stringify(greedy.refusals)}; ` +
    `beside them, at ${honestPerSecond}/s, ${good.accepted} of ${good.starts} of another app ${JSON.stringify(good.refusals)}; ` +
    `${calls.length} calls ended ${JSON.stringify(outcomes)}; ${tooLong} of ${rings.length} rang over twice ring_ms (${ringMs}), ` +
    `the longest ${Math.round(longestMs)} ms; ${failedHangUps} hang-ups failed`;
  return { line, honestPercent, figures: { ...figures, alive: Number(seen.isAlive) } };
}
