/** Missed call: one or two short unanswered calls; the last digits of the caller ID are the code. */
import { rangeOf } from "../../caller-ids/range.ts";
import type { RangeConfig } from "../../caller-ids/ranges-config.ts";
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerIdPool } from "../../caller-ids/types.ts";
import type { Publish } from "../../shared/publish.ts";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { Dialer } from "../../telephony/calls/ports.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import { appShare } from "../../verification/app-share.ts";
import type { ChannelModule, DeliveryOrder } from "../../verification/channel-port.ts";
import type { VerificationSettings } from "../../verification/config.ts";
import { codeNotAvailable } from "../../verification/refusals.ts";
import type { CallEvents } from "../calls/events.ts";
import { callEvidence } from "../calls/evidence.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import { notLeased } from "../calls/refusals.ts";
import { createCalls } from "./calls.ts";
import type { MissedCallSettings } from "./config.ts";
import { createDescription } from "./describe.ts";
import { missedCallExample } from "./example.ts";
import { missedCallMachine } from "./machine.ts";
import { readForMissedCall } from "./read.ts";
import { badCalls } from "./refusals.ts";
import { reserveCall } from "./reservation.ts";
import { MissedCallBody } from "./schema.ts";
import { createCallSimulation } from "./simulate.ts";

export interface MissedCallParts {
  readonly config: {
    readonly verification: MissedCallSettings &
      Pick<VerificationSettings, "starts_per_callee_per_hour" | "wrong_checks_per_callee" | "max_guess_probability">;
    readonly calls: Pick<CallsConfig, "second_call_gap_ms" | "ring_ms" | "setup_limit_ms">;
    readonly ranges: Readonly<Record<string, RangeConfig>>;
    readonly sip_capture?: unknown;
  };
  /** Several share the limits of a callee. */
  readonly apps: { readonly size: number };
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly slots: ChannelSlots;
  readonly dialer: Dialer;
  readonly hangUps: HangUps;
  readonly publish: Publish<CallEvents>;
}

/** Whether the ends of so many caller IDs can show this code. */
function fits(code: string, calls: number, longest: number): boolean {
  return code.length % calls === 0 && code.length / calls <= longest;
}

export function missedCall(parts: MissedCallParts): ChannelModule {
  const { verification, calls: callSettings } = parts.config;
  const { min_calls: minCalls, starts_per_callee_per_hour: starts } = verification;
  const maxCalls = () => appShare(starts, parts.apps.size);
  const longestCode = Math.max(...Object.values(parts.config.ranges).map((range) => rangeOf(range).digits));
  /** Of an app's code as few as can show it. */
  const callsOf = ({ calls, appCode }: DeliveryOrder) =>
    calls ?? (appCode !== null && appCode.length > longestCode ? 2 : minCalls);

  return {
    name: "missed_call",
    proves: "phone",
    enabled: true,
    codes: "own",
    setupLimitMs: callSettings.setup_limit_ms + callSettings.ring_ms,
    costs: false,
    reportsCalls: true,
    machine: missedCallMachine,
    scripts: {
      start: new URL("lua/start.lua", import.meta.url),
      next_call: new URL("lua/next_call.lua", import.meta.url),
    },
    schema: MissedCallBody,
    example: missedCallExample,
    open(core) {
      const calls = createCalls({ ...parts, core, gapMs: callSettings.second_call_gap_ms });
      const describe = createDescription({ ms: callSettings.ring_ms, setup_limit_ms: callSettings.setup_limit_ms });
      const cooldownMs = verification.caller_id_cooldown_seconds * 1000;
      const mostOdds = verification.max_guess_probability / verification.wrong_checks_per_callee;
      const permittedCalls = () => ({ least: minCalls, most: Math.min(2, maxCalls()) });
      const reserving = {
        ...{ ...parts, cooldownMs, mostOdds, permittedCalls, pool: parts.callerIds, hashes: core.hashes, calls },
      };
      const simulated = createCallSimulation({
        ...{ ranges: parts.config.ranges, pool: parts.callerIds, slots: parts.slots, ringMs: callSettings.ring_ms },
        ...{ gapMs: callSettings.second_call_gap_ms, captured: parts.config.sip_capture !== undefined },
        ...{ longestMs: calls.longestMs, expectedMs: calls.expectedMs, permittedCalls },
      });
      return {
        accept(order) {
          const calls = callsOf(order);
          const refusal = badCalls(calls, minCalls, maxCalls());
          if (order.appCode !== null && (refusal || !fits(order.appCode, calls, longestCode))) throw codeNotAvailable();
          if (refusal) throw refusal;
        },
        reserve: (order) => reserveCall(reserving, order, callsOf(order)),
        refusal: notLeased,
        simulate: (ask) => simulated.simulate(ask, callsOf(ask.order)),
        stopSimulated: simulated.stop,
        attemptsOf: callsOf,
        strengthen: (order) =>
          order.calls === null && order.codeLength === null && order.appCode === null && minCalls < 2 && maxCalls() >= 2
            ? { ...order, calls: 2 }
            : null,
        /** Another code of the same kind. */
        again: ({ parts: calls }, codeLength) => ({ calls, codeLength }),
        read: readForMissedCall,
        describe,
        evidence: (delivery, id) => callEvidence(delivery, id, core.sealing),
        stop: calls.stop,
        drain: calls.drain,
        settled: calls.settled,
      };
    },
  };
}
