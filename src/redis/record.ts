/** The layout of a verification in its Redis hash. */
import type { Status } from "../verification/machine.ts";
import type { BeginDelivery } from "../verification/store-port.ts";
import type { ClientRef, Delivery, PlannedStep, Simulated, Verification } from "../verification/types.ts";
import { readNetwork } from "./network-text.ts";

/**
 * Version of the layout; stored in every record. 2 added several open codes, workflows, recipients and prices of
 * deliveries; what version 1 has lies in the same fields, so a gateway of that version reads and writes it.
 */
export const recordVersion = 2;

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
  "generation",
  // The last one: '1' where the answer has `moreFields` too.
  "more",
] as const;

/** After `publicFields`, of the records that have any of them. */
export const moreFields = [
  "delivery_to",
  "cost",
  "guard",
  "locale",
  "plan",
  "sealed",
  "sealed_session",
  "client",
  "max_checks",
  "simulated",
  "network",
] as const;

/** What an event of the newest delivery needs while that is in progress. */
export const progressFields = ["app", "to", "reference", "reason", "delivery_to", "simulated"] as const;

/** Of the newest delivery, as its events need it. */
export const deliveryFields = [
  ...["app", "to", "reference", "channel", "state", "reason", "parts", "parts_delivered", "details", "result"],
  ...["delivery_code_length", "delivery_started_at", "delivery_ended_at", "delivery_to", "cost", "guard", "number"],
  "simulated",
] as const;

/** What the scripts' rules need to know of every record; after `app`. Each costs a check 0.2 µs. */
export const workingFields = [
  ...["status", "deadline", "expires_at", "delivery_ended_at", "callee", "checks_left", "more"],
  ...["code", "code_length", "code_parts", "code_until"],
] as const;

/** What they need besides to move the newest delivery: most checks and reads move none. */
export const movingFields = [
  ...["channel", "state", "parts", "parts_delivered", "attempts", "first_attempt", "standing", "number"],
  ...[
    "seq",
    "code_delivery",
    "code_info",
    "call_reported",
    ...progressFields.filter((name) => name !== "app" && name !== "simulated"),
  ],
] as const;

/** The same as `workingFields` of the records that have `moreFields`. */
export const rareFields = ["codes_older", "plan", "sealed", "simulated", "course", "held"] as const;

/** @returns reads a field by its name, from values in the order of the names; '' where there is none */
export function fieldsOf<const Name extends string>(names: readonly Name[]) {
  const at = new Map(names.map((name, index) => [name, index]));
  return (values: readonly (string | null)[], name: Name) => values[at.get(name) ?? -1] ?? "";
}

const recordField = fieldsOf([...publicFields, ...moreFields]);

/** Reads fields as the scripts write them: a JSON array of strings. @throws {Error} where it is none */
export function readValues(text: unknown): readonly (string | null)[] {
  const values: unknown = JSON.parse(String(text));
  if (!Array.isArray(values)) throw new Error("its values are no list");
  for (let index = 0; index < values.length; index++) {
    // A field that is not there is `false`.
    if (typeof values[index] !== "string") values[index] = null;
  }
  return values;
}

/** @param values of `publicFields`, in their order; '' and what is not there mean null */
export function readRecord(id: string, values: readonly (string | null)[]): Verification {
  const field = (name: Parameters<typeof recordField>[1]) => recordField(values, name);
  const endedAtMs = numberOrNull(field("ended_at"));
  const network = field("network");
  const delivery = readNewestDelivery(field);
  const newest = network === "" ? delivery : { ...delivery, network: readNetwork(network) };
  const past = readJson<readonly StoredDelivery[]>(field("past")) ?? [];
  const maxChecks = field("max_checks");
  // Key by key, what is rare at the end: every start and end of a call reads one.
  const verification: Verification = {
    id,
    app: field("app"),
    to: field("to"),
    country: orNull(field("country")),
    status: field("status") as Status,
    codeLength: newest.codeLength,
    checksLeft: numberOrNull(field("checks_left")),
    attempts: Number(field("attempts")),
    deliveries: [
      // A delivery that still waited ended with its verification.
      ...past.map((stored, index) => ({ endedAtMs, ...withoutNull(readDelivery(stored, index + 1, field("to"))) })),
      newest,
    ],
    proofDelivery: numberOrNull(field("proof_delivery")),
    reference: orNull(field("reference")),
    metadata: readJson<Verification["metadata"]>(field("metadata")),
    createdAtMs: Number(field("created_at")),
    expiresAtMs: Number(field("expires_at")),
    endedAtMs,
    seq: Number(field("seq")),
    locale: orNull(field("locale")),
    generation: readGeneration(field("generation")),
    workflow: readPlan(field("plan")),
    appCode: field("sealed") !== "",
    // The end leaves a mark in its place.
    sealedCode: field("sealed") === "-" ? null : orNull(field("sealed")),
    sealedSession: orNull(field("sealed_session")),
    client: readClient(field("client")),
    simulated: readSimulated(field("simulated")),
  };
  return maxChecks === "" ? verification : { ...verification, maxChecks: Number(maxChecks) };
}

