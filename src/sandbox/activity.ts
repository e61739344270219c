/** Tells the page which verification is the newest and when to look at it, whoever started it: the page or a terminal. */
import type { ReportEvent } from "../events/events.ts";

export class Activity {
  #newest: string | null = null;
  readonly #listeners = new Set<(id: string) => void>();

  /** Id of the newest verification; null before the first. */
  get newest(): string | null {
    return this.#newest;
  }

  /** The gateway reports that something happened. */
  report(event: ReportEvent): void {
    if (event.type === "verification_started") this.#newest = event.id;
    if (!("id" in event) || event.id !== this.#newest) return;
    for (const listener of this.#listeners) listener(event.id);
  }

  /** Calls back whenever something happened to the newest verification. @returns what ends that */
  subscribe(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
