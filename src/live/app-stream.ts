/** All events of one app, to one client: from its last event on, then as they come. */
import type { EventStreams, StreamId } from "../events/stream-port.ts";
import { Batch, type TypeFilter } from "./batch.ts";
import type { Feed, FeedClient } from "./feed.ts";
import { frame, heartbeat, opening } from "./frames.ts";
import type { StreamWriter } from "./output.ts";
import { gapAfter, isAfter } from "./stream-ids.ts";

/** Entries of a replay that are read and written at once. */
const pageEntries = 32;

/** Tells a client that events may be missing: it reads the state of what it follows anew. */
export const gapType = "stream.gap";

export interface AppStreamOptions {
  readonly feed: Feed;
  readonly streams: Pick<EventStreams, "read" | "ends">;
  /** Id of the client's last event; null: it gets what comes from now on. */
  readonly after: StreamId | null;
  readonly types: TypeFilter;
  readonly retryMs: number;
}

export class AppStream implements FeedClient {
  readonly #options: AppStreamOptions;
  #writer: StreamWriter | null = null;
  /** Everything up to this entry was written, or left out by the filter. */
  #position: StreamId;
  /** The position that the client knows. */
  #told: string;

  constructor(options: AppStreamOptions) {
    this.#options = options;
    this.#position = options.after ?? options.feed.position;
    this.#told = this.#position;
  }

  /** Resolves when the client is among those of the feed. @throws {Refusal} `store_unavailable` */
  async begin(writer: StreamWriter): Promise<void> {
    const { feed, streams, after, retryMs } = this.#options;
    this.#writer = writer;
    writer.write(opening(retryMs, after === null ? this.#position : null));
    if (after !== null) await this.#checkEnds();
    while (!writer.ended && !feed.join(this, this.#position)) {
      const { position } = feed;
      const page = await streams.read(feed.owner, this.#position, pageEntries);
      if (page.length > 0) this.take(new Batch(page));
      // All up to there that is kept has been read.
      if (page.length < pageEntries) this.#moveTo(position);
      await writer.drained();
    }
    if (writer.ended) feed.leave(this);
  }

  take(batch: Batch): void {
    const { types } = this.#options;
    const frames = batch.frames(this.#position, types);
    this.#moveTo(batch.last);
    if (frames.length === 0) return;
    this.#writer?.write(frames);
    // Of a batch the last event may be one that the filter left out: the next heartbeat says so.
    this.#told = types === null ? this.#position : "";
  }

  missed(position: StreamId): void {
    const { owner } = this.#options.feed;
    const data = { after: this.#position, continues_after: position };
    this.#position = position;
    this.#told = position;
    this.#writer?.write(frame(position, gapType, JSON.stringify({ type: gapType, app: owner, data })));
  }

  /** Keeps the connection open, and the client's position near: a filter may leave out all events for hours. */
  beat(): void {
    if (!this.#writer?.isIdle) return;
    this.#writer.write(heartbeat(this.#told === this.#position ? null : this.#position));
    this.#told = this.#position;
  }

  leave(): void {
    this.#options.feed.leave(this);
  }

  /** Whether all events after the client's last one are still kept. */
  async #checkEnds(): Promise<void> {
    const { feed, streams } = this.#options;
    const ends = await streams.ends(feed.owner);
    const gap = gapAfter(this.#position, ends);
    if (gap !== null) this.missed(gap === "lost" ? ends.newest : this.#position);
  }

  #moveTo(position: StreamId): void {
    if (isAfter(position, this.#position)) this.#position = position;
  }
}