/** @param field of the record */
export function readNewestDelivery(field: (name: (typeof deliveryFields)[number]) => string): Delivery {
  return readDelivery(
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
      to: field("delivery_to"),
      cost: field("cost"),
      guard: field("guard"),
      code_length: field("delivery_code_length"),
    },
    Number(field("number")),
    field("to"),
  );
}

/** See lua/includes/course.lua. */
export function readSimulated(text: string): Simulated | null {
  return text === "" ? null : text === "test" ? "test" : "shadow";
}

/** See lua/includes/plan.lua. */
interface StoredPlan {
  readonly at: number;
  readonly steps: readonly {
    readonly c: string;
    readonly w: number;
    readonly t?: string;
    readonly k?: string;
    readonly n?: number;
    readonly l?: number;
    readonly h?: string;
  }[];
}

function readGeneration(text: string): Verification["generation"] {
  const [number, keyId] = text.split(" ");
  return keyId === undefined ? null : { number: Number(number), keyId };
}

/** `<rule> <millionths of the currency>`, either may be missing; `readDelivery` reads it. */
export function writeGuard({ decision, micros }: NonNullable<BeginDelivery["guard"]>): string {
  return `${decision ?? ""} ${micros ?? ""}`;
}

/** Three hashes, each of which may be missing. */
function readClient(text: string): ClientRef | null {
  if (text === "") return null;
  const [ip = "", session = "", device = ""] = text.split(" ");
  return { ip: orNull(ip), session: orNull(session), device: orNull(device) };
}

/** What `readClient` reads. */
export function writeClient({ ip, session, device }: ClientRef): string {
  return `${ip ?? ""} ${session ?? ""} ${device ?? ""}`;
}

function readPlan(text: string): Verification["workflow"] {
  const plan = readJson<StoredPlan>(text);
  if (plan === null) return null;
  const steps = plan.steps.map(({ c, w, t, k, n, l, h }) => ({
    ...{ channel: c, to: t ?? null, country: k ?? null, callee: h ?? null, waitMs: w },
    ...{ calls: n ?? null, codeLength: l ?? null },
  }));
  return { steps, at: plan.at };
}

/** As the scripts keep it, in short names: the record stays small. */
export function writeSteps(steps: readonly PlannedStep[]): unknown {
  return steps.map(({ channel, to, country, callee, waitMs, calls, codeLength }) => ({
    ...{ c: channel, w: waitMs },
    ...(calls !== null && { n: calls }),
    ...(codeLength !== null && { l: codeLength }),
    ...(to !== null && { t: to, h: callee }),
    ...(to !== null && country !== null && { k: country }),
  }));
}

/** As the start script archives a delivery when another one begins. */
type StoredDelivery = Readonly<
  Record<
    "channel" | "state" | "reason" | "parts" | "parts_delivered" | "details" | "result" | "started_at" | "ended_at",
    string
  >
> & {
  readonly to?: string;
  readonly cost?: string;
  readonly guard?: string;
  readonly network?: string;
  readonly code_length?: string;
  readonly attempts?: string;
};

function readDelivery(stored: StoredDelivery, number: number, to: string): Delivery {
  const { attempts, guard = "", network = "" } = stored;
  const [rule = "", micros = ""] = guard === "" ? [] : guard.split(" ");
  const delivery: Delivery = {
    number,
    channel: stored.channel,
    to: stored.to || to,
    cost: numberOrNull(stored.cost ?? ""),
    guardDecision: orNull(rule),
    guardMicros: numberOrNull(micros),
    codeLength: numberOrNull(stored.code_length ?? ""),
    state: stored.state,
    reason: orNull(stored.reason),
    parts: Number(stored.parts),
    partsDelivered: Number(stored.parts_delivered),
    details: readJson(stored.details),
    result: readJson(stored.result),
    startedAtMs: Number(stored.started_at),
    endedAtMs: numberOrNull(stored.ended_at),
    ...(attempts === undefined ? {} : { lastAttempt: Number(attempts) }),
  };
  return network === "" ? delivery : { ...delivery, network: readNetwork(network) };
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
