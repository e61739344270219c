/** What a number's readings say: who can cause what, and for how long it holds. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avoided, inactive, judge, viewOf } from "../../../../src/numbers/health/judge.ts";
import type { HealthSource } from "../../../../src/numbers/health/ports.ts";
import type { Reading } from "../../../../src/numbers/health/readings.ts";
import { aReading } from "../../../support/health-readings.ts";
import { testConfig } from "../../../support/test-config.ts";

const config = testConfig().number_health;
const startMs = Date.UTC(2026, 2, 1);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

interface Given {
  readonly at?: number;
  readonly via?: string;
  readonly app?: string;
  readonly source?: HealthSource;
  readonly proven?: boolean;
}
/** @param at ms after the beginning */
const reading = (
  kind: string,
  { at = 0, via = "trunkA", app = "shop__", source = "call", proven = false }: Given = {},
) => ({ kind, proven, source, via, app, atMs: startMs + at }) satisfies Reading;
const statesOf = (readings: readonly Reading[], app = "shop__", after = 0) =>
  judge(readings, app, config, startMs + after).findings.map(({ state }) => state);
const isInactive = (readings: readonly Reading[], app = "shop__", after = 0) =>
  inactive(judge(readings, app, config, startMs + after), config) !== null;

describe("unallocated", () => {
  it("takes two trunks", () => {
    expect(isInactive([reading("u")])).toBe(false);
    expect(isInactive([reading("u"), reading("u", { via: "trunkB" })])).toBe(true);
  });

  it("one app that asks one trunk again and again teaches once", () => {
    const again = Array.from({ length: 6 }, (_, i) => reading("u", { at: i * 7 * hourMs }));
    expect(isInactive(again, "shop__", 2 * dayMs)).toBe(false);
    expect(isInactive(again, "bank__", 2 * dayMs)).toBe(false);
  });

  it("a trunk that had not proved itself in that range confirms nothing alone, whoever asks it", () => {
    const twice = [reading("u"), reading("u", { at: dayMs, app: "bank__" })];
    expect(isInactive(twice, "shop__", dayMs)).toBe(false);
  });

  it("one that had proved itself does by a second answer, hours later and for another app", () => {
    const proven = { proven: true };
    const first = reading("u", proven);
    const second = (at: number, app: string) => reading("u", { ...proven, at, app });
    expect(isInactive([first, second(7 * hourMs, "bank__")], "game__", 7 * hourMs)).toBe(true);
    expect(isInactive([first, second(5 * hourMs, "bank__")], "game__", 5 * hourMs)).toBe(false);
  });

  it("an app's own two answers are enough for itself, and for no other", () => {
    const own = [reading("u", { proven: true }), reading("u", { proven: true, at: 7 * hourMs })];
    expect(isInactive(own, "shop__", 7 * hourMs)).toBe(true);
    expect(isInactive(own, "bank__", 7 * hourMs)).toBe(false);
  });

  it.each(["call", "message", "verification", "live_check"] as const)(
    "a later sign of life by %s ends it",
    (source) => {
      const dead = [reading("u"), reading("u", { via: "trunkB" })];
      const alive = reading("a", { at: minuteMs, source, app: "bank__" });
      expect(statesOf([...dead, alive], "shop__", minuteMs)).toEqual(["reachable"]);
    },
  );

  it("in the same call the phone that rang on another trunk is right", () => {
    expect(statesOf([reading("u"), reading("u", { via: "trunkB" }), reading("a", { via: "trunkC" })])).toEqual([
      "reachable",
    ]);
  });

  it("holds for a half-life, then the number is tried, then nothing is left", () => {
    const dead = [reading("u"), reading("u", { via: "trunkB" })];
    expect(isInactive(dead, "shop__", 30 * dayMs)).toBe(true);
    expect(isInactive(dead, "shop__", 30 * dayMs + minuteMs)).toBe(false);
    expect(statesOf(dead, "shop__", 60 * dayMs)).toEqual(["unallocated"]);
    expect(statesOf(dead, "shop__", 60 * dayMs + minuteMs)).toEqual([]);
  });

  it("is no surer than the older of the two that confirm it", () => {
    const dead = [reading("u"), reading("u", { via: "trunkB", at: 20 * dayMs })];
    expect(isInactive(dead, "shop__", 29 * dayMs)).toBe(true);
    expect(isInactive(dead, "shop__", 31 * dayMs)).toBe(false);
  });

  it("by one trunk alone is never confirmed for an app that did not ask, whatever that trunk and one app do", () => {
    const oneParty = fc.array(
      aReading.map((one) => ({ ...one, kind: "u", via: "trunkA", app: "shop__" })),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(oneParty, (readings) => {
        const nowMs = Math.max(startMs, ...readings.map(({ atMs }) => atMs));
        expect(inactive(judge(readings, "bank__", config, nowMs), config)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

describe("the other states", () => {
  it("switched off fades within hours", () => {
    expect(statesOf([reading("o")])).toEqual(["switched_off"]);
    expect(statesOf([reading("o")], "shop__", 18 * hourMs)).toEqual([]);
  });

  it("answering early takes two calls or two trunks, and a call that rang ends it", () => {
    expect(statesOf([reading("e")])).toEqual([]);
    const early = [reading("e"), reading("e", { via: "trunkB" })];
    expect(statesOf(early)).toEqual(["answers_early"]);
    expect(statesOf([...early, reading("a", { at: minuteMs })], "shop__", minuteMs)).toEqual(["reachable"]);
    const text = reading("a", { at: minuteMs, source: "message" });
    expect(statesOf([...early, text], "shop__", minuteMs)).toEqual(["answers_early", "reachable"]);
  });

  it("never reads SMS after three that were not needed, until one is read", () => {
    const unread = [0, 1, 2].map((day) => reading("x", { at: day * dayMs, source: "message" }));
    expect(statesOf(unread.slice(1), "shop__", 2 * dayMs)).toEqual([]);
    expect(statesOf(unread, "shop__", 2 * dayMs)).toEqual(["never_reads_sms"]);
    const read = reading("r", { at: 3 * dayMs, source: "message" });
    expect(statesOf([...unread, read], "shop__", 3 * dayMs)).toEqual(["reachable"]);
  });

  it("calls are avoided where they do not reach the person, texts where they are not read", () => {
    const kinds = (readings: readonly Reading[], after = 0) =>
      avoided(judge(readings, "shop__", config, startMs + after)).map(({ kind }) => kind);
    expect(kinds([reading("o")])).toEqual(["calls"]);
    expect(kinds([reading("o")], 12 * hourMs)).toEqual([]);
    expect(kinds([reading("e"), reading("e", { via: "trunkB" })])).toEqual(["calls"]);
    expect(
      kinds(
        [0, 1, 2].map((at) => reading("x", { at: at * dayMs })),
        2 * dayMs,
      ),
    ).toEqual(["texts"]);
    expect(kinds([reading("a")])).toEqual([]);
  });
});

describe("what an app sees", () => {
  const view = (readings: readonly Reading[], app: string, after = 0) =>
    viewOf(judge(readings, app, config, startMs + after), startMs + after);

  it("of its own evidence all", () => {
    expect(view([reading("o")], "shop__", 6 * hourMs)).toEqual({
      ...{ state: "switched_off", ageDays: 0, confidence: 0.49, source: "call" },
    });
  });

  it("of others' a coarse state and an age in days: no phone that is off, no habit", () => {
    const others = [
      reading("o", { at: hourMs }),
      reading("a"),
      ...[0, 1, 2].map((at) => reading("x", { at: at * dayMs })),
    ];
    expect(view(others, "bank__", 3 * dayMs)).toEqual({
      ...{ state: "reachable", ageDays: 3, confidence: null, source: null },
    });
    expect(view([reading("o")], "bank__")).toBeNull();
    const dead = [reading("u"), reading("u", { via: "trunkB" })];
    expect(view(dead, "bank__", 9 * dayMs)).toEqual({
      ...{ state: "unallocated", ageDays: 9, confidence: null, source: null },
    });
  });

  it("is the same in whatever order the evidence came", () => {
    fc.assert(
      fc.property(fc.array(aReading, { maxLength: 10 }), fc.nat(), (readings, turn) => {
        const at = turn % Math.max(1, readings.length);
        const turned = [...readings.slice(at), ...readings.slice(0, at)].reverse();
        const nowMs = Math.max(0, ...readings.map(({ atMs }) => atMs)) + hourMs;
        const told = (some: readonly Reading[]) =>
          judge(some, "shop__", config, nowMs).findings.map(({ state, confidence, atMs, own }) => [
            ...[state, confidence, atMs, own],
          ]);
        expect(told(turned)).toEqual(told(readings));
      }),
      { numRuns: 500 },
    );
  });

  it("no confidence grows with age", () => {
    fc.assert(
      fc.property(fc.array(aReading, { maxLength: 10 }), fc.nat({ max: 90 }), (readings, days) => {
        const nowMs = Math.max(0, ...readings.map(({ atMs }) => atMs));
        const confidence = (atMs: number) =>
          new Map(judge(readings, "shop__", config, atMs).findings.map((one) => [one.state, one.confidence]));
        const [before, after] = [confidence(nowMs), confidence(nowMs + days * dayMs)];
        for (const [state, value] of after) expect(value).toBeLessThanOrEqual(before.get(state) ?? 0);
      }),
      { numRuns: 300 },
    );
  });
});
