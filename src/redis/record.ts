/** How a verification lies in its Redis hash. The scripts get these names as their PUBLIC_FIELDS. */
import type { Outcome } from "../telephony/calls/outcome.ts";
import type { Channel, Status, Verification } from "../verification/types.ts";

/** In this order scripts answer them. */
export const publicFields = [
  "app",
  "to",
  "country",
  "channel",
  "call_in_number",
  "status",
  "reason",
  "calls",
  "calls_delivered",
  "code_length",
  "caller_id_prefix",
  "checks_left",
  "attempts",
  "reference",
  "metadata",
  "created_at",
  "expires_at",
  "ended_at",
  "last_call",
] as const;

/** @param values of `publicFields`, in their order; '' stands for null */
export function readRecord(id: string, values: readonly string[]): Verification {
  const field = (name: (typeof publicFields)[number]) => values[publicFields.indexOf(name)] ?? "";
  return {
    id,
    app: field("app"),
    to: field("to"),
    country: field("country"),
    // A gateway of an older version, which knows one channel, leaves it out.
    channel: (field("channel") || "missed_call") as Channel,
    callInNumber: orNull(field("call_in_number")),
    status: field("status") as Status,
    reason: orNull(field("reason")) as Outcome | null,
    calls: Number(field("calls")),
    callsDelivered: Number(field("calls_delivered")),
    codeLength: Number(field("code_length")),
    callerIdPrefix: field("caller_id_prefix"),
    checksLeft: Number(field("checks_left")),
    attempts: Number(field("attempts")),
    reference: orNull(field("reference")),
    metadata: readJson<Verification["metadata"]>(field("metadata")),
    createdAtMs: Number(field("created_at")),
    expiresAtMs: Number(field("expires_at")),
    endedAtMs: field("ended_at") === "" ? null : Number(field("ended_at")),
    lastCall: readJson<Verification["lastCall"]>(field("last_call")),
  };
}

/** The text for `metadata` and `last_call`; '' for none. */
export function writeJson(value: Verification["metadata"] | Verification["lastCall"]): string {
  return value === null ? "" : JSON.stringify(value);
}

/** Reads what `writeJson` wrote. */
function readJson<T>(text: string): T | null {
  return text === "" ? null : (JSON.parse(text) as T);
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}
