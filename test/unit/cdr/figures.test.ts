/** Ratios, percentiles and costs from what is counted. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { figuresOf, quantile } from "../../../src/cdr/figures.ts";
import { addTally, delayBoundsMs, emptyTally, type Tally, tallyOf } from "../../../src/cdr/tally.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { cdrsOf, delivery, noon, rang, verification } from "../../support/cdrs.ts";

function sumOf(verifications: readonly Verification[], trunk?: string): Tally {
  const sum = emptyTally();
  for (const { key, tally } of verifications.flatMap(cdrsOf).flatMap(tallyOf)) {
    if (trunk === undefined || key.trunk === trunk) addTally(sum, tally);
  }
  return sum;
}

test("ASR and NER are of call attempts, each on the trunk that it was made on (E.411, E.425)", () => {
  const invites = [
    ["carrier-a", "pbx", "congestion", null],
    ["carrier-b", "pbx", "answered", 2000],
  ] as const;
  const verifications = [
    verification({ deliveries: [delivery({ result: rang({ invites, outcome: "answered" }) })] }),
    verification({ deliveries: [delivery({ result: rang() })] }),
    verification({ deliveries: [delivery({ state: "failed", result: rang({ outcome: "busy" }) })], status: "expired" }),
  ];
  expect(figuresOf(sumOf(verifications))).toMatchObject({ attempts: 4, answered: 1, asr: 0.25, ner: 0.75 });
  expect(figuresOf(sumOf(verifications, "carrier-a"))).toMatchObject({ attempts: 3, asr: 0, ner: 2 / 3, started: 2 });
  expect(figuresOf(sumOf(verifications, "carrier-b"))).toMatchObject({ attempts: 1, asr: 1, ner: 1, started: 1 });
});

test("a call that was canceled while the phone rang counts for the NER, one canceled before does not", () => {
  const typedWhileRinging = [["carrier-a", "pbx", "canceled", 1200]] as const;
  const canceledBefore = [["carrier-a", "pbx", "canceled", null]] as const;
  const of = (invites: typeof typedWhileRinging | typeof canceledBefore) =>
    verification({ deliveries: [delivery({ result: rang({ invites, outcome: "canceled" }) })] });
  expect(figuresOf(sumOf([of(typedWhileRinging)]))).toMatchObject({ attempts: 1, ner: 1 });
  expect(figuresOf(sumOf([of(typedWhileRinging), of(canceledBefore)]))).toMatchObject({ attempts: 2, ner: 0.5 });
});

test("started, delivered, verified and conversion are of deliveries; a verification counts once", () => {
  const sms = delivery({ number: 2, channel: "sms", state: "sent", result: null, cost: 0.05 });
  const failed = delivery({ state: "failed", reason: "busy", result: rang({ outcome: "busy" }) });
  const figures = figuresOf(
    sumOf([
      verification({ deliveries: [failed, sms], proofDelivery: 2 }),
      verification({ deliveries: [delivery()], status: "expired", proofDelivery: null }),
    ]),
  );
  expect(figures).toMatchObject({ verifications: 2, started: 3, delivered: 2, verified: 1, conversion: 1 / 3 });
  expect(figures).toMatchObject({ cost: 0.05, costPerVerified: 0.05 });
});

test("nothing counted: no ratio, no percentile, no cost", () => {
  const none = { conversion: null, asr: null, ner: null, pddMs: { p50: null, p95: null }, cost: null };
  expect(figuresOf(emptyTally())).toMatchObject({ ...none, costPerVerified: null });
});

test("costs that no floating-point number has add up", () => {
  const each = verification({ deliveries: [delivery({ channel: "sms", state: "sent", result: null, cost: 0.1 })] });
  expect(figuresOf(sumOf(Array.from({ length: 30 }, () => each))).cost).toBe(3);
});

test("a test, and a step that was refused, count nowhere", () => {
  const [cdr] = cdrsOf(verification());
  expect(cdr && tallyOf({ ...cdr, test: true })).toEqual([]);
  expect(cdr && tallyOf({ ...cdr, begun: false })).toEqual([]);
});

test("everything counts for the hour in which the delivery began", () => {
  const late = verification({ deliveries: [delivery({ startedAtMs: noon + 3_599_999, endedAtMs: noon + 3_607_000 })] });
  expect(cdrsOf(late).flatMap(tallyOf)).toMatchObject([{ key: { hourMs: noon, prefix: "+4479111" } }]);
});

describe("percentiles of post-dial delay", () => {
  test.each([
    [0, 250],
    [250, 250],
    [251, 500],
    [44_000, 45_000],
  ])("a delay of %i ms lies in the bucket up to %i", (delay, bound) => {
    const result = rang({ postDialDelayMs: delay, invites: [["a", "b", "rang", delay]] });
    const { delays } = sumOf([verification({ deliveries: [delivery({ result })] })]);
    expect(delays.indexOf(1)).toBe(delayBoundsMs.indexOf(bound));
  });

  test("are off by less than the bucket that the exact one lies in", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 44_999 }), { minLength: 1, maxLength: 60 }), (all) => {
        const counts = delayBoundsMs.map(() => 0);
        const bucketOf = (delay: number) => delayBoundsMs.findIndex((bound) => delay <= bound);
        for (const delay of all) counts[bucketOf(delay)] = (counts[bucketOf(delay)] ?? 0) + 1;
        const sorted = all.toSorted((a, b) => a - b);
        for (const share of [0.5, 0.95]) {
          const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
          const bucket = bucketOf(exact);
          const found = quantile(counts, share) ?? Number.NaN;
          expect(found).toBeGreaterThanOrEqual(delayBoundsMs[bucket - 1] ?? 0);
          expect(found).toBeLessThanOrEqual(delayBoundsMs[bucket] ?? 0);
        }
      }),
    );
  });

  test("beyond the last bound it is that bound", () => {
    const counts = delayBoundsMs.map((_, index) => (index === delayBoundsMs.length - 1 ? 1 : 0));
    expect(quantile(counts, 0.5)).toBe(45_000);
  });
});
