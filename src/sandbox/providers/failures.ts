/** How messages fail in the sandbox: the last three digits of the recipient decide. */
import type { FailureKind } from "./provider.ts";

export interface MessageFailure {
  readonly kind: FailureKind;
  /** What happens, in a few words for a person. */
  readonly title: string;
}

/**
 * By the last three digits; messages to all other recipients arrive. Disjoint from the endings by which calls fail
 * (carrier/behaviours.ts): where a call fails messages arrive, where messages fail the phone rings.
 */
export const messageFailures: Readonly<Record<string, MessageFailure>> = {
  "921": { kind: "unknown_recipient", title: "no such recipient" },
  "922": { kind: "not_reachable", title: "has no such service" },
  "923": { kind: "blocked", title: "blocked" },
  "924": { kind: "throttled", title: "throttled" },
  "925": { kind: "down", title: "provider down" },
  "926": { kind: "lost_answer", title: "answer lost" },
  "927": { kind: "no_receipt", title: "never arrives" },
  "928": { kind: "failed_receipt", title: "not delivered" },
  "929": { kind: "late_receipt", title: "late receipt" },
  "930": { kind: "odd_receipts", title: "odd receipts" },
};

/**
 * How a message to this recipient fails; null: it does not.
 * @param to a number, an address (the end of its local part decides) or a registration
 */
export function failureOf(to: string): FailureKind | null {
  const digits = /(\d{3})(?:@[^@]*)?$/.exec(to)?.[1] ?? "";
  return messageFailures[digits]?.kind ?? null;
}
