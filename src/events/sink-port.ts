/** The port from the relay (relay.ts) to what takes every public event: app streams, webhooks, records. */
import type { Verification } from "../verification/types.ts";
import type { PublicEvent } from "./envelope.ts";

/** An event as it lay in the outbox. */
export interface StoredEvent {
  /** Which outbox, from 0. */
  readonly shard: number;
  /** Its place there (a Redis stream's entry id): later ones are greater by their two numbers. */
  readonly position: string;
  readonly event: PublicEvent;
  /**
   * The whole verification as it was then, of `verification.ended` and of what came after that: evidence of a call that was
   * still ringing, a late receipt. Else null. It holds no code and no whole caller ID.
   */
  readonly ended: Verification | null;
}

export interface EventSink {
  /** In logs and metrics. */
  readonly name: string;
  /**
   * Takes the events of one outbox, oldest first: those of one verification are all in one outbox, in order. Each comes at
   * least once, so a sink must take one that it had before, by `event.id`, without effect.
   * @throws where it cannot take them now: the same batch, perhaps longer, comes again, later ones wait
   */
  append(batch: readonly StoredEvent[]): Promise<void>;
}
