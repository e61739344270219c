/** What a verification that has ended teaches, and what teaches nothing. */
import { describe, expect, it } from "vitest";
import { evidenceOf, type TaughtChannel } from "../../../../src/numbers/health/learn.ts";
import type { Evidence } from "../../../../src/numbers/health/ports.ts";
import { healthSink } from "../../../../src/numbers/health/sink.ts";
import type { Invite } from "../../../../src/verification/channel-port.ts";
import type { Verification } from "../../../../src/verification/types.ts";
import { delivery, noon, rang, recordedChannels, verification } from "../../../support/cdrs.ts";

const channels = new Map(
  recordedChannels.map((channel): [string, TaughtChannel] => [
    channel.name,
    {
      ...channel,
      codes: channel.name === "missed_call" ? "own" : channel.name === "call_in" ? null : "derived",
      ...(channel.name === "missed_call" && { reportsCalls: true as const }),
      ...(channel.name === "sms" && { isText: true as const }),
      ...(channel.name === "call_in" && { contacts: false as const }),
    },
  ]),
);
const channelOf = (name: string) => channels.get(name);
const taught = (ended: Verification) => evidenceOf(ended, channelOf);

const call = (invites: readonly Invite[], changed: Parameters<typeof rang>[0] = {}) =>
  delivery({ state: "failed", reason: "unallocated", result: rang({ invites, ...changed }) });
const failed = (invites: readonly Invite[], changed: Parameters<typeof rang>[0] = {}) =>
  verification({ status: "undeliverable", proofDelivery: null, deliveries: [call(invites, changed)] });
const answersOf = (evidence: readonly Evidence[]) =>
  evidence.flatMap((one) => ("answers" in one ? one.answers.map(({ via, kind }) => `${via} ${kind}`) : []));

describe("a call teaches", () => {
  it("what each trunk said", () => {
    const ended = failed(
      [
        ["first", "pbx", "unallocated", null],
        ["second", "pbx", "unallocated", null],
      ],
      { outcome: "unallocated" },
    );
    expect(taught(ended)).toEqual([
      {
        ...{ to: "+447911123456", app: "shop", atMs: noon + 7000, source: "call" },
        answers: [
          { via: "first", kind: "unallocated" },
          { via: "second", kind: "unallocated" },
        ],
      },
    ]);
  });

  it.each([
    ["rang", false, "alive"],
    ["busy", false, "alive"],
    ["declined", false, "alive"],
    ["answered", false, "alive"],
    ["answered", true, "answered_early"],
    ["switched_off", false, "switched_off"],
    ["barred", false, "barred"],
  ])("%s (false answer: %s) is %s", (outcome, falseAnswer, kind) => {
    expect(answersOf(taught(failed([["first", "pbx", outcome, null]], { outcome, falseAnswer })))).toEqual([
      `first ${kind}`,
    ]);
  });

  it.each([
    "changed",
    "no_answer_signal",
    "congestion",
    "trunk_down",
    "caller_id_refused",
    "invalid_format",
    "interrupted",
    "canceled",
  ])("%s says nothing of the number", (outcome) => {
    expect(taught(failed([["first", "pbx", outcome, null]], { outcome }))).toEqual([]);
  });
});

describe("nothing is taught", () => {
  const dead: readonly Invite[] = [["first", "pbx", "unallocated", null]];
  it("by a test number", () => {
    expect(taught({ ...failed(dead), simulated: "test" })).toEqual([]);
  });
  it("by a shadow answer", () => {
    const { deliveries, ...rest } = failed(dead);
    const simulated = deliveries.map((one) => ({ ...one, details: { simulated: "shadow" } }));
    expect(taught({ ...rest, deliveries: simulated, simulated: "shadow" })).toEqual([]);
  });
  it("by a code that the app made", () => {
    expect(taught({ ...failed(dead), appCode: true })).toEqual([]);
    expect(taught(verification({ appCode: true }))).toEqual([]);
  });
  it("by a step that was refused", () => {
    expect(taught(verification({ deliveries: [delivery({ details: null, result: null })] }))).toEqual([]);
  });
  it("by an e-mail", () => {
    const mail = delivery({ channel: "email", to: "a@example.com", state: "delivered", result: null });
    expect(taught(verification({ to: "a@example.com", deliveries: [mail] }))).toEqual([]);
  });
});

describe("texts", () => {
  const sms = (changed: Parameters<typeof delivery>[0] = {}) =>
    delivery({ channel: "sms", state: "sent", reason: null, result: null, endedAtMs: null, ...changed });
  const byCall = (text: ReturnType<typeof sms>, afterMs = 60_000) =>
    verification({
      deliveries: [text, delivery({ number: 2, startedAtMs: noon + 30_000, endedAtMs: noon + 40_000 })],
      endedAtMs: noon + afterMs,
    });
  const textsOf = (ended: Verification) => taught(ended).flatMap((one) => ("text" in one ? [one.text] : []));

  it("one that was the proof was read, and a receipt is a sign of life", () => {
    const ended = verification({ deliveries: [sms({ state: "delivered" })] });
    expect(textsOf(ended)).toEqual(["read"]);
    expect(answersOf(taught(ended))).toEqual(["sms alive", "sms alive"]);
  });

  it("one that was there, and was not needed, was not read", () => {
    expect(textsOf(byCall(sms()))).toEqual(["unread"]);
  });

  it("one that failed, or came a moment before the proof, says nothing", () => {
    expect(textsOf(byCall(sms({ state: "failed" })))).toEqual([]);
    expect(textsOf(byCall(sms(), 15_000))).toEqual([]);
  });

  it("nobody makes another's number one that never reads: it takes the proof of the same verification", () => {
    const unproven = verification({ status: "expired", proofDelivery: null, deliveries: [sms()] });
    expect(textsOf(unproven)).toEqual([]);
  });
});

it("what the relay hands on again is taken once", async () => {
  const took: Evidence[] = [];
  const sink = healthSink(channelOf, (evidence) => void took.push(evidence));
  const ended = verification();
  const event = { shard: 0, position: "1-0", event: {} as never, ended };
  await sink.append([event, { ...event, ended: null }]);
  await sink.append([event]);
  expect(took.map((one) => "source" in one && one.source)).toEqual(["call", "verification"]);
});
