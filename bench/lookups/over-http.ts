/** `POST /v1/numbers/lookup` of this commit's gateway and of another's, in turn. */
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { alternate } from "../support/alternate.ts";
import { type Source, thisCommit } from "../support/commit.ts";
import { type Comparison, compare, isComparison } from "../support/comparison.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { callsProfile } from "../support/gateway-config.ts";
import { loadHttp } from "../support/http-load.ts";
import { withParts } from "../support/parts.ts";
import { cpuMs } from "../support/process-stats.ts";
import type { BenchOptions } from "../support/report.ts";
import { mixedNumbers } from "./numbers.ts";

const whole = { rounds: 7, warmupRounds: 2, requestsPerRound: 20_000 };
const quick = { rounds: 1, warmupRounds: 1, requestsPerRound: 4000 };
const connections = 32;

interface Round {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
}

const figures: Readonly<Record<string, (round: Round) => number>> = {
  "lookups/s over HTTP": (round) => round.perSecond,
  p99_ms: (round) => round.p99Ms,
  server_cpu_us_per_lookup: (round) => round.cpuUs,
};

export async function overHttp(other: Source, options: BenchOptions): Promise<Comparison[]> {
  const { progress } = options;
  const { warmupRounds, requestsPerRound, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  // An empty text is refused before it is looked up.
  const bodies = mixedNumbers().flatMap((number) => (number === "" ? [] : [JSON.stringify({ number })]));
  return await withParts(progress, async (parts) => {
    const { redisServer } = await ensureRuntime({ forTests: false, progress });
    const needs = { redisServer, asterisk: null, profile: callsProfile };
    const gateways = [
      await startGateway(parts, "ours", thisCommit, needs),
      await startGateway(parts, "other", other, needs),
    ];
    const seen = { ours: [] as Round[], other: [] as Round[] };
    const sides = gateways.map((gateway) => ({
      name: gateway.name,
      async measure(round: number) {
        const measured = await lookAllUp(gateway, bodies, requestsPerRound);
        if (round >= 0) seen[gateway.name].push(measured);
        return measured.perSecond;
      },
    }));
    await alternate(sides, {
      rounds,
      warmupRounds,
      onMeasured: (name, round, rate) => progress(`round ${round}: ${name} ${Math.round(rate)} lookups/s over HTTP`),
    });
    return Object.entries(figures)
      .map(([name, figure]) => compare(name, seen.ours.map(figure), seen.other.map(figure)))
      .filter(isComparison);
  });
}

async function lookAllUp(gateway: Gateway, bodies: readonly string[], requests: number): Promise<Round> {
  const beforeMs = cpuMs(gateway.pid);
  let next = 0;
  const { perSecond, p99Ms } = await loadHttp({
    url: gateway.url,
    apiKey: gateway.apiKey,
    connections,
    requests,
    next: () => ({ path: "/v1/numbers/lookup", body: bodies[next++ % bodies.length] ?? "" }),
  });
  return { perSecond, p99Ms, cpuUs: ((cpuMs(gateway.pid) - beforeMs) * 1000) / requests };
}
