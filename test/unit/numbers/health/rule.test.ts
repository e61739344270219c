/** The guard's rule: who is refused, and with which channel a start begins. */
import { expect, it } from "vitest";
import type { NumberHealthAction } from "../../../../src/apps/number-health-config.ts";
import { judge } from "../../../../src/numbers/health/judge.ts";
import type { TaughtChannel } from "../../../../src/numbers/health/learn.ts";
import type { Reading } from "../../../../src/numbers/health/readings.ts";
import { healthRule } from "../../../../src/numbers/health/rule.ts";
import type { GuardAsk } from "../../../../src/verification/guard-port.ts";
import { testConfig } from "../../../support/test-config.ts";

const config = testConfig().number_health;
const nowMs = Date.UTC(2026, 6, 1);
const dayMs = 86_400_000;
const question = {
  ...{ app: "shop", mode: "new", verificationId: "v1", to: "+447400123456", country: "GB", channel: "missed_call" },
  ...{ proves: "phone", contacts: true, planned: ["missed_call", "sms", "voice"], test: false, mayReorder: true },
} as unknown as GuardAsk;
const reading = (kind: string, changed: Partial<Reading> = {}) =>
  ({ kind, proven: false, source: "call", via: "trunkA", app: "shop__", atMs: nowMs, ...changed }) satisfies Reading;
const dead = [reading("u"), reading("u", { via: "trunkB" })].map((one) => ({ ...one, atMs: nowMs - 3 * dayMs }));
const early = [reading("e"), reading("e", { via: "trunkB" })];
const unread = [1, 2, 3].map((days) => reading("x", { atMs: nowMs - days * dayMs }));

function ruleFor(readings: readonly Reading[], action: NumberHealthAction = "refuse") {
  const looked: string[] = [];
  const reordered: string[] = [];
  const rule = healthRule({
    async look(to) {
      looked.push(to);
      return judge(readings, "shop__", config, nowMs);
    },
    ...{ config: () => config, actionOf: () => action },
    channelOf: (name) =>
      ({
        ...{ name, proves: name === "email" ? "email" : "phone" },
        ...(name === "sms" && { isText: true as const }),
        ...(name === "call_in" && { contacts: false as const }),
        ...(/^(missed_call|voice)$/.test(name) && { reportsCalls: true as const }),
      }) as TaughtChannel,
    ...{ observer: { reordered: (state) => void reordered.push(state) }, clock: { nowMs: () => nowMs } },
  });
  return {
    judge: async (changed: Partial<GuardAsk> = {}) => rule.judge({ ...question, ...changed }),
    looked,
    reordered,
  };
}

it("an inactive number is refused, with the age of the evidence and what to do", async () => {
  const verdict = await ruleFor(dead).judge();
  expect(verdict).toMatchObject({
    kind: "deny",
    refusal: { code: "number_inactive", members: { age_days: 3 }, retryAfterMs: null },
    figures: [
      { name: "age_days", count: 3 },
      { name: "confidence_percent", limit: 50, count: 93 },
    ],
  });
  expect(JSON.stringify(verdict)).toMatch(/not in use, last 3 days ago.*override/);
});

it("with `record`, and where the start overrides it, it is only written down", async () => {
  expect(await ruleFor(dead, "record").judge()).toMatchObject({ kind: "record" });
  expect(await ruleFor(dead).judge({ override: ["number_health"] })).toMatchObject({ kind: "record" });
});

it("the store is not asked where nothing could follow", async () => {
  const off = ruleFor(dead, "off");
  expect(await off.judge()).toBeNull();
  const { judge: asked, looked } = ruleFor(dead);
  for (const changed of [
    { test: true },
    { contacts: false },
    { proves: "email" },
    { mode: "step" },
    { mode: "again" },
  ]) {
    expect(await asked(changed as Partial<GuardAsk>)).toBeNull();
  }
  expect([...off.looked, ...looked]).toEqual([]);
});

it("a call that is answered early, or does not come, gives way to a text; a text that is not read to a call", async () => {
  const { judge: asked, reordered } = ruleFor(early);
  expect(await asked()).toEqual({ kind: "begin_with", channel: "sms" });
  expect(await asked({ channel: "sms", planned: ["sms", "voice"] })).toBeNull();
  expect(await ruleFor([reading("o")]).judge()).toEqual({ kind: "begin_with", channel: "sms" });
  const texts = await ruleFor(unread).judge({ channel: "sms", planned: ["sms", "missed_call"] });
  expect(texts).toEqual({ kind: "begin_with", channel: "missed_call" });
  expect(reordered).toEqual(["answers_early"]);
});

it("not where there is no choice, where the request names the order, or where the app only records", async () => {
  expect(await ruleFor(early).judge({ planned: ["missed_call"] })).toBeNull();
  expect(await ruleFor(early).judge({ planned: ["missed_call", "voice"] })).toBeNull();
  // What the person must do, or what goes elsewhere, is no way to reach the number.
  expect(await ruleFor(early).judge({ planned: ["missed_call", "call_in", "email"] })).toBeNull();
  expect(await ruleFor(early).judge({ mayReorder: false })).toBeNull();
  expect(await ruleFor(early, "record").judge()).toBeNull();
});
