/** What the steps of an arrangement say, side against side. */
import { median, ratioOf } from "../support/alternate.ts";
import { type Comparison, compare, isComparison } from "../support/comparison.ts";
import type { Step } from "./measure.ts";
import type { SideName } from "./side.ts";

/** The figures of one side in one arrangement, one entry a round. */
export interface SideRounds {
  readonly heldPerSecond: number[];
  readonly steps: (readonly Step[])[];
}

export type Measured = ReadonlyMap<SideName, SideRounds>;

/**
 * Calls a second that each side held, medians over the rounds. `ours_sip` is the better of one and two gateway processes, and
 * has what a call took of the CPU of those processes, and of Redis, at the rate that each round held. NaN: not measured.
 */
export function heldOf(measured: Measured) {
  const heldBy = (name: SideName) => {
    const rounds = measured.get(name);
    return rounds === undefined ? Number.NaN : median(rounds.heldPerSecond);
  };
  const [one, two] = [heldBy("ours_sip"), heldBy("ours_sip_two")];
  const best = two > one || Number.isNaN(one) ? "ours_sip_two" : "ours_sip";
  const bareHttp = heldBy("bare_http");
  const oursSip = heldBy(best);
  return {
    ours: heldBy("ours"),
    ours_sip: oursSip,
    bare_http: bareHttp,
    bare_websocket: heldBy("bare_websocket"),
    bare_sip: heldBy("bare_sip"),
    ours_sip_to_bare_http: oursSip / bareHttp,
    ours_sip_processes: best === "ours_sip" ? 1 : 2,
    ours_sip_one_process: one,
    ours_sip_two_processes: two,
    ours_sip_gateway_cpu_ms_per_call: whereHeld(measured.get(best), (step) => step.sideCpuMsPerCall),
    ours_sip_redis_cpu_ms_per_call: whereHeld(measured.get(best), (step) => step.redisCpuMsPerCall),
  };
}

/** The median over the rounds of a figure at the rate that the round held. */
function whereHeld(rounds: SideRounds | undefined, figure: (step: Step) => number | null): number | null {
  const values = (rounds?.steps ?? []).flatMap((steps, round) => {
    const held = heldAt(steps, rounds?.heldPerSecond[round] ?? 0);
    return held === undefined ? [] : [figure(held) ?? []].flat();
  });
  return values.length === 0 ? null : median(values);
}

/** The gateway against the bare loops; NaN where one of the two was not measured. */
export function toBare(measured: Measured) {
  const samples = Object.fromEntries([...measured].map(([name, { heldPerSecond }]) => [name, heldPerSecond]));
  const medians = Object.fromEntries(Object.entries(samples).map(([name, rates]) => [name, median(rates)]));
  const none = { ratio: Number.NaN, ratioLow: Number.NaN, ratioHigh: Number.NaN };
  const oursTo = (bare: SideName) =>
    measured.has("ours") && measured.has(bare) ? ratioOf({ medians, samples }, "ours", bare) : none;
  const { ratio, ratioLow, ratioHigh } = oursTo("bare_http");
  const overWebSocket = oursTo("bare_websocket");
  return {
    ratio,
    ratio_low: ratioLow,
    ratio_high: ratioHigh,
    ratio_to_bare_websocket: overWebSocket.ratio,
    ratio_to_bare_websocket_low: overWebSocket.ratioLow,
    ratio_to_bare_websocket_high: overWebSocket.ratioHigh,
    bare: medians.bare_http ?? Number.NaN,
    ...heldOf(measured),
    rounds: samples,
  };
}

const figures: Readonly<Record<string, (step: Step) => number | null>> = {
  p50_ms: (step) => step.p50Ms,
  p99_ms: (step) => step.p99Ms,
  ring_overrun_p99_ms: (step) => step.overrunP99Ms,
  gateway_cpu_ms_per_call: (step) => step.sideCpuMsPerCall,
  redis_cpu_ms_per_call: (step) => step.redisCpuMsPerCall,
  asterisk_cpu_ms_per_call: (step) => step.asteriskCpuMsPerCall,
  carrier_cpu_ms_per_call: (step) => step.carrierCpuMsPerCall,
  load_cpu_ms_per_call: (step) => step.loadCpuMsPerCall,
};
/** Differences of a process's size: they may be zero or below, so no ratio is made of them. */
const sizes: Readonly<Record<string, (step: Step) => number>> = {
  asterisk_kept_bytes_per_call: (step) => step.asteriskKeptBytesPerCall,
  gateway_kept_bytes_per_call: (step) => step.sideKeptBytesPerCall,
};

/** Medians of each side at one rate. */
export function atRate(measured: Measured, ratePerSecond: number) {
  const medianOf = (rounds: SideRounds, figure: (step: Step) => number | null) => {
    const held = rounds.steps.flatMap((steps) => heldAt(steps, ratePerSecond) ?? []);
    const values = held.map(figure).filter((value) => value !== null);
    return values.length === 0 ? null : median(values);
  };
  const ofSide = (rounds: SideRounds) =>
    Object.fromEntries(
      Object.entries({ ...figures, ...sizes }).map(([name, figure]) => [name, medianOf(rounds, figure)]),
    );
  return Object.fromEntries([...measured].map(([name, rounds]) => [name, ofSide(rounds)]));
}

/** One side against another one: the rate held, and each figure at each of the rates. */
export function sideToSide(
  [mine, its]: readonly [SideName, SideName],
  measured: Measured,
  label: string,
  rates: readonly number[],
): Comparison[] {
  const [ours, other] = [measured.get(mine), measured.get(its)];
  if (ours === undefined || other === undefined) return [];
  const atEach = rates.flatMap((rate) =>
    Object.entries(figures).map(([name, figure]) => {
      const perRound = (rounds: SideRounds) =>
        rounds.steps.map((steps) => {
          const last = lastAt(steps, rate);
          return last === undefined ? null : figure(last);
        });
      return compare(`${label}, ${rate} calls/s: ${name}`, perRound(ours), perRound(other));
    }),
  );
  return [compare(`${label}: calls/s held`, ours.heldPerSecond, other.heldPerSecond), ...atEach].filter(isComparison);
}

/** The try that held, or else the last one: on a busy machine what a call costs still compares. */
function lastAt(steps: readonly Step[], ratePerSecond: number): Step | undefined {
  return steps.findLast((step) => step.ratePerSecond === ratePerSecond);
}

/** A rate that was tried several times has at most one step that held, the last. */
function heldAt(steps: readonly Step[], ratePerSecond: number): Step | undefined {
  return steps.find((step) => step.ratePerSecond === ratePerSecond && step.held);
}
