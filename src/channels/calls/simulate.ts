/** Calls that are only simulated: which times and which evidence each outcome has, the same for every channel that calls. */
import type { Random } from "../../shared/random.ts";
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { SimulationAsk } from "../../verification/channel-port.ts";
import { between, type DeliveryOutcome } from "../../verification/simulated/simulation.ts";
import type { Simulated } from "../../verification/types.ts";
import type { CallEvidence } from "./evidence.ts";
import { noSlot } from "./refusals.ts";

/** What the carrier would respond. */
interface Final {
  readonly outcome: Outcome;
  readonly alerted: boolean;
  /** Null: the gateway hangs up, or the capture saw none. */
  readonly sipStatus: number | null;
  readonly q850Cause: number | null;
}

const ours = { sipStatus: 487, q850Cause: null } as const;

const finals: Readonly<Record<DeliveryOutcome, Final>> = {
  delivered: { outcome: "rang", alerted: true, ...ours },
  answered: { outcome: "answered", alerted: true, sipStatus: 200, q850Cause: 16 },
  no_answer: { outcome: "no_answer_signal", alerted: false, ...ours },
  busy: { outcome: "busy", alerted: false, sipStatus: 486, q850Cause: 17 },
  declined: { outcome: "declined", alerted: true, sipStatus: 603, q850Cause: 21 },
  switched_off: { outcome: "switched_off", alerted: false, sipStatus: 480, q850Cause: 20 },
  undeliverable: { outcome: "unallocated", alerted: false, sipStatus: 404, q850Cause: 1 },
};

/** The path that a call would take. */
export interface SimulatedPath {
  readonly trunk: string;
  readonly asterisk: string;
  readonly ranges: readonly string[];
}

/** @throws {Refusal} where a real call would have no slot. @returns null for a test number: no trunk need serve it */
export function pathOf(
  slots: Pick<ChannelSlots, "preview">,
  { kind, order }: Pick<SimulationAsk, "kind" | "order">,
  canServe?: (asterisk: string) => boolean,
): SimulatedPath | null {
  if (kind === "test") return null;
  const path = slots.preview?.(order.to, order.app.name, canServe, order.bounds?.ranges) ?? {
    none: "capacity",
    retryAfterMs: 1000,
  };
  if ("none" in path) throw noSlot(path);
  return path;
}

export interface CallTimes {
  /** From the start of the call until Asterisk has taken it. */
  readonly takenMs: number;
  /** From the start of the call to the first 180. */
  readonly alertedMs: number;
  /** From there to the end, where nobody answers or declines. */
  readonly ringMs: number;
  /** From the start to the final of a call that does not alert. */
  readonly refusedMs: number;
}

/** Of a test number short and always the same; of a shadow answer as on a usual carrier. */
export function callTimes(kind: Simulated, longestRingMs: number, random: Random): CallTimes {
  if (kind === "test") return { takenMs: 20, alertedMs: 500, ringMs: Math.min(longestRingMs, 1500), refusedMs: 800 };
  return {
    takenMs: between(random, 15, 60),
    alertedMs: between(random, 1300, 4200),
    ringMs: longestRingMs + between(random, 5, 60),
    refusedMs: between(random, 700, 2500),
  };
}

export function finalOf(outcome: DeliveryOutcome): Final {
  return finals[outcome];
}

/** The stored result of a call, as `evidenceOf` makes it of a real one. Its caller ID is kept nowhere: of a test number it ends in the fixed code. */
export function simulatedEvidence(
  final: Final,
  times: { readonly postDialDelayMs: number; readonly ringMs: number; readonly talkMs?: number },
  seen: { readonly captured: boolean; readonly path: SimulatedPath | null; readonly range: string },
): CallEvidence {
  const { outcome, alerted, sipStatus, q850Cause } = final;
  const { captured, path, range } = seen;
  const byUs = outcome === "rang" || outcome === "no_answer_signal" || outcome === "canceled";
  const postDialDelayMs = alerted ? times.postDialDelayMs : null;
  return {
    ...{ outcome, alerted, postDialDelayMs, ringMs: alerted ? times.ringMs : null },
    ...{ sipStatus: byUs && !captured ? null : sipStatus, q850Cause },
    ...{ endedBy: byUs ? "us" : "far_end", falseAnswer: false, source: captured ? "sip" : "events" },
    ...{ progress: false, redressUrl: null },
    ...(times.talkMs === undefined ? {} : { talkMs: times.talkMs }),
    invites: path === null ? [] : [[path.trunk, path.asterisk, outcome, postDialDelayMs]],
    ...{ range, callerIds: [] },
  };
}

/** A call that is hung up because its verification has ended. @param alertedAtMs null: it did not ring yet */
export function canceledEvidence(
  startedAtMs: number,
  alertedAtMs: number | null,
  endedAtMs: number,
  seen: Parameters<typeof simulatedEvidence>[2],
): CallEvidence {
  const final: Final = { outcome: "canceled", alerted: alertedAtMs !== null, ...ours };
  const from = alertedAtMs ?? startedAtMs;
  return simulatedEvidence(
    final,
    { postDialDelayMs: from - startedAtMs, ringMs: Math.max(0, Math.round(endedAtMs - from)) },
    seen,
  );
}
