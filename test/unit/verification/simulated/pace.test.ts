import { expect, test } from "vitest";
import { createPace } from "../../../../src/verification/simulated/pace.ts";

/** Time that passes only by timers and questions. */
function stage(questionMs = 0.3) {
  let nowMs = 0;
  let questions = 0;
  const pace = createPace({
    now: () => nowMs,
    after(ms, callback) {
      nowMs += ms;
      callback();
      return () => undefined;
    },
  });
  const ask = async () => {
    questions++;
    nowMs += questionMs;
  };
  return {
    pace,
    ask,
    pass(ms: number) {
      nowMs += ms;
    },
    now: () => nowMs,
    questions: () => questions,
  };
}

test("where nothing real was measured nothing is waited for", async () => {
  const { pace, ask, now, questions } = stage();
  await pace.wait("sms", 0, ask);
  expect([now(), questions()]).toEqual([0, 0]);
});

test("work of the same rank takes as long: quick as the quick ones, slow as the slow ones", async () => {
  const { pace, ask, pass, now } = stage(0.01);
  for (let ms = 1; ms <= 100; ms++) pace.measured("sms", ms);
  const took: number[] = [];
  for (let i = 0; i < 400; i++) {
    const from = now();
    // The own work takes 0.1 to 1 ms.
    pass(0.1 + ((i * 37) % 100) * 0.009);
    await pace.wait("sms", from, ask);
    took.push(now() - from);
  }
  const known = took.slice(200).toSorted((a, b) => a - b);
  expect(known[100]).toBeGreaterThan(40);
  expect(known[100]).toBeLessThan(60);
  expect(known[10]).toBeLessThan(15);
  expect(known[190]).toBeGreaterThan(85);
});

test("a wait below a timer's resolution is made of questions, and of a bounded number", async () => {
  const { pace, ask, now, questions } = stage(0.3);
  pace.measured("call", 1.2);
  await pace.wait("call", 0, ask);
  expect(questions()).toBe(4);
  expect(now()).toBeCloseTo(1.2);
  const stuck = stage(0);
  stuck.pace.measured("call", 1);
  await stuck.pace.wait("call", 0, stuck.ask);
  expect(stuck.questions()).toBeLessThanOrEqual(8);
});

test("what is slower than real work is not slowed down", async () => {
  const { pace, ask, pass, now } = stage();
  pace.measured("sms", 2);
  pass(5);
  await pace.wait("sms", 0, ask);
  expect(now()).toBe(5);
});
