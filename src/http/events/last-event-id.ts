/** What a client of a stream says of where it was, and of what it wants. */
import type { FastifyRequest } from "fastify";
import { type PublicEventType, publicEventTypes } from "../../events/envelope.ts";
import { invalidHeader, invalidQuery } from "../errors/parts.ts";

/**
 * Last-Event-ID, else the query's `last_event_id`: an EventSource that was given its first position in its URL sends a newer one
 * in the header.
 * @param read gives null for an id that this kind of stream cannot have @param expected what it must be instead
 * @returns null where there is none @throws {RequestRefusal} 400
 */
export function readLastEventId<T>(request: FastifyRequest, read: (text: string) => T | null, expected: string) {
  const inHeader = request.headers["last-event-id"];
  const { last_event_id: inQuery } = request.query as { last_event_id?: string };
  const text = inHeader === undefined ? inQuery : String(inHeader);
  if (text === undefined) return null;
  const id = read(text);
  if (id !== null) return id;
  const detail = `${expected}, not ${JSON.stringify(text)}`;
  throw inHeader === undefined ? invalidQuery("last_event_id", detail) : invalidHeader("last-event-id", detail);
}

/** `seq` of an event. */
export function readSeq(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** @param list types of events, separated by commas @returns null: all @throws {RequestRefusal} 400 */
export function readTypes(list: string | undefined): ReadonlySet<PublicEventType> | null {
  if (list === undefined) return null;
  const names = list.split(",").map((name) => name.trim());
  const isKnown = (name: string): name is PublicEventType => (publicEventTypes as readonly string[]).includes(name);
  if (names.every(isKnown)) return new Set(names);
  const detail = `must be some of ${publicEventTypes.join(", ")}, separated by commas`;
  throw invalidQuery("types", detail);
}
