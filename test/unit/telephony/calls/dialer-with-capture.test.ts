/** What the dialer does with the word of the wire. The real capture: capture/sip-capture.test.ts and test/integration/telephony. */
import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../../src/telephony/sip-capture/index.ts";
import { settled } from "../telephony-config.ts";
import { dialerSetting, lineOn } from "./dialer-setting.ts";

const bare = { q850Cause: null, networkBlocked: false, redressUrl: null };
const sent: Evidence = {
  inviteAtMs: 0,
  respondedAtMs: null,
  progressAtMs: null,
  alertingAtMs: null,
  final: null,
  canceledAtMs: null,
  cancelAcceptedAtMs: null,
  forked: false,
  byeFrom: null,
  over: false,
};
const congested: Evidence = { ...sent, final: { atMs: 100, status: 503, ...bare }, over: true };

/** A call is placed, another trunk has a line, and the test is what the capture says. */
async function calling() {
  const asked: string[] = [];
  let answer = (_: Evidence | null): void => {
    throw new Error("the capture was not asked");
  };
  const settle = (callId: string) => {
    asked.push(callId);
    return new Promise<Evidence | null>((resolve) => {
      answer = resolve;
    });
  };
  const setting = dialerSetting({ maxTrunks: 3, capture: { settle } });
  setting.anotherLine = async () => lineOn("bare");
  setting.place();
  await settled();
  return {
    ...setting,
    asked,
    say: (evidence: Evidence | null) => answer(evidence),
    /** An Asterisk that does not say what the far end sent last. */
    ends: (q850Cause: number, sipStatus: number | null, sipCallId: string | null = "on-the-wire") =>
      setting.ends("a1", q850Cause, sipStatus, sipCallId, null),
  };
}

describe("a call that ended", () => {
  it("keeps its line and tells nothing until the capture knows how it ended", async () => {
    const { clock, control, dialer, results, over, asked, ends, say } = await calling();
    control.happens({ type: "alerting", callId: "a1" });
    clock.pass(5000);
    ends(16, null);
    await settled();
    expect([results, over, dialer.liveCalls, asked]).toEqual([[], [], 1, ["on-the-wire"]]);
    say({
      ...sent,
      alertingAtMs: 900,
      canceledAtMs: 5900,
      final: { atMs: 5950, status: 200, ...bare },
      over: true,
    });
    await settled();
    expect(results).toMatchObject([{ outcome: "answered", source: "sip", postDialDelayMs: 900, ringMs: 5000 }]);
    expect([over, dialer.liveCalls, clock.pending]).toEqual([["plus"], 0, 0]);
  });

  it("does not ask the capture where its Call-ID is not known", async () => {
    const { results, asked, ends } = await calling();
    ends(17, 486, null);
    await settled();
    expect(asked).toEqual([]);
    expect(results).toMatchObject([{ outcome: "busy", source: "events" }]);
  });

  it("goes to another trunk once the wire shows that its INVITE is over", async () => {
    const { control, ends, say } = await calling();
    ends(34, 503);
    await settled();
    expect(control.placed).toHaveLength(1);
    say(congested);
    await settled();
    expect(control.placed.map(({ callId }) => callId)).toEqual(["a1", "a1-t2"]);
  });

  it("does not where Asterisk made the 503 up: the carrier may ring the phone yet", async () => {
    const { control, results, ends, say } = await calling();
    ends(34, 503);
    say(sent);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "interrupted", endedBy: "unknown", inviteOver: false }]);
  });

  it("does not where the wire shows alerting that Asterisk did not tell of", async () => {
    const { control, results, ends, say } = await calling();
    ends(34, 503);
    say({ ...congested, alertingAtMs: 50 });
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(results).toMatchObject([{ outcome: "congestion", alerted: true }]);
  });

  it("does not where it was canceled while the capture was asked", async () => {
    const { control, dialer, results, ends, say } = await calling();
    ends(34, 503);
    dialer.cancel("a1");
    say(congested);
    await settled();
    expect(control.placed).toHaveLength(1);
    expect(control.hungUp).toEqual([]);
    expect(results).toHaveLength(1);
  });
});

it("a drain waits for what the capture is asked about", async () => {
  const { clock, dialer, results, ends, say } = await calling();
  ends(17, 486);
  let drained = false;
  void dialer.drain(0).then(() => {
    drained = true;
  });
  clock.pass(1);
  await settled();
  expect(drained).toBe(false);
  say(null);
  await settled();
  expect([drained, results.length]).toEqual([true, 1]);
});
