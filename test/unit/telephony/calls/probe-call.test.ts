/** Calls that only ask whether the phone can be reached: canceled at the first sign of it; the fake's Asterisk is the test. */
import { beforeEach, describe, expect, it } from "vitest";
import type { CallResult, ProbeCall } from "../../../../src/telephony/calls/ports.ts";
import { endedCall } from "../../../../src/telephony/calls/trunk-verdict.ts";
import type { SlotNeeds } from "../../../../src/telephony/trunks/slots-port.ts";
import { dialerSetting, lineOn } from "./dialer-setting.ts";

const probe: ProbeCall = { setupLimitMs: 9000, endsOn183: [], sparePercent: 50 };
let setting: ReturnType<typeof dialerSetting>;
let results: CallResult[];

beforeEach(() => {
  setting = dialerSetting();
  results = [];
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function place(own: Partial<ProbeCall> = {}): Promise<void> {
  setting.dialer.place(
    {
      ...{ callId: "a1", callee: "+447700900123", callerId: "+12025550147", range: "block" },
      ...{ slot: lineOn("plus"), probe: { ...probe, ...own } },
    },
    {
      calling: () => undefined,
      ringing: () => undefined,
      ended: (result) => void results.push(result),
    },
  );
  await settle();
}

const happens = (type: "alerting" | "answered" | "progress") => setting.control.happens({ type, callId: "a1" });

describe("a probe", () => {
  it("is hung up with the first 180, not a ring time later", async () => {
    await place();
    expect(setting.control.hungUp).toEqual([]);
    happens("alerting");
    expect(setting.control.hungUp).toEqual(["a1"]);
    setting.ownEnd();
    expect(results).toMatchObject([{ outcome: "rang", alerted: true, endedBy: "us" }]);
  });

  it("goes on after a 183: it may be an announcement", async () => {
    await place();
    happens("progress");
    expect(setting.control.hungUp).toEqual([]);
    setting.ends("a1", 1, 404);
    expect(results).toMatchObject([{ outcome: "unallocated", alerted: false, progress: true }]);
  });

  it("is hung up with a 183 on a trunk whose 183 proves that the phone was found; it did not alert", async () => {
    await place({ endsOn183: ["plus"] });
    happens("progress");
    expect(setting.control.hungUp).toEqual(["a1"]);
    setting.ownEnd();
    expect(results).toMatchObject([{ outcome: "no_answer_signal", alerted: false, progress: true, endedBy: "us" }]);
  });

  it("is hung up at its own limit where no sign comes, and Asterisk ends it 5 s later by itself", async () => {
    await place();
    expect(setting.control.placed[0]?.failSafeSeconds).toBe(14);
    setting.clock.advance(8999);
    expect(setting.control.hungUp).toEqual([]);
    setting.clock.advance(1);
    expect(setting.control.hungUp).toEqual(["a1"]);
  });

  it("never waits longer than calls.setup_limit_ms", async () => {
    await place({ setupLimitMs: 3_600_000 });
    setting.clock.advance(20_000);
    expect(setting.control.hungUp).toEqual(["a1"]);
  });

  it("is hung up when it is answered", async () => {
    await place();
    happens("answered");
    expect(setting.control.hungUp).toEqual(["a1"]);
    setting.ownEnd();
    expect(results).toMatchObject([{ outcome: "answered", falseAnswer: true }]);
  });

  it("asks a second trunk whether nobody has the number, which must have slots to spare too", async () => {
    setting = dialerSetting({ maxTrunks: 2 });
    const asked: (SlotNeeds | undefined)[] = [];
    setting.anotherLine = async (...given: unknown[]) => {
      asked.push(given.at(-1) as SlotNeeds);
      return lineOn("bare");
    };
    await place();
    setting.ends("a1", 1, 404);
    await settle();
    setting.ends("a1-t2", 1, 404);
    expect(results[0]?.attempts.map(({ trunk, outcome }) => [trunk, outcome])).toEqual([
      ["plus", "unallocated"],
      ["bare", "unallocated"],
    ]);
    expect(asked).toMatchObject([{ sparePercent: 50 }]);
  });

  it("teaches nothing of how late hang-ups are, which missed calls' ring times do", async () => {
    await place();
    happens("alerting");
    setting.ownEnd();
    const [result] = results;
    if (result === undefined) throw new Error("it has ended");
    expect(endedCall(result, { probe })).toMatchObject({ verdict: "good", rangMs: null, wanted: false });
    expect(endedCall(result).rangMs).not.toBeNull();
  });
});

it("its leases and locks are as short as its limit", () => {
  const { longestCallMs, remainingMs } = setting.dialer.limitsOf(probe);
  expect(longestCallMs).toBeLessThan(setting.dialer.longestCallMs);
  expect(remainingMs.calling).toBeLessThan(setting.dialer.remainingMs.calling);
});
