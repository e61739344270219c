/**
 * events: public events a second to a receiver through our webhooks (queued in order per verification, signed, settled,
 * logged), against a bare BullMQ loop that makes the same POST; and events a second into records. Each side is a process of
 * its own on a Redis of its own, the receiver a process too, and a delivery counts when it is there.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { ensureRuntime } from "../src/local/fetch/programs.ts";
import { concurrency, type Done, endpoints, type Order, type Ready } from "./events/protocol.ts";
import { alternate, median, ratioOf } from "./support/alternate.ts";
import { forkSide } from "./support/child.ts";
import { withParts } from "./support/parts.ts";
import { cpuMs } from "./support/process-stats.ts";
import { startOwnRedis } from "./support/redis.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const whole = { rounds: 7, warmupRounds: 2, eventsPerRound: 10_000 };
const quick = { rounds: 1, warmupRounds: 1, eventsPerRound: 2000 };

/** Figures are deliveries a second at the receiver; higher is better. */
export async function runEvents(options: BenchOptions): Promise<BenchResult> {
  const { warmupRounds, eventsPerRound, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const { progress } = options;
  return await withParts(progress, async (parts) => {
    const { redisServer } = await ensureRuntime({ forTests: false, progress });
    const file = (name: string) => new URL(`./events/${name}-process.ts`, import.meta.url);
    const receiver = await forkSide<Ready>(parts, "the receiver", file("receiver"), {});
    const url = `http://127.0.0.1:${receiver.ready.port}`;
    const cpu = new Map<string, number[]>();
    const sides = [];
    for (const name of ["ours", "bare"] as const) {
      const redis = await startOwnRedis(parts, `the ${name} side`, redisServer);
      const env = { BENCH_REDIS: redis.url, BENCH_RECEIVER: url };
      const { child, pid } = await forkSide(parts, `the ${name} side`, file(name), env);
      sides.push({
        name,
        async measure(round: number) {
          const before = [cpuMs(pid), cpuMs(redis.pid)];
          const rate = await deliver(child, receiver.child, eventsPerRound);
          const used = [cpuMs(pid), cpuMs(redis.pid)].map((ms, i) => ((ms - (before[i] ?? 0)) * 1000) / eventsPerRound);
          if (round >= 0) {
            for (const [i, what] of ["sender", "redis"].entries()) {
              const key = `${name}_${what}_cpu_us`;
              cpu.set(key, [...(cpu.get(key) ?? []), used[i] ?? Number.NaN]);
            }
          }
          return rate;
        },
      });
    }
    const records = await forkSide(parts, "the records", file("records"), {});
    sides.push({ name: "records", measure: () => write(records.child, eventsPerRound) });
    const measured = await alternate(sides, {
      rounds,
      warmupRounds,
      onMeasured: (name, round, rate) => progress(`round ${round}: ${name} ${Math.round(rate)} events/s`),
    });
    const { ratio, ratioLow, ratioHigh } = ratioOf(measured, "ours", "bare");
    return {
      name: "events",
      ratio,
      ours: measured.medians.ours ?? Number.NaN,
      bare: measured.medians.bare ?? Number.NaN,
      unit: "deliveries/s",
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      bare_is: "BullMQ, one queue, addBulk, a worker that signs and POSTs over kept-alive connections; no order",
      records: measured.medians.records ?? Number.NaN,
      records_is: "events a second into an SQLite file, in the relay's batches",
      ...Object.fromEntries([...cpu].map(([key, figures]) => [key, median(figures)])),
      endpoints,
      concurrency,
      events_per_round: eventsPerRound,
      rounds,
      redis_version: redisServer.version,
      against: null,
    };
  });
}

async function deliver(side: ChildProcess, receiver: ChildProcess, events: number): Promise<number> {
  receiver.send({ events } satisfies Order);
  const began = performance.now();
  const came = once(receiver, "message");
  await Promise.all([order(side, events), came]);
  return (events * 1000) / (performance.now() - began);
}

async function write(records: ChildProcess, events: number): Promise<number> {
  const began = performance.now();
  await order(records, events);
  return (events * 1000) / (performance.now() - began);
}

async function order(side: ChildProcess, events: number): Promise<void> {
  const done = once(side, "message");
  side.send({ events } satisfies Order);
  const [{ done: count }] = (await done) as [Done];
  if (count !== events) throw new Error(`a side did ${count} of ${events} events`);
}
