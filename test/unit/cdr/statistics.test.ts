/** What one question for statistics may ask. */
import { describe, expect, test } from "vitest";
import { type StatsQuestion, statistics } from "../../../src/cdr/statistics.ts";
import { dayMs, emptyTally, hourMs } from "../../../src/cdr/tally.ts";
import { memoryCdrs } from "../../support/cdr-store.ts";
import { noon } from "../../support/cdrs.ts";

const question: StatsQuestion = { fromMs: null, toMs: null, period: null, by: [], where: {} };

function ask(changed: Partial<StatsQuestion>, nowMs = noon + 60_000, store = memoryCdrs()) {
  return { store, answer: statistics(store, { ...question, ...changed }, nowMs) };
}

test("without a time the last 24 hours, in whole hours", async () => {
  const { store, answer } = ask({});
  expect(await answer).toMatchObject({ fromMs: noon + hourMs - dayMs, toMs: noon + hourMs, groups: [] });
  expect(store.asked.stats).toMatchObject([{ fromMs: noon + hourMs - dayMs, toMs: noon + hourMs }]);
});

test("a time within an hour counts the whole hour", async () => {
  const { answer } = ask({ fromMs: noon + 1, toMs: noon + hourMs + 1 });
  expect(await answer).toMatchObject({ fromMs: noon, toMs: noon + 2 * hourMs });
});

test("the total is of all groups", async () => {
  const store = memoryCdrs();
  const tally = (started: number, verified: number) => {
    const one = emptyTally();
    Object.assign(one.counters, { started, verified });
    return one;
  };
  store.groups = [
    { atMs: null, values: { channel: "sms" }, tally: tally(3, 1) },
    { atMs: null, values: { channel: "voice" }, tally: tally(1, 1) },
  ];
  const { total, groups } = await ask({ by: ["channel"] }, noon, store).answer;
  expect(total).toMatchObject({ started: 4, verified: 2, conversion: 0.5 });
  expect(groups).toMatchObject([{ figures: { conversion: 1 / 3 } }, { figures: { conversion: 1 } }]);
});

describe("refused is", () => {
  const days = (count: number) => ({ fromMs: noon - count * dayMs, toMs: noon });
  test.each<[string, Partial<StatsQuestion>, string]>([
    ["a time that ends before it begins", { fromMs: noon, toMs: noon - dayMs }, "`from` must be before"],
    ["hours of more than a month", { ...days(32), period: "hour" }, "31 days by hour"],
    ["prefixes of more than a month", { ...days(32), by: ["prefix"] }, "31 days by prefix"],
    ["more than 800 days", days(801), "800 days"],
    ["a prefix with a range", { by: ["prefix", "range"] }, "`prefix` is not counted together"],
    ["a prefix with a network", { by: ["network"], where: { prefix: "+4479111" } }, "`prefix` is not counted"],
  ])("%s", async (_what, changed, detail) => {
    const { store, answer } = ask(changed);
    await expect(answer).rejects.toMatchObject({ code: "invalid_request", detail: expect.stringContaining(detail) });
    expect(store.asked.stats).toEqual([]);
  });

  test("an answer of too many groups", async () => {
    const store = memoryCdrs();
    store.groups = Array.from({ length: 5001 }, () => ({ atMs: null, values: {}, tally: emptyTally() }));
    const { answer } = ask({}, noon, store);
    await expect(answer).rejects.toMatchObject({
      code: "invalid_request",
      detail: expect.stringContaining("5000 groups"),
    });
  });
});
