/** Verifications that have ended, as the relay hands them to records. */

import { createCdrs, type RecordedChannel } from "../../src/cdr/rows.ts";
import { callInMachine } from "../../src/channels/call-in/machine.ts";
import { messageMachine } from "../../src/channels/messages/machine.ts";
import { missedCallMachine } from "../../src/channels/missed-call/machine.ts";
import type { DeliveryEvidence, Invite } from "../../src/verification/channel-port.ts";
import type { Delivery, Verification } from "../../src/verification/types.ts";

export const maxChecks = 3;

/** Their deliveries' `result` is the evidence itself. */
export const recordedChannels: readonly RecordedChannel[] = (
  [
    ["missed_call", "phone", missedCallMachine],
    ["call_in", "phone", callInMachine],
    ["sms", "phone", messageMachine],
    ["email", "email", messageMachine],
  ] as const
).map(([name, proves, machine]) => {
  return { name, proves, machine, evidence: ({ result }) => (result ?? {}) as DeliveryEvidence };
});

export const cdrsOf = createCdrs(recordedChannels, maxChecks);

export const noon = Date.UTC(2026, 10, 2, 12);

/** A whole id of this number. */
export function idOf(number: number): string {
  return `v00ff${String(number).padStart(22, "0")}`;
}

export function rang(changed: Partial<DeliveryEvidence> & { readonly trunk?: string } = {}): DeliveryEvidence {
  const { trunk = "carrier-a", ...evidence } = changed;
  const { outcome = "rang", postDialDelayMs = 1930 } = evidence;
  return {
    ...{ outcome, postDialDelayMs, alerted: true, ringMs: 5004, answered: false, falseAnswer: false },
    ...{ sipStatus: 487, q850Cause: null, endedBy: "us", source: "events" },
    ...{ range: "mobile-block", callerIds: ["+447700900123"] },
    invites: [[trunk, "pbx", outcome, postDialDelayMs] satisfies Invite],
    ...evidence,
  };
}

export function delivery(changed: Partial<Delivery> = {}): Delivery {
  return {
    ...{ number: 1, channel: "missed_call", to: "+447911123456", state: "rung", reason: "rang", parts: 1 },
    ...{
      partsDelivered: 1,
      codeLength: 4,
      cost: null,
      guardDecision: null,
      guardMicros: null,
      details: {},
      result: rang(),
    },
    ...{ startedAtMs: noon, endedAtMs: noon + 7000 },
    ...changed,
  };
}

/** Verified by its last delivery, unless `changed` says otherwise. */
export function verification(changed: Partial<Verification> = {}): Verification {
  const deliveries = changed.deliveries ?? [delivery()];
  const createdAtMs = deliveries[0]?.startedAtMs ?? noon;
  return {
    ...{ id: idOf(1), app: "shop", to: "+447911123456", country: "GB", status: "verified", codeLength: 4 },
    ...{ checksLeft: maxChecks - 1, attempts: 1, proofDelivery: deliveries.length, reference: null, metadata: null },
    ...{ createdAtMs, expiresAtMs: createdAtMs + 300_000, endedAtMs: createdAtMs + 20_000, seq: 4, locale: null },
    ...{
      generation: null,
      workflow: null,
      appCode: false,
      sealedCode: null,
      sealedSession: null,
      client: null,
      simulated: null,
    },
    ...changed,
    deliveries,
  };
}
