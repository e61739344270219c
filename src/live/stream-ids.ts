/** Last-Event-ID of an app's stream: an id of the stream's entries (events/stream-port.ts). */
import { compareIds, type StreamId } from "../events/stream-port.ts";

const format = /^\d{1,16}-\d{1,20}$/;

/** @returns null where a text is no such id. `0` alone means: all that is kept. */
export function readStreamId(text: string): StreamId | null {
  if (text === "0") return "0-0";
  return format.test(text) ? text : null;
}

export const isAfter = (a: StreamId, b: StreamId): boolean => compareIds(a, b) > 0;

export interface StreamEnds {
  readonly newest: StreamId;
  readonly forgotten: StreamId;
}

/**
 * Whether events after a position may be missing.
 * @returns `removed`: some were removed by the stream's bounds, perhaps unread; `lost`: it is newer than the stream, of which
 *   Redis lost the end; null: all are kept
 */
export function gapAfter(position: StreamId, { newest, forgotten }: StreamEnds): "removed" | "lost" | null {
  if (isAfter(position, newest)) return "lost";
  return isAfter(forgotten, position) ? "removed" : null;
}
