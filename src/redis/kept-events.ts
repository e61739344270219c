/** Reads events as the scripts keep them: see lua/includes/outbox.lua. */
import type { KeptEvent, KeptEvents, OutboxEntry } from "../events/relay-port.ts";
import type { Status } from "../verification/machine.ts";
import { deliveryFields, fieldsOf, readNewestDelivery, readRecord, readSimulated, readValues } from "./record.ts";

const deliveryField = fieldsOf(deliveryFields);
const kinds = { S: "started", D: "delivery", C: "call", E: "ended" } as const;

/** One line. @throws {Error} where this version does not know it */
export function readLine(line: string, seq: number): KeptEvent {
  const [kind = "", at, number, part, channel = "", state = "", status, over, ...rest] = line.split(" ");
  if (!Object.hasOwn(kinds, kind) || rest.length === 0)
    throw new Error(`no event of this version: ${kind.slice(0, 1)}`);
  const text = rest.join(" ");
  return {
    kind: kinds[kind as keyof typeof kinds],
    ...{ seq, atMs: Number(at), number: Number(number), part: Number(part), channel, state },
    ...{ status: status as Status, over: over === "1" },
    expiresAtMs: kind === "S" ? Number(text) : null,
    reason: kind === "D" && text !== "" ? text : null,
    evidence: kind === "C" && text !== "" ? JSON.parse(text) : null,
  };
}

/** One entry of an outbox. @param fields of the stream entry: name, value, … */
export function readEntry(position: string, fields: readonly string[]): OutboxEntry {
  try {
    return { position, ...readFields(position, fields) };
  } catch (error) {
    return { position, unreadable: error instanceof Error ? error.message : "unknown" };
  }
}

/** @param fields few: name, value, … */
function readFields(position: string, fields: readonly string[]) {
  const find = (name: string): string | undefined => {
    for (let at = 0; at + 1 < fields.length; at += 2) if (fields[at] === name) return fields[at + 1];
    return undefined;
  };
  const field = (name: string) => {
    const value = find(name);
    if (value === undefined) throw new Error(`the field ${name} is missing`);
    return value;
  };
  if (find("e") !== undefined) {
    const about = { id: field("e"), type: field("t"), app: field("a") || null, data: JSON.parse(field("v")) };
    return { free: { ...about, atMs: Number(position.split("-")[0]) } };
  }
  const id = field("i");
  const first = Number(field("s"));
  const events = field("h")
    .split("\n")
    .map((line, index) => readLine(line, first + index));
  const whole = find("f");
  if (whole !== undefined) return { kept: keptOf(id, events, readValues(whole)) };
  const course = find("d");
  return { kept: course === undefined ? keptOfProgress(id, events, field("p")) : keptOfDelivery(id, events, course) };
}

/** With the whole verification. @param values of the scripts' answers */
export function keptOf(id: string, events: readonly KeptEvent[], values: readonly (string | null)[]): KeptEvents {
  const verification = readRecord(id, values);
  const { app, reference, deliveries, simulated } = verification;
  return {
    ...{ id, app, reference, test: simulated === "test", verification, events: withReasons(events) },
    recipient: (number) => deliveries[number - 1]?.to,
    delivery: (number) => deliveries[number - 1],
  };
}

function keptOfProgress(id: string, events: readonly KeptEvent[], text: string): KeptEvents {
  const [app, to, reference, reason, own, simulated] = readValues(text);
  const test = readSimulated(simulated ?? "") === "test";
  const of = { id, app: app ?? "", reference: reference || null, test, verification: null };
  return {
    ...{ ...of, events: events.map((event) => ({ ...event, reason: event.reason ?? (reason || null) })) },
    recipient: () => own || to || undefined,
    delivery: () => undefined,
  };
}

function keptOfDelivery(id: string, events: readonly KeptEvent[], text: string): KeptEvents {
  const values = readValues(text);
  const field = (name: (typeof deliveryFields)[number]) => deliveryField(values, name);
  const delivery = readNewestDelivery(field);
  return {
    ...{ id, app: field("app"), reference: field("reference") || null, verification: null },
    test: readSimulated(field("simulated")) === "test",
    events: events.map((event) => ({
      ...event,
      reason: event.reason ?? (event.kind === "delivery" ? delivery.reason : null),
    })),
    recipient: (number) => (number === delivery.number ? delivery.to : undefined),
    delivery: (number) => (number === delivery.number ? delivery : undefined),
  };
}

/** An event of a delivery without a reason has that of the one before, of the same delivery and part. */
function withReasons(events: readonly KeptEvent[]): readonly KeptEvent[] {
  const reasons = new Map<string, string>();
  return events.map((event) => {
    if (event.kind !== "delivery") return event;
    const key = `${event.number} ${event.part}`;
    const reason = event.reason ?? reasons.get(key) ?? null;
    if (reason !== null) reasons.set(key, reason);
    return { ...event, reason };
  });
}
