/**
 * The port from live streams to the stream of each app (src/redis): events in the order in which the relay appended them. It
 * is bounded by `events.stream_max` and `events.stream_seconds`; the record of a verification keeps its own events as long
 * as it can be read (`EventHistory`).
 */
import type { PublicEvent } from "./envelope.ts";

/** An app's name; null: the operator's own stream, of events without an app. */
export type StreamOwner = string | null;

/** Where an event lies in its stream: a Redis stream's entry id, `<ms>-<number>`. The id of server-sent events. */
export type StreamId = string;

export interface StreamEntry {
  readonly id: StreamId;
  /** The event as it is stored: what is sent to many clients is written out once. */
  readonly json: string;
  readonly event: PublicEvent;
}

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface EventStreams {
  /** The entries after `afterId`, oldest first, at most `count`. */
  read(owner: StreamOwner, afterId: StreamId, count: number): Promise<readonly StreamEntry[]>;
  /**
   * `newest`: id of the newest entry that ever was there, `0-0` where none was. `forgotten`: newest id that may be missing; a
   * reader that resumes after an older id may have missed events.
   */
  ends(owner: StreamOwner): Promise<{ readonly newest: StreamId; readonly forgotten: StreamId }>;
  /** A connection of its own that waits for entries of many streams. */
  open(): StreamReader;
}

export interface StreamReader {
  /**
   * Waits until a stream has an entry after its position, at most `waitMs`, or until `interrupt`.
   * @param positions of each owner the id after which it reads
   * @param count most entries of each stream
   * @returns the new entries by owner; empty where there are none
   */
  read(
    positions: ReadonlyMap<StreamOwner, StreamId>,
    count: number,
    waitMs: number,
  ): Promise<ReadonlyMap<StreamOwner, readonly StreamEntry[]>>;
  /** Ends the wait of a `read` in progress early: other streams are to be read. */
  interrupt(): void;
  close(): void;
}

/** What a verification's record keeps of its events: small, and exact by `seq`. */
export interface EventHistory {
  /**
   * All public events of a verification so far, by `seq` from 1, as they were published (of a delivery that went on meanwhile
   * its channel's object is today's). `ended`: no `verification.ended` is to come.
   * @throws {Refusal} `verification_not_found`, `store_unavailable`
   */
  read(
    app: string,
    verification: string,
  ): Promise<{ readonly events: readonly PublicEvent[]; readonly ended: boolean }>;
}

/** Compares two ids: below 0 where `a` is older. */
export function compareIds(a: StreamId, b: StreamId): number {
  const [aMs = 0, aNumber = 0] = a.split("-").map(Number);
  const [bMs = 0, bNumber = 0] = b.split("-").map(Number);
  return aMs - bMs || aNumber - bNumber;
}
