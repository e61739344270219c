/** Places the call of a live check: a spare channel slot, a caller ID, one probe over the dialer, and its reading. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import type { CallAnswer, CallAsk, LiveCaller, NotPlaced } from "../../numbers/live-check/ports.ts";
import { mayStillRing } from "../calls/attempt-result.ts";
import { probeNeeds } from "../calls/call-times.ts";
import type { CallResult, Dialer, ProbeCall } from "../calls/ports.ts";
import type { ChannelSlot, ChannelSlots, NoSlotReason } from "../trunks/slots-port.ts";
import { readingOf } from "./reading.ts";

/** Caller IDs that are offered at once: with half of a range unavailable to a callee none of them is free once in 4 billion. */
const candidates = 32;
/** With less time than this no INVITE is sent: most networks need it to find a phone. */
const leastSetupMs = 1000;

export interface LiveCallerParts {
  readonly slots: Pick<ChannelSlots, "reserve" | "release">;
  readonly dialer: Dialer;
  readonly pool: CallerIdPool;
  readonly reputation: Pick<CallerIdReputation, "look" | "placed" | "ended">;
  /** `live_check` of the configuration. */
  readonly rules: {
    readonly ranges: readonly string[];
    readonly cancel_on_183: readonly string[];
    readonly channel_percent: number;
  };
  /** `Hashes.callerId` */
  readonly hash: (callee: string, callerId: string) => string;
}

const noSlot: Readonly<Record<NoSlotReason, NotPlaced>> = {
  no_route: "not_callable",
  telephony_unavailable: "unavailable",
  capacity: "no_capacity",
  app_limit: "limited",
  braked: "limited",
};

const notPlaced = (why: NotPlaced, retryAfterMs: number | null = null): CallAnswer => ({
  ...{ kind: "not_placed", why, retryAfterMs },
});

export function createLiveCaller(parts: LiveCallerParts): LiveCaller {
  const { slots, dialer, pool, reputation, rules, hash } = parts;

  /** The ranges that both the checks and the app may present; null: every one. */
  function permitted(ofApp: readonly string[] | null): readonly string[] | null {
    if (rules.ranges.length === 0) return ofApp;
    return ofApp === null ? rules.ranges : rules.ranges.filter((range) => ofApp.includes(range));
  }

  /** Takes the callee with a caller ID that it was not shown recently; null: it is not to be called. */
  async function begin(ask: CallAsk, { ranges }: ChannelSlot, probe: ProbeCall): Promise<CallerId | null> {
    const drawn = pool.draw(ranges, null, candidates).map((callerId) => [callerId]);
    const fitness = await reputation.look(ranges, null, drawn);
    const fit = fitness?.fit.flat() ?? [];
    if (fitness === null || fit.length === 0) return null;
    const { longestCallMs: lostMs, remainingMs } = dialer.limitsOf(probe);
    const callerIds = fit.map(({ number }) => hash(ask.callee, number));
    const { maxCoolingDown } = fitness;
    const choice = await ask.begin({ callerIds, maxCoolingDown, lostMs, overMs: remainingMs.calling });
    return choice === null ? null : (fit[choice] ?? null);
  }

  function place(ask: CallAsk, slot: ChannelSlot, callerId: CallerId, probe: ProbeCall): Promise<CallResult> {
    const { id, callee, canceled } = ask;
    return new Promise((resolve) => {
      const stop = () => dialer.cancel(id);
      reputation.placed(callerId);
      dialer.place(
        { callId: id, callee, callerId: callerId.number, range: callerId.range, slot, probe },
        {
          calling: () => undefined,
          ringing: () => undefined,
          ended(result) {
            canceled.removeEventListener("abort", stop);
            resolve(result);
          },
        },
      );
      // It may have been aborted while the callee was taken.
      if (canceled.aborted) stop();
      else canceled.addEventListener("abort", stop, { once: true });
    });
  }

  /** A hang-up, and the end of its transaction that the SIP capture waits for, take their time from the answer's. */
  function probeWithin(withinMs: number): ProbeCall {
    const own = { endsOn183: rules.cancel_on_183, sparePercent: rules.channel_percent };
    const { ringing: endMs } = dialer.limitsOf({ ...own, setupLimitMs: 0 }).remainingMs;
    return { ...own, setupLimitMs: withinMs - endMs };
  }

  return {
    async call(ask) {
      const probe = probeWithin(ask.withinMs);
      if (probe.setupLimitMs < leastSetupMs) return notPlaced("deadline");
      try {
        const needs = probeNeeds(probe, dialer.limitsOf(probe).longestCallMs);
        const slot = await slots.reserve(ask.callee, ask.app, needs, permitted(ask.ranges));
        if ("none" in slot) return notPlaced(noSlot[slot.none], slot.retryAfterMs);
        let callerId: CallerId | null = null;
        try {
          callerId = ask.canceled.aborted ? null : await begin(ask, slot, probe);
        } finally {
          if (callerId === null) void slots.release(slot);
        }
        if (callerId === null) return notPlaced("taken");
        const result = await place(ask, slot, callerId, probe);
        const reading = readingOf(result, probe.endsOn183);
        // Hung up before the phone could ring, it says nothing of the caller ID.
        const saysNothing = reading.state === "reachable" && !result.alerted;
        if (!saysNothing) reputation.ended(callerId, result, { callee: ask.callee, app: ask.app });
        return {
          ...{ kind: "ended", reading, attempts: result.attempts, invited: result.attempts.length > 0 },
          mayStillRing: mayStillRing(result),
        };
      } catch {
        // Redis did not answer; where the callee was taken meanwhile, that ends with its lease.
        return notPlaced("unavailable");
      }
    },
  };
}
