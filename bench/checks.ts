/**
 * checks: a check over HTTP through the whole gateway (key, limits, validation, rules, metrics, log) against bare
 * Fastify with one Lua call; both on the same Redis, each in a process of its own. Every check is a wrong one that is
 * counted and compared: the most that a check costs.
 */
import autocannon from "autocannon";
import { cpuMs } from "./calls/process-stats.ts";
import { type Rig, type Server, startRig } from "./checks/rig.ts";
import { wrongCode } from "./checks/supply.ts";
import { alternate, median, ratioOf } from "./support/alternate.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const rounds = 7;
const warmupRounds = 2;
const connections = 32;
/** About two to four seconds a side and round. The same number for both sides: the supply is what is prepared. */
const requestsPerRound = 20_000;

/** What one round of one side showed. */
interface Round {
  readonly checksPerSecond: number;
  readonly p99Ms: number;
  readonly serverCpuUs: number;
  readonly redisCpuUs: number;
}

/** Runs the comparison; about a minute. Figures are checks a second; higher is better. */
export async function runChecks(options: BenchOptions): Promise<BenchResult> {
  const rig = await startRig(options.progress);
  try {
    const seen = { ours: [] as Round[], bare: [] as Round[] };
    const side = (name: "ours" | "bare") => ({
      name,
      async measure(round: number) {
        await rig.supply.prepare(requestsPerRound + connections);
        const measured = await checkAll(rig, rig[name]);
        if (round >= 0) seen[name].push(measured);
        return measured.checksPerSecond;
      },
    });
    const measured = await alternate([side("ours"), side("bare")], {
      rounds,
      warmupRounds,
      onMeasured: (name, round, rate) => options.progress(`round ${round}: ${name} ${Math.round(rate)} checks/s`),
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
      ours_detail: detail(seen.ours),
      bare_detail: detail(seen.bare),
      bare_is: "Fastify and ioredis with default options, one route, one Lua call: count, compare",
      connections,
      requests_per_round: requestsPerRound,
      rounds,
      redis_version: rig.redis.version,
    };
  } finally {
    await rig.stop();
  }
}

function detail(rounds: readonly Round[]) {
  const of = (figure: (round: Round) => number) => median(rounds.map(figure));
  return {
    p99_ms: of(({ p99Ms }) => p99Ms),
    server_cpu_us: of(({ serverCpuUs }) => serverCpuUs),
    redis_cpu_us: of(({ redisCpuUs }) => redisCpuUs),
  };
}

/** @throws {Error} where any check was not answered with 200: then it was not the work that is compared */
async function checkAll(rig: Rig, server: Server): Promise<Round> {
  const options: autocannon.Options = {
    url: server.url,
    connections,
    amount: requestsPerRound,
    requests: [
      {
        method: "POST",
        headers: { authorization: `Bearer ${rig.apiKey}`, "content-type": "application/json" },
        body: JSON.stringify({ code: wrongCode }),
        setupRequest: (request) => ({ ...request, path: `/v1/verifications/${rig.supply.nextId()}/check` }),
      },
    ],
  };
  const before = { server: cpuMs(server.pid), redis: cpuMs(rig.redis.pid) };
  const startedMs = performance.now();
  // autocannon itself only looks once a second whether it is done.
  let lastMs = startedMs;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error: unknown, done) => (error ? reject(error) : resolve(done)));
    run.on("response", () => {
      lastMs = performance.now();
    });
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} of ${requestsPerRound} checks failed at ${server.url}`);
  return {
    checksPerSecond: (requestsPerRound * 1000) / (lastMs - startedMs),
    p99Ms: result.latency.p99,
    serverCpuUs: ((cpuMs(server.pid) - before.server) * 1000) / requestsPerRound,
    redisCpuUs: ((cpuMs(rig.redis.pid) - before.redis) * 1000) / requestsPerRound,
  };
}
