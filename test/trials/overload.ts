/** Far more starts than the machine can carry, to a gateway whose limits forbid none: how long phones ring, and what is refused. */
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
import type { TrialResult } from "./result.ts";

const startsPerSecond = 2500;
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
    const file = path.join(dir, "onering.yaml");
    await writeFile(file, stringify({ ...document, log: { level: "info" } }, { aliasDuplicateObjects: false }));
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

    const refusals: Record<string, number> = {};
    const [accepted, starts] = await offerStarts(url, Math.min(seconds, mostSeconds), refusals);
    const giveUpAtMs = performance.now() + settleMs;
    while (endedCalls(gateway.output()).length < accepted && performance.now() < giveUpAtMs) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const isAlive = (await waitForHttp("/healthz", 200)).status === 200;
    return resultOf({ starts, accepted, refusals, isAlive, log: gateway.output() });
  } finally {
    for (const program of started.reverse()) await program.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function offerStarts(url: string, seconds: number, refusals: Record<string, number>) {
  const client = leanClient(new URL("/v1/verifications", url), { authorization: `Bearer ${apiKey}` }, connections);
  let accepted = 0;
  const asked: Promise<void>[] = [];
  await offer(startsPerSecond, seconds * 1000, (index) => {
    const answer = client.post(JSON.stringify({ to: callee(index) })).then(
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
  return [accepted, asked.length] as const;
}

const endedCalls = (log: string): EndedCall[] =>
  log
    .split("\n")
    .filter((line) => line.includes('"call ended"'))
    .map((line) => JSON.parse(line) as EndedCall);

function resultOf(seen: {
  readonly starts: number;
  readonly accepted: number;
  readonly refusals: Readonly<Record<string, number>>;
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
  const figures = { accepted: seen.accepted, ended: calls.length, tooLongPercent, failedHangUps, longestMs };
  const line =
    `${seen.starts} starts at ${startsPerSecond}/s, 10,000 CPS allowed: ${seen.accepted} accepted ${JSON.stringify(seen.refusals)}; ` +
    `${calls.length} calls ended ${JSON.stringify(outcomes)}; ${tooLong} of ${rings.length} rang over twice ring_ms (${ringMs}), ` +
    `the longest ${Math.round(longestMs)} ms; ${failedHangUps} hang-ups failed`;
  return { line, honestPercent: 100, figures: { ...figures, alive: Number(seen.isAlive) } };
}
