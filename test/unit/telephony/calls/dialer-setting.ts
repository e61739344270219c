/** A dialer whose Asterisk, clock and slots are the test. The real ones: test/integration/telephony. */
import pino from "pino";
import { createDialer } from "../../../../src/telephony/calls/dialer.ts";
import type { CallResult } from "../../../../src/telephony/calls/ports.ts";
import type { SipCapture } from "../../../../src/telephony/sip-capture/index.ts";
import type { ChannelSlot, NoChannelSlot } from "../../../../src/telephony/trunks/slots-port.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { telephonyConfig } from "../telephony-config.ts";
import { FakeCallControl } from "./fake-call-control.ts";

type Changed = Parameters<typeof telephonyConfig>[0] & { readonly capture?: Pick<SipCapture, "settle"> };

export const lineOn = (trunk: string, waitMs = 0): ChannelSlot => ({
  ...{ leaseId: `on ${trunk}`, trunk, asterisk: "main", ranges: ["block"], waitMs },
});

/** A new one for each test; what it told, and what it did with its slots, is in the lists. */
export function dialerSetting({ capture, ...changed }: Changed = {}) {
  const clock = new ManualClock();
  const control = new FakeCallControl(() => clock.nowMs());
  const told: string[] = [];
  const results: CallResult[] = [];
  const log: string[] = [];
  const givenBack: string[] = [];
  const over: string[] = [];
  const dialer = createDialer({
    callControls: new Map([["main", control]]),
    capture: capture ?? null,
    config: telephonyConfig(changed),
    slots: {
      reserveAnother: (...given) => setting.anotherLine(...given),
      release: async (slot) => void givenBack.push(slot.trunk),
      placing: () => undefined,
      alerted: () => undefined,
      callEnded: async (slot) => void over.push(slot.trunk),
    },
    clock,
    logger: pino({ level: "debug" }, { write: (slot) => void log.push(slot) }),
  });

  const setting = {
    ...{ clock, control, dialer, told, results, log, givenBack, over },
    /** What a failover gets. */
    anotherLine: async (..._given: unknown[]): Promise<ChannelSlot | NoChannelSlot> => ({
      none: "telephony_unavailable",
      retryAfterMs: 1,
    }),
    place(callId = "a1", trunk = "plus", callee = "+447700900123", waitMs = 0): void {
      dialer.place(
        { callId, callee, callerId: "+12025550147", range: "block", slot: lineOn(trunk, waitMs) },
        {
          calling: () => void told.push("calling"),
          ringing: () => void told.push("ringing"),
          ended(result) {
            told.push("ended");
            results.push(result);
          },
        },
      );
    },
    /** As Asterisk tells it. */
    ends(
      callId: string,
      q850Cause: number,
      sipStatus: number | null,
      sipCallId: string | null = null,
      lastStatus: number | null = sipStatus,
    ): void {
      const lastResponse = lastStatus === null ? null : { status: lastStatus, phrase: "" };
      control.happens({ type: "ended", callId, q850Cause, sipStatus, sipCallId, lastResponse });
    },
    /** After our hang-up. */
    ownEnd(callId = "a1"): void {
      setting.ends(callId, 16, null);
    },
  };
  return setting;
}
