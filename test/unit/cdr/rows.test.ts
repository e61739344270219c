/** Which record each delivery of a verification gets. */
import { describe, expect, test } from "vitest";
import { createCdrs } from "../../../src/cdr/rows.ts";
import { cdrsOf, delivery, idOf, noon, rang, recordedChannels, verification } from "../../support/cdrs.ts";

test("a missed call: evidence, path, caller ID, and what came of it", () => {
  expect(cdrsOf(verification({ reference: "order-1" }))).toEqual([
    {
      ...{ verification: idOf(1), number: 1, seq: 4, app: "shop", channel: "missed_call", test: false },
      ...{ to: "+447911123456", verificationTo: "+447911123456", country: "GB", prefix: "+4479111", network: null },
      ...{ trunk: "carrier-a", asterisk: "pbx", range: "mobile-block", callerIds: ["+447700900123"] },
      ...{ route: null, segments: null, invites: [["carrier-a", "pbx", "rang", 1930]] },
      ...{ outcome: "rang", alerted: true, postDialDelayMs: 1930, ringMs: 5004, answered: false, talkMs: null },
      ...{ falseAnswer: false, sipStatus: 487, q850: null, endedBy: "us", source: "events" },
      ...{ state: "rung", reason: "rang", begun: true, delivered: true, verified: true, first: true, last: true },
      ...{ status: "verified", costMicros: null, guardDecision: null, reference: "order-1", checksUsed: 1 },
      ...{ startedAtMs: noon, endedAtMs: noon + 7000 },
      ...{ verificationStartedAtMs: noon, verificationEndedAtMs: noon + 20_000 },
    },
  ]);
});

test("the path is that of the last INVITE, also where no call got through", () => {
  const invites = [
    ["carrier-a", "pbx", "congestion", null],
    ["carrier-b", "pbx-2", "rang", 2100],
  ] as const;
  const [cdr] = cdrsOf(verification({ deliveries: [delivery({ result: rang({ invites }) })] }));
  expect(cdr).toMatchObject({ trunk: "carrier-b", asterisk: "pbx-2", invites });
});

describe("a workflow", () => {
  const sms = delivery({
    ...{ number: 2, channel: "sms", state: "sent", reason: null, startedAtMs: noon + 9000, endedAtMs: null },
    ...{ cost: 0.0415, result: { route: "acme", segments: 1 } },
  });
  const failed = delivery({ state: "failed", reason: "busy", result: rang({ outcome: "busy", alerted: false }) });

  test("has a record for each step; the one whose code was typed is the verified one", () => {
    const records = cdrsOf(verification({ deliveries: [failed, sms], proofDelivery: 2 }));
    expect(records).toMatchObject([
      { number: 1, channel: "missed_call", delivered: false, verified: false, first: true, last: false },
      { number: 2, channel: "sms", delivered: true, verified: true, first: false, last: true, costMicros: 41_500 },
    ]);
    expect(records[1]).toMatchObject({ route: "acme", segments: 1, outcome: null, trunk: null, callerIds: [] });
  });

  test("a delivery that was never reported as ended ended with its verification", () => {
    expect(cdrsOf(verification({ deliveries: [failed, sms] }))[1]?.endedAtMs).toBe(noon + 20_000);
  });

  test("a step that was refused did not begin, so the next one is the first", () => {
    const refused = delivery({ state: "failed", reason: "capacity", details: null, result: null });
    expect(cdrsOf(verification({ deliveries: [refused, { ...sms, number: 2 }] }))).toMatchObject([
      { begun: false, first: false, reason: "capacity", outcome: null },
      { begun: true, first: true },
    ]);
  });

  test("a step with a recipient of its own has its country, and an address has no prefix", () => {
    const workflow = {
      at: 1,
      steps: [
        {
          channel: "email",
          to: "anna@example.com",
          country: null,
          callee: null,
          waitMs: 0,
          calls: null,
          codeLength: null,
        },
        { channel: "sms", to: "+4915112345678", country: "DE", callee: null, waitMs: 0, calls: null, codeLength: null },
      ],
    };
    const deliveries = [
      delivery({ channel: "email", to: "anna@example.com", state: "sent", result: null }),
      { ...sms, to: "+4915112345678" },
    ];
    expect(cdrsOf(verification({ deliveries, workflow }))).toMatchObject([
      { to: "anna@example.com", country: null, prefix: null, verificationTo: "+447911123456" },
      { to: "+4915112345678", country: "DE", prefix: "+4915112" },
    ]);
  });
});

test("a code typed while the phone still rang: delivered, without evidence yet", () => {
  const ringing = delivery({ state: "ringing", reason: null, result: null, endedAtMs: null });
  expect(cdrsOf(verification({ deliveries: [ringing] }))).toMatchObject([
    { delivered: true, verified: true, outcome: null, trunk: null, invites: [], endedAtMs: noon + 20_000 },
  ]);
});

test("a call by the person has the trunk that it came on, and no checks", () => {
  const called = delivery({ channel: "call_in", state: "called", codeLength: null, result: { trunk: "carrier-a" } });
  expect(cdrsOf(verification({ deliveries: [called], checksLeft: null }))).toMatchObject([
    { trunk: "carrier-a", asterisk: null, invites: [], delivered: true, checksUsed: null },
  ]);
});

test("a delivery by a channel that this gateway does not have is recorded without evidence", () => {
  const [cdr] = createCdrs(recordedChannels, 3)(verification({ deliveries: [delivery({ channel: "pigeon" })] }));
  expect(cdr).toMatchObject({ channel: "pigeon", outcome: null, prefix: null, verified: true, delivered: true });
});

test("an open verification has no record", () => {
  expect(() => cdrsOf(verification({ status: "delivered", endedAtMs: null }))).toThrow("has not ended");
});
