/** The queue of deliveries, shared by all gateways: per endpoint, and in it a lane for each verification, whose order holds. */
import type { DeadReason } from "./types.ts";

export interface QueuedEvent {
  /** Shard and position in the outbox; a position that was queued before is left out. Null: a replay, always queued. */
  readonly source: { readonly shard: number; readonly position: string } | null;
  /** The verification, or the event itself where it is of none. */
  readonly lane: string;
  /** The envelope as it is sent. */
  readonly body: string;
}

export interface Claim {
  readonly lane: string;
  readonly token: string;
  /** Failed tries before this one. */
  readonly tries: number;
  readonly queuedMs: number;
  readonly body: string;
}

export interface Settled {
  readonly lane: string;
  readonly token: string;
  /** `give_up`: a dead letter at once. */
  readonly outcome: "delivered" | "retry" | "give_up";
  /** Until the next try. */
  readonly delayMs: number;
  /** For the log of tries. */
  readonly entry: string;
}

export interface Turn {
  readonly claims: readonly Claim[];
  /** Until something is due; null: nothing is queued. */
  readonly nextMs: number | null;
  readonly queued: number;
  /** Dead letters that wait for records. */
  readonly dead: number;
  /** Since when each try failed; null: the last one did not. */
  readonly failingMs: number | null;
  readonly open: boolean;
  /** Events that were lost because too many dead letters waited. */
  readonly dropped: number;
}

export interface DueEndpoint {
  readonly endpoint: string;
  /** To be given back with the time when it is due next. */
  readonly taken: string;
}

export interface DueChange {
  readonly endpoint: string;
  /** Null: nothing is queued. */
  readonly dueMs: number | null;
  /** Null: it was not taken; brings it forward only. */
  readonly taken: string | null;
}

export interface DueAnswer {
  /** Of the endpoints: see mirror-port.ts. */
  readonly version: string;
  readonly endpoints: readonly DueEndpoint[];
  readonly nextMs: number | null;
}

export interface QueueStatus {
  readonly queued: number;
  readonly oldestMs: number | null;
  readonly dead: number;
  readonly open: boolean;
}

/** All methods reject with the refusal `store_unavailable` where Redis does not answer; what they did is unknown then. */
export interface WebhookQueue {
  append(
    endpoint: string,
    events: readonly QueuedEvent[],
  ): Promise<{ readonly added: number; readonly dropped: number }>;
  /** Settles tries and claims at most `most` due events. */
  turn(endpoint: string, settled: readonly Settled[], most: number): Promise<Turn>;
  /** Prolongs claims. */
  renew(endpoint: string, claims: readonly Pick<Claim, "lane" | "token">[]): Promise<void>;
  /** Makes all that is queued dead letters. */
  bury(endpoint: string, reason: DeadReason): Promise<void>;
  /** Removes everything of an endpoint. */
  remove(endpoint: string): Promise<void>;
  /**
   * Removes what is queued of verifications, and their dead letters that wait for records. For an hour `append` leaves out what is
   * theirs, and `dispose` names them. @returns how many events
   */
  forget(endpoint: string, verifications: readonly string[]): Promise<number>;
  /**
   * Dead letters that wait for records, the oldest first; `dispose` removes those that records have.
   * @returns of `dispose` the verifications among them that were forgotten meanwhile: records must not keep those
   */
  deadLetters(endpoint: string, most: number): Promise<readonly WaitingDeadLetter[]>;
  dispose(endpoint: string, letters: readonly WaitingDeadLetter[]): Promise<readonly string[]>;
  /** Adds a try that was no queued event's to the log. */
  log(endpoint: string, entry: string): Promise<void>;
  /** The newest tries before a position. */
  tries(
    endpoint: string,
    before: string | null,
    most: number,
  ): Promise<readonly { readonly id: string; readonly entry: string }[]>;
  /** Says when endpoints are due, and takes at most `most` that are. */
  due(changes: readonly DueChange[], most: number): Promise<DueAnswer>;
  status(endpoint: string): Promise<QueueStatus>;
}

export interface WaitingDeadLetter {
  /** As Redis has it. */
  readonly raw: string;
  readonly reason: DeadReason;
  readonly tries: number;
  readonly queuedAtMs: number;
  readonly endedAtMs: number;
  readonly body: string;
}

/** How the queue treats events; times in milliseconds. */
export interface QueueSettings {
  /** How long an event is tried. */
  readonly longestMs: number;
  readonly mostQueued: number;
  readonly mostDead: number;
  readonly triesKept: number;
  /** Length of a claim: another gateway takes over this long after a gateway died. */
  readonly claimMs: number;
}
