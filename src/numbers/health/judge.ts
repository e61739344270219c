/**
 * What a number's readings say now: which state, how sure, and by whose evidence. Pure: the same readings say the same in any order.
 *
 * No party alone can make a number unallocated (docs/adr/0062). An app chooses numbers, but not what trunks answer; a trunk
 * answers, but another one is asked. So it takes two trunks, or one that had proved itself in that range, twice, with hours
 * between, for two apps; for the app itself its own two are enough. Any later sign of life ends it.
 */
import type { NumberHealthConfig } from "./config.ts";
import type { HealthSource, HealthState, HealthView } from "./ports.ts";
import { letterOf, type Reading } from "./readings.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Confidence in fresh evidence. */
const fresh = { twoTrunks: 1, twice: 0.8, off: 0.7, unread: 0.8, alive: 0.9, proven: 1 } as const;
/** A state that is believed less is not named. */
const leastConfidence = 0.25;
/** So sure it must be to change the order of channels. */
const leastForOrder = 0.5;

export interface Finding {
  readonly state: HealthState;
  readonly confidence: number;
  /** Of its newest reading. */
  readonly atMs: number;
  readonly source: HealthSource;
  /** Whether the asking app taught some of it. */
  readonly own: boolean;
}

export interface Judgement {
  /** Every state that holds, the most telling first; a number may answer early and never read its texts. */
  readonly findings: readonly Finding[];
}

/** @param app of the app that asks, as in readings */
export function judge(readings: readonly Reading[], app: string, config: NumberHealthConfig, nowMs: number): Judgement {
  const of = (name: keyof typeof letterOf) => readings.filter(({ kind }) => kind === letterOf[name]);
  const alive = [...of("alive"), ...of("text_read")];
  const lifeAt = newest(alive)?.atMs ?? Number.NEGATIVE_INFINITY;
  // Voicemail and filters are about calls: a text that came says nothing against them.
  const rangAt = newest(alive.filter(({ source }) => source === "call"))?.atMs ?? Number.NEGATIVE_INFINITY;
  const readAt = newest(of("text_read"))?.atMs ?? Number.NEGATIVE_INFINITY;
  const gapMs = config.confirm_after_minutes * 60_000;
  const confirmed = (name: keyof typeof letterOf, afterMs: number) => confirm(of(name), afterMs, gapMs, app);

  function finding(state: HealthState, some: readonly Reading[], base: number, sinceMs?: number): Finding[] {
    const last = newest(some);
    if (last === undefined) return [];
    const halfLifeMs = config.half_life_hours[state] * hourMs;
    const confidence = base * 2 ** (-Math.max(0, nowMs - (sinceMs ?? last.atMs)) / halfLifeMs);
    if (confidence < leastConfidence) return [];
    const own = some.some((reading) => reading.app === app);
    return [{ state, confidence, atMs: last.atMs, source: last.source, own }];
  }

  const dead = confirmed("unallocated", lifeAt);
  const barred = confirmed("barred", rangAt);
  const early = confirmed("answered_early", rangAt);
  const off = of("switched_off").filter(({ atMs }) => atMs > lifeAt);
  const unread = of("text_unread").filter(({ atMs }) => atMs > readAt);
  const aliveBase = alive.some(({ source }) => source === "verification") ? fresh.proven : fresh.alive;
  return {
    findings: [
      ...finding("unallocated", dead.readings, dead.base, dead.sinceMs),
      ...finding("switched_off", off, fresh.off),
      ...finding("barred", barred.readings, barred.base, barred.sinceMs),
      ...finding("answers_early", early.readings, early.base, early.sinceMs),
      ...finding("never_reads_sms", unread.length >= config.unread_texts ? unread : [], fresh.unread),
      ...finding("reachable", alive, aliveBase),
    ],
  };
}

interface Confirmed {
  readonly readings: readonly Reading[];
  readonly base: number;
  /** Of the older of the two that confirm each other: it is no surer than that. */
  readonly sinceMs: number;
}

/** What two independent answers of the same kind, both after `afterMs`, confirm. */
function confirm(all: readonly Reading[], afterMs: number, gapMs: number, app: string): Confirmed {
  const readings = all.filter(({ atMs }) => atMs > afterMs);
  const lastOfTrunk = new Map<string, number>();
  for (const { via, atMs } of readings) lastOfTrunk.set(via, Math.max(atMs, lastOfTrunk.get(via) ?? atMs));
  const [, second] = [...lastOfTrunk.values()].sort((a, b) => b - a);
  if (second !== undefined) return { readings, base: fresh.twoTrunks, sinceMs: second };
  const proven = readings.filter((reading) => reading.proven);
  const pairs = proven.flatMap((one) =>
    proven
      .filter((other) => one.atMs - other.atMs >= gapMs && other !== one)
      .filter((other) => other.app !== one.app || one.app === app)
      .map(({ atMs }) => atMs),
  );
  return pairs.length === 0
    ? { readings: [], base: 0, sinceMs: 0 }
    : { readings: proven, base: fresh.twice, sinceMs: Math.max(...pairs) };
}

function newest(readings: readonly Reading[]): Reading | undefined {
  return readings.reduce<Reading | undefined>(
    (best, one) => (best === undefined || one.atMs > best.atMs ? one : best),
    undefined,
  );
}

/** The state as the asking app may see it; null: nothing. */
export function viewOf({ findings }: Judgement, nowMs: number): HealthView | null {
  // What others' deliveries taught of a person's phone and habits is not the app's to know.
  const shown = findings.find(({ state, own }) => own || state === "unallocated" || state === "reachable");
  if (shown === undefined) return null;
  const { state, atMs, own, confidence, source } = shown;
  const ageDays = Math.floor(Math.max(0, nowMs - atMs) / dayMs);
  return { state, ageDays, confidence: own ? Math.round(confidence * 100) / 100 : null, source: own ? source : null };
}

/** The evidence that a start is refused for; null: it is not. */
export function inactive({ findings }: Judgement, { refuse_percent: percent }: NumberHealthConfig): Finding | null {
  const dead = findings.find(({ state }) => state === "unallocated");
  return dead !== undefined && dead.confidence * 100 >= percent ? dead : null;
}

/** A kind of channel that the person is hardly reached by, where there is another one. */
export interface Avoided {
  readonly kind: "calls" | "texts";
  readonly state: HealthState;
}

/** By which a start should not begin; the surest first. */
export function avoided({ findings }: Judgement): readonly Avoided[] {
  return findings
    .filter(({ confidence }) => confidence >= leastForOrder)
    .flatMap(({ state }): Avoided[] => {
      if (state === "switched_off" || state === "barred" || state === "answers_early")
        return [{ kind: "calls", state }];
      return state === "never_reads_sms" ? [{ kind: "texts", state }] : [];
    });
}
