/** The layout of a verification in its Redis hash. The scripts get these names as their PUBLIC_FIELDS. */
import type { Status } from "../verification/machine.ts";
import type { Delivery, Verification } from "../verification/types.ts";

/** Version of the layout; stored in every record. */
export const recordVersion = 1;

/** In the order of the scripts' answers. */
export const publicFields = [
  "app",
  "to",
  "country",
  "status",
  "checks_left",
  "attempts",
  "proof_delivery",
  "reference",
  "metadata",
  "created_at",
  "expires_at",
  "ended_at",
  "seq",
  "number",
  "past",
  "channel",
  "state",
  "reason",
  "parts",
  "parts_delivered",
  "details",
  "result",
  "delivery_code_length",
  "delivery_started_at",
  "delivery_ended_at",
] as const;

/** @param values of `publicFields`, in their order; '' means null */
export function readRecord(id: string, values: readonly string[]): Verification {
  const field = (name: (typeof publicFields)[number]) => values[publicFields.indexOf(name)] ?? "";
  const endedAtMs = numberOrNull(field("ended_at"));
  const newest = readDelivery(
    {
      channel: field("channel"),
      state: field("state"),
      reason: field("reason"),
      parts: field("parts"),
      parts_delivered: field("parts_delivered"),
      details: field("details"),
      result: field("result"),
      started_at: field("delivery_started_at"),
      ended_at: field("delivery_ended_at"),
    },
    Number(field("number")),
  );
  const past = readJson<readonly StoredDelivery[]>(field("past")) ?? [];
  return {
    id,
    app: field("app"),
    to: field("to"),
    country: orNull(field("country")),
    status: field("status") as Status,
    codeLength: numberOrNull(field("delivery_code_length")),
    checksLeft: numberOrNull(field("checks_left")),
    attempts: Number(field("attempts")),
    deliveries: [
      // A delivery that still waited ended with its verification.
      ...past.map((stored, index) => ({ endedAtMs, ...withoutNull(readDelivery(stored, index + 1)) })),
      newest,
    ],
    proofDelivery: numberOrNull(field("proof_delivery")),
    reference: orNull(field("reference")),
    metadata: readJson<Verification["metadata"]>(field("metadata")),
    createdAtMs: Number(field("created_at")),
    expiresAtMs: Number(field("expires_at")),
    endedAtMs,
    seq: Number(field("seq")),
  };
}

/** As the start script archives a delivery when another one begins. */
type StoredDelivery = Readonly<
  Record<
    "channel" | "state" | "reason" | "parts" | "parts_delivered" | "details" | "result" | "started_at" | "ended_at",
    string
  >
>;

function readDelivery(stored: StoredDelivery, number: number): Delivery {
  return {
    number,
    channel: stored.channel,
    state: stored.state,
    reason: orNull(stored.reason),
    parts: Number(stored.parts),
    partsDelivered: Number(stored.parts_delivered),
    details: readJson(stored.details),
    result: readJson(stored.result),
    startedAtMs: Number(stored.started_at),
    endedAtMs: numberOrNull(stored.ended_at),
  };
}

function withoutNull({ endedAtMs, ...delivery }: Delivery): Omit<Delivery, "endedAtMs"> & { endedAtMs?: number } {
  return endedAtMs === null ? delivery : { ...delivery, endedAtMs };
}

/** The string for a JSON field; '' for none. */
export function writeJson(value: unknown): string {
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

/** Reads what `writeJson` wrote. */
function readJson<T>(text: string): T | null {
  return text === "" ? null : (JSON.parse(text) as T);
}

function orNull(text: string): string | null {
  return text === "" ? null : text;
}

function numberOrNull(text: string): number | null {
  return text === "" ? null : Number(text);
}
