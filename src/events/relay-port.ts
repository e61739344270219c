/** The port from the relay to the outboxes (src/redis), into which the scripts write events together with what changed. */
import type { Status } from "../verification/machine.ts";
import type { Delivery, Verification } from "../verification/types.ts";

/** One event of a verification, as it is kept. */
export interface KeptEvent {
  readonly kind: "started" | "delivery" | "call" | "ended";
  readonly seq: number;
  readonly atMs: number;
  /** Of its delivery. */
  readonly number: number;
  /** Which call of its code, from 1. */
  readonly part: number;
  readonly channel: string;
  readonly state: string;
  readonly status: Status;
  /** Whether the delivery was over. */
  readonly over: boolean;
  /** Of `started`, ms; else null. */
  readonly expiresAtMs: number | null;
  /** Of `delivery`, where it has one. */
  readonly reason: string | null;
  /** Of a `call` that is not the only one of its code: its evidence. Else null: the delivery's result is it. */
  readonly evidence: unknown;
}

/** Events of one verification, with what they need to be written out. */
export interface KeptEvents {
  readonly id: string;
  readonly app: string;
  readonly reference: string | null;
  /** Of a test number. */
  readonly test: boolean;
  /** In order of `seq`. */
  readonly events: readonly KeptEvent[];
  /** Where the verification began or has ended, or is read again: the whole of it. Else null. */
  readonly verification: Verification | null;
  /** Whom a delivery of them is to. */
  recipient(number: number): string | undefined;
  /** A delivery that they tell the end or the course of. @returns undefined where it is not among them */
  delivery(number: number): Delivery | undefined;
}

/** An event that belongs to no verification. */
export interface FreeEvent {
  readonly id: string;
  readonly type: string;
  readonly atMs: number;
  readonly app: string | null;
  readonly data: unknown;
}

/** One entry of an outbox: the events of one change. */
export type OutboxEntry = { readonly position: string } & (
  | { readonly kept: KeptEvents }
  | { readonly free: FreeEvent }
  /** What is wrong with it: it holds no event that this gateway can read. */
  | { readonly unreadable: string }
);

export type CursorName = "live" | "records";

export interface Taken {
  /** Proves that the cursor is this gateway's, until the lease ends. */
  readonly token: string;
  /** Oldest first; none where all of them were erased meanwhile. */
  readonly entries: readonly OutboxEntry[];
  /** Position of the last one that was to be read, and how many there were: some may have been erased since. */
  readonly last: string;
  readonly count: number;
}

export type TakeResult =
  | ({ readonly kind: "taken"; readonly lost: number } & Taken)
  /** Nothing is there; the lease was given back. */
  | { readonly kind: "empty"; readonly lost: number }
  /** Another gateway has the cursor, or has had it since. */
  | { readonly kind: "leased" };

/** How much waits behind one cursor, over all outboxes. */
export interface CursorStatus {
  readonly cursor: CursorName;
  /** Changes, each with one to three events. */
  readonly waiting: number;
  /** Age of the oldest, ms. */
  readonly oldestMs: number;
}

/** Every method throws `Refusal("store_unavailable")` where the store did not answer. */
export interface OutboxStore {
  /** How many outboxes there are. */
  readonly shards: number;
  /** Calls the listener with the outbox of each change that this process writes. */
  onWritten(listener: (shard: number) => void): void;
  /**
   * Takes the next entries behind a cursor.
   * @param done acknowledges what was taken before: it is not given out again, and removed once every cursor is past it
   */
  take(shard: number, cursor: CursorName, most: number, done: Taken | null): Promise<TakeResult>;
  /** Keeps the lease for longer. @returns false where it had ended and another gateway has the cursor */
  keep(shard: number, cursor: CursorName, token: string): Promise<boolean>;
  status(): Promise<readonly CursorStatus[]>;
}
