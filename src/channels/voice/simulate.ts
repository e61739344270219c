/** Voice calls that are only simulated. */
import type { Random } from "../../shared/random.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { SimulationAsk } from "../../verification/channel-port.ts";
import {
  between,
  type SimulatedStep,
  type SimulatedStop,
  type Simulation,
} from "../../verification/simulated/simulation.ts";
import type { Delivery, Simulated } from "../../verification/types.ts";
import {
  callTimes,
  canceledEvidence,
  finalOf,
  pathOf,
  type SimulatedPath,
  simulatedEvidence,
} from "../calls/simulate.ts";
import type { CostOf } from "./cost.ts";
import type { VoiceResult } from "./describe.ts";

export interface SimulatedVoiceParts {
  readonly slots: Pick<ChannelSlots, "preview">;
  readonly canServe: (asterisk: string) => boolean;
  /** The language that the call would be in; null: no sounds are there. @param asterisk null: any */
  readonly languageOf: (order: SimulationAsk["order"], asterisk: string | null) => string | null;
  readonly costOf: CostOf;
  readonly ringMs: number;
  readonly captured: boolean;
  readonly longestMs: number;
  readonly expectedMs: number;
  /** Digits of a code whose length nothing else says. */
  readonly codeLength: number;
}

interface SimulatedDetails {
  readonly alertedAfterMs: number;
  readonly answeredAfterMs: number;
  readonly path: SimulatedPath | null;
  readonly range: string;
  readonly language: string | null;
}

interface Talk {
  /** From the first 180 to the answer. */
  readonly ringMs: number;
  /** From the answer until the code was read out once. */
  readonly spokenMs: number;
  /** From the answer to the end. */
  readonly talkMs: number;
}

/** A digit and its pause; the opening words. */
const digitMs = 850;
const openingMs = 900;

function talkOf(kind: Simulated, digits: number, longestRingMs: number, random: Random): Talk {
  if (kind === "test") return { ringMs: 1000, spokenMs: 1500, talkMs: 2500 };
  const readingMs = openingMs + digits * digitMs;
  // Until a key is pressed.
  const spokenMs = between(random, 2500, 5500) + readingMs;
  return {
    ringMs: between(random, Math.min(3500, longestRingMs - 1000), Math.min(12_000, longestRingMs)),
    spokenMs,
    talkMs: spokenMs + between(random, 1500, 2000) + readingMs,
  };
}

export function createVoiceSimulation(parts: SimulatedVoiceParts) {
  const { captured, costOf } = parts;

  return {
    simulate(ask: SimulationAsk): Simulation {
      const { order, kind, random } = ask;
      const path = pathOf(parts.slots, ask, parts.canServe);
      const range = path?.ranges[0] ?? "";
      const spoken = ask.outcome === "delivered" || ask.outcome === "answered";
      const final = spoken
        ? finalOf("answered")
        : ask.outcome === "no_answer"
          ? { ...finalOf("delivered") }
          : finalOf(ask.outcome);
      const language = spoken ? parts.languageOf(order, path?.asterisk ?? null) : null;
      const { takenMs, alertedMs, ringMs, refusedMs } = callTimes(kind, parts.ringMs, random);
      const talk = talkOf(kind, ask.codeLength ?? order.codeLength ?? parts.codeLength, parts.ringMs, random);
      const answeredMs = alertedMs + talk.ringMs;
      const rangMs = final.outcome === "rang" ? ringMs : Math.min(ringMs, 2000);
      const endMs = spoken ? answeredMs + talk.talkMs : final.alerted ? alertedMs + rangMs : refusedMs;
      const times = {
        postDialDelayMs: alertedMs,
        ringMs: spoken ? talk.ringMs : rangMs,
        ...(spoken && { talkMs: talk.talkMs }),
      };
      const result: VoiceResult = { ...simulatedEvidence(final, times, { captured, path, range }), language };
      const steps: SimulatedStep[] = [
        { afterMs: takenMs, event: "calling" },
        ...(final.alerted ? [{ afterMs: alertedMs, event: "ringing" }] : []),
        ...(spoken
          ? [
              { afterMs: answeredMs, event: "answered" },
              { afterMs: answeredMs + talk.spokenMs, event: "spoken" },
            ]
          : []),
        {
          afterMs: endMs,
          event: spoken ? "delivered" : "undelivered",
          reason: final.outcome === "rang" ? "not_answered" : final.outcome,
          result,
          cost: path === null ? null : costOf(path.trunk, order.to, times.talkMs),
        },
      ];
      const details = { alertedAfterMs: alertedMs, answeredAfterMs: answeredMs, path, range, language };
      return {
        ...{ details: details satisfies SimulatedDetails, parts: 1, ownCode: null, countsAs: "call" },
        ...{ lostAfterMs: parts.longestMs, overAfterMs: parts.expectedMs, stopsAtEnd: true, steps, cost: null },
      };
    },

    stop({ details, startedAtMs, state, to }: Delivery, endedAtMs: number): SimulatedStop {
      const { alertedAfterMs, answeredAfterMs, path, range, language } = details as SimulatedDetails;
      const seen = { captured, path, range };
      const wasSpoken = state === "spoken";
      if (state !== "answered" && !wasSpoken) {
        const alertedAtMs = state === "ringing" ? startedAtMs + alertedAfterMs : null;
        const result = { ...canceledEvidence(startedAtMs, alertedAtMs, endedAtMs, seen), language: null };
        return { event: "undelivered", reason: "canceled", result };
      }
      const talkMs = Math.max(0, Math.round(endedAtMs - startedAtMs - answeredAfterMs));
      const times = { postDialDelayMs: alertedAfterMs, ringMs: answeredAfterMs - alertedAfterMs, talkMs };
      const final = { ...finalOf("answered") };
      return {
        event: wasSpoken ? "delivered" : "undelivered",
        reason: wasSpoken ? "answered" : "hung_up",
        result: { ...simulatedEvidence(final, times, seen), endedBy: "us", language },
        cost: path === null ? null : costOf(path.trunk, to, talkMs),
      };
    },
  };
}
