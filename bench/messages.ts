/**
 * messages: a text message through the whole gateway (key, limits, number, code, text, route, admission, state, receipts'
 * ids) and its SMPP client, against a bare peer: one POST, one write to Redis, one submit by the same client; and against
 * a loop over that client alone. Each is a process of its own, all submit to one sink, and a message counts when it is there.
 */
import { connections, type MessageSide, type Rig, startRig } from "./messages/rig.ts";
import { alternate, median, ratioOf } from "./support/alternate.ts";
import { compare, isComparison } from "./support/comparison.ts";
import { withParts } from "./support/parts.ts";
import { cpuMs } from "./support/process-stats.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const whole = { rounds: 9, warmupRounds: 2, messagesPerRound: 10_000 };
const quick = { rounds: 1, warmupRounds: 1, messagesPerRound: 2000 };

/** What one round of one side showed. */
interface Round {
  readonly messagesPerSecond: number;
  readonly senderCpuUs: number;
  readonly redisCpuUs: number;
  readonly sinkCpuUs: number;
}

/** Figures are messages a second at the sink; higher is better. */
export async function runMessages(options: BenchOptions): Promise<BenchResult> {
  const { warmupRounds, messagesPerRound, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const { progress, against } = options;
  return await withParts(progress, async (parts) => {
    const rig = await startRig(parts, against, progress);
    const seen = new Map<string, Round[]>(rig.sides.map(({ name }) => [name, []]));
    const sides = rig.sides.map((side) => ({
      name: side.name,
      async measure(round: number) {
        const measured = await sendAll(rig, side, messagesPerRound);
        if (round >= 0) seen.get(side.name)?.push(measured);
        return measured.messagesPerSecond;
      },
    }));
    const measured = await alternate(sides, {
      rounds,
      warmupRounds,
      onMeasured: (name, round, rate) => progress(`round ${round}: ${name} ${Math.round(rate)} messages/s`),
    });
    const { ratio, ratioLow, ratioHigh } = ratioOf(measured, "ours", "bare");
    const of = (name: string) => seen.get(name) ?? [];
    return {
      name: "messages",
      ratio,
      ours: measured.medians.ours ?? Number.NaN,
      bare: measured.medians.bare ?? Number.NaN,
      unit: "messages/s",
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      ours_detail: detail(of("ours")),
      bare_detail: detail(of("bare")),
      bare_is: "Fastify and ioredis with default options, one route: HSET, submit_sm by the gateway's SMPP client, 201",
      library: measured.medians.library ?? Number.NaN,
      library_detail: detail(of("library")),
      library_is: `a loop over the SMPP client alone, ${connections} outstanding`,
      connections,
      messages_per_round: messagesPerRound,
      rounds,
      redis_version: rig.redisVersion,
      against: against && { commit: against.label, comparisons: toOther(of("ours"), of("other")) },
    };
  });
}

const figures: Readonly<Record<string, (round: Round) => number>> = {
  "messages/s": (round) => round.messagesPerSecond,
  sender_cpu_us_per_message: (round) => round.senderCpuUs,
  redis_cpu_us_per_message: (round) => round.redisCpuUs,
  sink_cpu_us_per_message: (round) => round.sinkCpuUs,
};

function detail(rounds: readonly Round[]) {
  const { "messages/s": _, ...details } = figures;
  return Object.fromEntries(Object.entries(details).map(([name, figure]) => [name, median(rounds.map(figure))]));
}

function toOther(ours: readonly Round[], other: readonly Round[]) {
  return Object.entries(figures)
    .map(([name, figure]) => compare(name, ours.map(figure), other.map(figure)))
    .filter(isComparison);
}

async function sendAll(rig: Rig, side: MessageSide, messages: number): Promise<Round> {
  const cpu = () => ({
    sender: cpuMs(side.pid),
    redis: side.redisPid === null ? 0 : cpuMs(side.redisPid),
    sink: cpuMs(rig.sinkPid),
  });
  const before = cpu();
  const startedMs = performance.now();
  const taken = rig.expect(messages);
  // The first error counts: what was refused never comes to the sink.
  await Promise.all([side.offer(messages), taken]);
  const tookMs = performance.now() - startedMs;
  await settled(side);
  const after = cpu();
  const usEach = (ms: number) => (ms * 1000) / messages;
  return {
    messagesPerSecond: (messages * 1000) / tookMs,
    senderCpuUs: usEach(after.sender - before.sender),
    redisCpuUs: usEach(after.redis - before.redis),
    sinkCpuUs: usEach(after.sink - before.sink),
  };
}

/** What a side does after its last message (states to Redis) counts as its CPU, and does not disturb the next one. */
async function settled(side: MessageSide): Promise<void> {
  let beforeMs: number;
  do {
    beforeMs = cpuMs(side.pid);
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  } while (cpuMs(side.pid) - beforeMs > settleMs * idleShare);
}

const settleMs = 200;
const idleShare = 0.15;
