/** What one gateway gets of one app's stream: handed on to its clients in order, the newest kept for those that come back. */
import { setImmediate as nextIteration } from "node:timers/promises";
import type { PublicEvent } from "../events/envelope.ts";
import type { StreamEntry, StreamId, StreamOwner } from "../events/stream-port.ts";
import { Batch } from "./batch.ts";
import { gapAfter, isAfter, type StreamEnds } from "./stream-ids.ts";

/** A client that came back within so many events gets them without asking Redis. */
const recentEvents = 64;
/** And so soon: longer than a reconnection takes. What was erased from the stream since then must not come out of this memory. */
const recentMs = 10_000;
/** Clients that are written to in one iteration of the event loop: calls' timers run in between. */
const clientsAtOnce = 100;

export interface FeedClient {
  /** The newest events; the client takes those after its own position. */
  take(batch: Batch): void;
  /** Events may be missing between what it had and the ones to come. @param position from which the feed goes on */
  missed(position: StreamId): void;
}

export interface VerificationClient {
  take(event: PublicEvent): void;
  /** Events may be missing. */
  missed(): void;
}

export class Feed {
  readonly owner: StreamOwner;
  /** Id of the last entry that was handed on, or is being handed on. */
  #position: StreamId;
  /** Batches after `#floor`, the newest last. */
  readonly #recent: { readonly batch: Batch; readonly atMs: number }[] = [];
  #floor: StreamId;
  readonly #clients = new Set<FeedClient>();
  readonly #byVerification = new Map<string, Set<VerificationClient>>();

  readonly #nowMs: () => number;

  /** @param position the first events are those after this id @param nowMs of a steady clock */
  constructor(owner: StreamOwner, position: StreamId, nowMs: () => number) {
    this.owner = owner;
    this.#nowMs = nowMs;
    this.#position = position;
    this.#floor = position;
  }

  get position(): StreamId {
    return this.#position;
  }

  get isUnused(): boolean {
    return this.#clients.size === 0 && this.#byVerification.size === 0;
  }

  /**
   * Adds a client whose position is near enough: it is given what it lacks at once, so that it misses nothing and gets
   * nothing twice.
   * @param position id of the client's last event
   * @returns whether it was added; else it has to read up to `position` of this feed first
   */
  join(client: FeedClient, position: StreamId): boolean {
    this.#forgetOld();
    if (isAfter(this.#floor, position)) return false;
    for (const { batch } of this.#recent) client.take(batch);
    this.#clients.add(client);
    return true;
  }

  leave(client: FeedClient): void {
    this.#clients.delete(client);
  }

  joinVerification(id: string, client: VerificationClient): void {
    const clients = this.#byVerification.get(id) ?? new Set();
    this.#byVerification.set(id, clients.add(client));
  }

  leaveVerification(id: string, client: VerificationClient): void {
    const clients = this.#byVerification.get(id);
    clients?.delete(client);
    if (clients?.size === 0) this.#byVerification.delete(id);
  }

  /** Hands entries on. Resolves when all clients have them; the next ones must wait for it. */
  async take(entries: readonly StreamEntry[]): Promise<void> {
    const fresh = entries.filter(({ id }) => isAfter(id, this.#position));
    if (fresh.length === 0) return;
    const batch = new Batch(fresh);
    // Before the first client: one that joins meanwhile takes them from here.
    this.#position = batch.last;
    this.#keep(batch);
    for (const { event } of fresh) {
      if (!("verification" in event.data)) continue;
      for (const client of this.#byVerification.get(event.data.verification) ?? []) client.take(event);
    }
    await this.#eachClient((client) => client.take(batch));
  }

  /** Compares with what the store keeps, after a time in which entries may have been removed unread. */
  async checkEnds(ends: StreamEnds): Promise<void> {
    const gap = gapAfter(this.#position, ends);
    if (gap === null) return;
    if (gap === "lost") this.#position = ends.newest;
    this.#recent.length = 0;
    this.#floor = this.#position;
    for (const clients of this.#byVerification.values()) for (const client of clients) client.missed();
    await this.#eachClient((client) => client.missed(this.#position));
  }

  #keep(batch: Batch): void {
    this.#forgetOld();
    this.#recent.push({ batch, atMs: this.#nowMs() });
    let count = this.#recent.reduce((sum, one) => sum + one.batch.entries.length, 0);
    while (count > recentEvents && this.#recent.length > 1) count -= this.#forgetOldest();
  }

  #forgetOld(): void {
    const oldestMs = this.#nowMs() - recentMs;
    while (this.#recent[0] !== undefined && this.#recent[0].atMs < oldestMs) this.#forgetOldest();
  }

  /** @returns how many events */
  #forgetOldest(): number {
    const gone = this.#recent.shift()?.batch;
    this.#floor = gone?.last ?? this.#floor;
    return gone?.entries.length ?? 0;
  }

  async #eachClient(act: (client: FeedClient) => void): Promise<void> {
    let count = 0;
    for (const client of [...this.#clients]) {
      if (this.#clients.has(client)) act(client);
      if (++count % clientsAtOnce === 0) await nextIteration();
    }
  }
}
