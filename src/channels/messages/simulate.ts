/** Messages that are only simulated. */
import type { TObject } from "typebox";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { SimulationAsk } from "../../verification/channel-port.ts";
import {
  between,
  type DeliveryOutcome,
  type SimulatedStep,
  type Simulation,
} from "../../verification/simulated/simulation.ts";
import type { Simulated } from "../../verification/types.ts";
import type {
  MessageChannelSpec,
  MessageFailure,
  MessageOrder,
  MessagePreview,
  MessageResult,
} from "./provider-port.ts";

/** What becomes of a message by each outcome: refused by the provider at once, or failed by a receipt, or without one. */
const failures: Readonly<
  Partial<Record<DeliveryOutcome, { readonly at: "submit" | "receipt"; readonly reason: MessageFailure }>>
> = {
  busy: { at: "submit", reason: "throttled" },
  declined: { at: "submit", reason: "blocked" },
  switched_off: { at: "receipt", reason: "not_reachable" },
  undeliverable: { at: "submit", reason: "invalid_recipient" },
};

/** @throws {Refusal} where the provider could not serve the order */
export function previewOf({ name, provider }: MessageChannelSpec, order: MessageOrder): MessagePreview {
  const preview = provider.preview?.(order);
  if (preview === undefined) throw new Error(`the provider of channel ${name} has no preview`);
  return preview;
}

/** Of a test number, which costs nothing, and which no route need serve: then its fields have made-up values. */
export function testPreview(spec: MessageChannelSpec, order: MessageOrder): MessagePreview {
  try {
    const { details, sent, receipts } = previewOf(spec, order);
    return { details: { ...details, cost: 0 }, sent: sent && { ...sent, cost: 0 }, receipts, cost: 0 };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { details: { ...madeUp(spec.schema), cost: 0 }, cost: 0, sent: null, receipts: true };
  }
}

function madeUp({ properties }: TObject): MessageResult {
  const values = Object.entries(
    properties as Readonly<Record<string, { readonly type?: unknown; readonly enum?: unknown }>>,
  );
  return Object.fromEntries(
    values.map(([name, { type, enum: allowed }]) => {
      if (type === "string") return [name, Array.isArray(allowed) ? String(allowed[0]) : "test"];
      return [name, type === "integer" || type === "number" ? 1 : null];
    }),
  );
}

function timesOf(kind: Simulated, random: Random) {
  if (kind === "test") return { sentMs: 200, receiptMs: 1000 };
  const sentMs = between(random, 60, 400);
  return { sentMs, receiptMs: sentMs + between(random, 1500, 6000) };
}

/** @param details as the channel stores them at the start @param lostAfterMs of a message without a report */
export function simulateMessage(
  { kind, outcome, random }: SimulationAsk,
  { sent, receipts, cost }: MessagePreview,
  details: Readonly<Record<string, unknown>>,
  lostAfterMs: number,
): Simulation {
  const { sentMs, receiptMs } = timesOf(kind, random);
  const failure = failures[outcome];
  const result = sent === null ? {} : { result: sent };
  const steps: SimulatedStep[] = [];
  if (failure?.at === "submit") steps.push({ afterMs: sentMs, event: "undelivered", reason: failure.reason });
  else steps.push({ afterMs: sentMs, event: "sent", ...result });
  if (failure?.at === "receipt") steps.push({ afterMs: receiptMs, event: "undelivered", reason: failure.reason });
  // Without an answer of the phone no receipt comes either.
  else if (failure === undefined && receipts && outcome !== "no_answer") {
    steps.push({ afterMs: receiptMs, event: "delivered" });
  }
  return {
    ...{ details, parts: 1, ownCode: null, countsAs: "message", lostAfterMs, overAfterMs: lostAfterMs },
    ...{ stopsAtEnd: false, steps, cost },
  };
}
