/** Missed calls that are only simulated. */

import { codesOf } from "../../caller-ids/entropy.ts";
import { type Range, rangesOf } from "../../caller-ids/range.ts";
import type { RangeConfig } from "../../caller-ids/ranges-config.ts";
import type { CallerIdPool } from "../../caller-ids/types.ts";
import { delivered } from "../../telephony/calls/outcome.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { SimulationAsk } from "../../verification/channel-port.ts";
import { codeNotAvailable } from "../../verification/refusals.ts";
import type { SimulatedStep, SimulatedStop, Simulation } from "../../verification/simulated/simulation.ts";
import type { Delivery } from "../../verification/types.ts";
import {
  callTimes,
  canceledEvidence,
  finalOf,
  pathOf,
  type SimulatedPath,
  simulatedEvidence,
} from "../calls/simulate.ts";
import type { MissedCallDetails } from "./offer.ts";
import { noSuchCodeLength, type PermittedCalls } from "./refusals.ts";

export interface SimulatedCallParts {
  readonly ranges: Readonly<Record<string, RangeConfig>>;
  readonly pool: Pick<CallerIdPool, "sizes" | "draw" | "lengths">;
  readonly permittedCalls: () => PermittedCalls;
  readonly slots: Pick<ChannelSlots, "preview">;
  readonly ringMs: number;
  readonly gapMs: number;
  readonly captured: boolean;
  /** After this time a delivery of so many calls counts as lost. */
  readonly longestMs: (calls: number) => number;
  readonly expectedMs: (calls: number) => number;
}

/** What is kept of it besides what a real one has: for the call that is hung up. */
interface SimulatedDetails extends MissedCallDetails {
  readonly alertedAfterMs: readonly (number | null)[];
  readonly path: SimulatedPath | null;
  readonly range: string;
}

/** The caller ID that it would show: of one of the ranges, with as many digits after the prefix as the code takes. */
interface Shown extends Required<Pick<MissedCallDetails, "prefix" | "digits" | "codeDigits">> {
  readonly range: string;
  /** Digits of the whole code. */
  readonly length: number;
  /** How many codes there are. */
  readonly codes: number;
}

export function createCallSimulation(parts: SimulatedCallParts) {
  const ranges = rangesOf(parts.ranges);

  /** Of a code that is given: a range that can show it; where none can, a shorter prefix of one. */
  function shownFor({ order, codeLength }: SimulationAsk, calls: number): Shown {
    const given = codeLength ?? 4;
    const codeDigits = given / calls;
    if (!Number.isInteger(codeDigits)) throw codeNotAvailable();
    const permitted = order.bounds?.ranges ?? null;
    const all = [...ranges].filter(([name]) => permitted === null || permitted.includes(name));
    const fits =
      all.find(([, { digits }]) => digits === codeDigits) ?? all.find(([, { digits }]) => digits > codeDigits);
    const [range, own] = fits ?? (all[0] as [string, Range]);
    const digits = Math.max(own.digits, codeDigits);
    const prefix = own.prefix.slice(0, Math.max(2, own.prefix.length - (digits - own.digits)));
    return { range, prefix, digits, codeDigits, length: given, codes: 10 ** given };
  }

  /** As a real one is drawn. */
  function drawn({ order }: SimulationAsk, calls: number, path: SimulatedPath): Shown {
    const digits = order.codeLength === null ? null : order.codeLength / calls;
    const [callerId] = parts.pool.draw(path.ranges, digits, 1);
    if (callerId === undefined) {
      throw noSuchCodeLength(order.codeLength, calls, parts.pool.lengths(path.ranges), parts.permittedCalls());
    }
    const { prefix, range, code } = callerId;
    const size = Math.min(...parts.pool.sizes(path.ranges, digits).values());
    const length = code.length * calls;
    return { range, prefix, digits: code.length, codeDigits: code.length, length, codes: codesOf(size, calls) };
  }

  return {
    /** @param calls how many carry the code */
    simulate(ask: SimulationAsk, calls: number): Simulation {
      const path = pathOf(parts.slots, ask);
      const shown = path === null || ask.codeLength !== null ? shownFor(ask, calls) : drawn(ask, calls, path);
      const final = finalOf(ask.outcome);
      const boundRingMs = ask.order.bounds?.ringMs ?? null;
      const steps: SimulatedStep[] = [];
      const alertedAfterMs: (number | null)[] = [];
      let startMs = 0;
      for (let call = 1; call <= calls; call++) {
        const { takenMs, alertedMs, ringMs, refusedMs } = callTimes(ask.kind, boundRingMs ?? parts.ringMs, ask.random);
        const answered = final.outcome === "rang" ? ringMs : Math.min(ringMs, 1000);
        const endMs = startMs + (final.alerted ? alertedMs + answered : refusedMs);
        const times = { postDialDelayMs: alertedMs, ringMs: answered };
        const seen = { captured: parts.captured, path, range: shown.range };
        const arrives = delivered(final.outcome, final.alerted);
        steps.push({ afterMs: startMs + takenMs, event: "calling" });
        if (final.alerted) steps.push({ afterMs: startMs + alertedMs, event: "ringing" });
        steps.push({
          afterMs: endMs,
          event: arrives ? "delivered" : "undelivered",
          reason: final.outcome,
          result: simulatedEvidence(final, times, seen),
        });
        alertedAfterMs.push(final.alerted ? startMs + alertedMs : null);
        if (!arrives || call === calls) break;
        startMs = endMs + parts.gapMs;
        steps.push({ afterMs: startMs, event: "next_part" });
      }
      const { prefix, digits, codeDigits, range } = shown;
      const details: MissedCallDetails = {
        ...{ prefix, digits },
        ...(codeDigits < digits && { codeDigits }),
        ...(boundRingMs !== null && { ringMs: boundRingMs }),
      };
      return {
        details: { ...details, alertedAfterMs, path, range } satisfies SimulatedDetails,
        parts: calls,
        ownCode: { length: shown.length, odds: 1 / shown.codes },
        countsAs: "call",
        lostAfterMs: parts.longestMs(calls),
        overAfterMs: parts.expectedMs(calls),
        stopsAtEnd: true,
        steps,
        cost: null,
      };
    },

    stop({ details, startedAtMs, partsDelivered, state }: Delivery, endedAtMs: number): SimulatedStop {
      const { alertedAfterMs, path, range } = details as SimulatedDetails;
      const rang = state === "ringing";
      const alertedAtMs = rang ? startedAtMs + (alertedAfterMs[partsDelivered] ?? 0) : null;
      const result = canceledEvidence(startedAtMs, alertedAtMs, endedAtMs, { captured: parts.captured, path, range });
      return { event: rang ? "delivered" : "undelivered", reason: "canceled", result };
    },
  };
}
