/** Which verification is the newest, from any client. */
import type { GatewayEvent } from "../events/events.ts";

export class Activity {
  #newest: string | null = null;
  readonly #listeners = new Set<(id: string) => void>();

  /** Id of the newest verification; null before the first. */
  get newest(): string | null {
    return this.#newest;
  }

  /** Receives every event of the gateway. */
  receive({ type, data }: GatewayEvent): void {
    if (type !== "verification.started") return;
    this.#newest = data.verification;
    for (const listener of this.#listeners) listener(data.verification);
  }

  /** Calls back with each new verification. @returns unsubscribes */
  subscribe(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
