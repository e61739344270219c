/** Server-sent events in bytes (WHATWG HTML, section 9.2.5). */

/** @param json strings in JSON escape line breaks: one data line is enough */
export function frame(id: string, type: string, json: string): string {
  return `id: ${id}\nevent: ${type}\ndata: ${json}\n\n`;
}

/**
 * The beginning of a stream: when to reconnect, and the position that a client without any event yet comes back with.
 * @param id null where the client has one
 */
export function opening(retryMs: number, id: string | null): string {
  return `retry: ${retryMs}\n${id === null ? "" : `id: ${id}\n`}\n`;
}

/** A comment. @param id also moves the client's position, past events that its filter left out; null: it stays */
export function heartbeat(id: string | null): string {
  return `: heartbeat\n${id === null ? "" : `id: ${id}\n`}\n`;
}
