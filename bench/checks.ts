/**
 * checks: a check over HTTP through the whole gateway (key, limits, validation, rules, metrics, log) against bare
 * Fastify with one Lua call, and perhaps against the gateway of another commit; each in a process of its own on a Redis of
 * its own. Every check is a wrong one that is counted and compared: the most that a check costs. Every limit is on (shares of
 * several apps, caps, the guard, requests a minute), unless it is told of one app.
 */
import { type Server, type ServerName, startRig } from "./checks/rig.ts";
import { alternate, median, ratioOf } from "./support/alternate.ts";
import { compare, isComparison } from "./support/comparison.ts";
import { checksProfile } from "./support/gateway-config.ts";
import { loadHttp } from "./support/http-load.ts";
import { withParts } from "./support/parts.ts";
import { cpuMs } from "./support/process-stats.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const whole = { rounds: 7, warmupRounds: 2, requestsPerRound: 20_000 };
const quick = { rounds: 1, warmupRounds: 1, requestsPerRound: 4000 };
const connections = 32;
/** As long as the codes of `checksProfile`. */
const wrongCode = "13572468";

/** What one round of one side showed. */
interface Round {
  readonly checksPerSecond: number;
  readonly p99Ms: number;
  readonly serverCpuUs: number;
  readonly redisCpuUs: number;
}

/** Figures are checks a second; higher is better. */
export async function runChecks(options: BenchOptions): Promise<BenchResult> {
  const { warmupRounds, requestsPerRound, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const { progress, against } = options;
  return await withParts(progress, async (parts) => {
    const rig = await startRig(parts, against, { ...checksProfile, limits: !options.oneApp }, progress);
    const seen = new Map<ServerName, Round[]>(rig.servers.map(({ name }) => [name, []]));
    const sides = rig.servers.map((server) => ({
      name: server.name,
      async measure(round: number) {
        await server.supply.prepare(requestsPerRound + connections);
        const measured = await checkAll(server, requestsPerRound);
        if (round >= 0) seen.get(server.name)?.push(measured);
        return measured.checksPerSecond;
      },
    }));
    const measured = await alternate(sides, {
      rounds,
      warmupRounds,
      onMeasured: (name, round, rate) => progress(`round ${round}: ${name} ${Math.round(rate)} checks/s`),
    });
    const { ratio, ratioLow, ratioHigh } = ratioOf(measured, "ours", "bare");
    return {
      name: "checks",
      ratio,
      ours: measured.medians.ours ?? Number.NaN,
      bare: measured.medians.bare ?? Number.NaN,
      unit: "checks/s",
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      ours_detail: detail(seen.get("ours") ?? []),
      bare_detail: detail(seen.get("bare") ?? []),
      bare_is: "Fastify and ioredis with default options, one route, one Lua call: count, compare",
      connections,
      requests_per_round: requestsPerRound,
      rounds,
      redis_version: rig.redisVersion,
      against: against && { commit: against.label, comparisons: toOther(seen) },
    };
  });
}

const figures: Readonly<Record<string, (round: Round) => number>> = {
  "checks/s": (round) => round.checksPerSecond,
  p99_ms: (round) => round.p99Ms,
  server_cpu_us_per_check: (round) => round.serverCpuUs,
  redis_cpu_us_per_check: (round) => round.redisCpuUs,
};

function detail(rounds: readonly Round[]) {
  const { "checks/s": _, ...details } = figures;
  return Object.fromEntries(Object.entries(details).map(([name, figure]) => [name, median(rounds.map(figure))]));
}

function toOther(seen: ReadonlyMap<ServerName, readonly Round[]>) {
  const [ours = [], other = []] = [seen.get("ours"), seen.get("other")];
  return Object.entries(figures)
    .map(([name, figure]) => compare(name, ours.map(figure), other.map(figure)))
    .filter(isComparison);
}

async function checkAll(server: Server, requests: number): Promise<Round> {
  const before = { server: cpuMs(server.pid), redis: cpuMs(server.redisPid) };
  const { perSecond, p99Ms } = await loadHttp({
    url: server.url,
    apiKey: server.apiKey,
    connections,
    requests,
    next: () => ({
      path: `/v1/verifications/${server.supply.nextId()}/check`,
      body: JSON.stringify({ code: wrongCode }),
    }),
  });
  return {
    checksPerSecond: perSecond,
    p99Ms,
    serverCpuUs: ((cpuMs(server.pid) - before.server) * 1000) / requests,
    redisCpuUs: ((cpuMs(server.redisPid) - before.redis) * 1000) / requests,
  };
}
