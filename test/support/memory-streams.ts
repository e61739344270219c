/** The streams of public events and the records' histories, in memory, as Redis would keep them. */
import type { PublicEvent } from "../../src/events/envelope.ts";
import {
  compareIds,
  type EventHistory,
  type EventStreams,
  type StreamEntry,
  type StreamOwner,
  type StreamReader,
} from "../../src/events/stream-port.ts";
import { Refusal } from "../../src/shared/refusal.ts";

interface Kept {
  entries: StreamEntry[];
  newest: string;
  forgotten: string;
}

export class MemoryStreams implements EventStreams {
  /** Redis is away: every method refuses. */
  away = false;
  /** Reads so far, by `read` and by readers. */
  reads = 0;
  readonly #streams = new Map<StreamOwner, Kept>();
  readonly #histories = new Map<string, PublicEvent[]>();
  readonly history: EventHistory = {
    read: async (app, verification) => {
      this.#refuseWhileAway();
      const events = this.#histories.get(`${app} ${verification}`);
      if (events === undefined) throw new Refusal("verification_not_found", "No verification has this id.");
      return { events, ended: events.some(({ type }) => type === "verification.ended") };
    },
  };
  readonly #waiting = new Set<() => void>();
  #ms = 1_800_000_000_000;

  /** Appends an event to its app's stream. @returns its id there */
  append(event: PublicEvent): string {
    const kept = this.#of(event.app);
    const id = `${this.#ms++}-0`;
    kept.entries.push({ id, json: JSON.stringify(event), event });
    kept.newest = id;
    for (const wake of [...this.#waiting]) wake();
    return id;
  }

  /** Stores an event in its verification's record, which comes before it is appended. */
  record(event: PublicEvent): void {
    const { verification } = event.data as { verification: string };
    const key = `${event.app} ${verification}`;
    this.#histories.set(key, [...(this.#histories.get(key) ?? []), event]);
  }

  /** Removes all but the newest entries. */
  trim(app: StreamOwner, most: number): void {
    const kept = this.#of(app);
    const removed = kept.entries.splice(0, Math.max(0, kept.entries.length - most));
    kept.forgotten = removed.at(-1)?.id ?? kept.forgotten;
  }

  /** Redis lost its newest writes. */
  lose(app: StreamOwner, most: number): void {
    const kept = this.#of(app);
    kept.entries.splice(most);
    kept.newest = kept.entries.at(-1)?.id ?? "0-0";
  }

  async read(owner: StreamOwner, after: string, count: number): Promise<readonly StreamEntry[]> {
    this.#refuseWhileAway();
    this.reads++;
    return this.#after(owner, after, count);
  }

  async ends(owner: StreamOwner) {
    this.#refuseWhileAway();
    const { newest, forgotten } = this.#of(owner);
    return { newest, forgotten };
  }

  open(): StreamReader {
    let end = () => {};
    return {
      read: async (positions, count, waitMs) => {
        this.#refuseWhileAway();
        this.reads++;
        const found = () =>
          new Map(
            [...positions]
              .map(([owner, after]) => [owner, this.#after(owner, after, count)] as const)
              .filter(([, entries]) => entries.length > 0),
          );
        if (found().size > 0) return found();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
          this.#waiting.add(end);
        });
        this.#waiting.delete(end);
        this.#refuseWhileAway();
        return found();
      },
      interrupt: () => end(),
      close: () => end(),
    };
  }

  #after(owner: StreamOwner, after: string, count: number): StreamEntry[] {
    return this.#of(owner)
      .entries.filter(({ id }) => compareIds(id, after) > 0)
      .slice(0, count);
  }

  #of(owner: StreamOwner): Kept {
    const kept = this.#streams.get(owner) ?? { entries: [], newest: "0-0", forgotten: "0-0" };
    this.#streams.set(owner, kept);
    return kept;
  }

  #refuseWhileAway(): void {
    if (this.away) throw new Refusal("store_unavailable", "The store (Redis) does not answer.", 1000);
  }
}
