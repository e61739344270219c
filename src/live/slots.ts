/** How many streams are open: of one app, and in all. */
import type { EventsConfig } from "../events/config.ts";
import { Refusal } from "../shared/refusal.ts";

/** Of one verification, by its client token: a page in several tabs, and one whose connection broke unnoticed. */
const mostOfClient = 4;
/** Of an app's places its clients' pages get this part at most: strangers must not close its backend's own streams. */
const clientsPart = 0.9;
/** Streams last; one that ends soon frees a place. */
const comeBackMs = 5000;

/** This part of all places is left for owners that have few: five apps at their limit took every place from a sixth. */
const reservedPart = 0.2;
/** Of the reserved places that are left, an owner may hold this part: so some are left for the next one. */
const partOfReserve = 0.25;

export type StreamLimits = Pick<EventsConfig, "max_streams" | "max_streams_per_app">;

export class StreamSlots {
  readonly #limits: StreamLimits;
  readonly #byOwner = new Map<string | null, number>();
  readonly #byClient = new Map<string, number>();
  /** Of those by owner, the ones by client tokens. */
  readonly #clientsOf = new Map<string | null, number>();
  #open = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  get open(): number {
    return this.#open;
  }

  /**
   * @param owner app, or null for operators
   * @param client the verification whose client token was used; null: none
   * @returns frees the slot
   * @throws {Refusal} `rate_limited`, `capacity`
   */
  take(owner: string | null, client: string | null = null): () => void {
    const ofClient = client === null ? 0 : (this.#byClient.get(client) ?? 0);
    if (ofClient >= mostOfClient) {
      const detail = `${ofClient} event streams of this verification are open on this gateway, as many as a client token may have.`;
      throw new Refusal("rate_limited", detail, comeBackMs);
    }
    const ofOwner = this.#byOwner.get(owner) ?? 0;
    const { max_streams_per_app: mostOfApp, max_streams: most } = this.#limits;
    if (ofOwner >= mostOfApp) {
      const detail = `${ofOwner} event streams are open on this gateway, as many as one app may have (events.max_streams_per_app). Close some, or follow all verifications by one GET /v1/events.`;
      throw new Refusal("rate_limited", detail, comeBackMs);
    }
    const ofClients = this.#clientsOf.get(owner) ?? 0;
    if (client !== null && ofClients >= Math.max(1, Math.floor(mostOfApp * clientsPart))) {
      const detail = `${ofClients} event streams by client tokens are open on this gateway, as many as one app's pages may have.`;
      throw new Refusal("rate_limited", detail, comeBackMs);
    }
    if (this.#open >= most) {
      const detail = `${this.#open} event streams are open on this gateway, as many as it may have (events.max_streams).`;
      throw new Refusal("capacity", detail, comeBackMs);
    }
    if (mostOfApp < most && this.#isForOthers(ofOwner)) {
      const detail = `${this.#open} of ${most} event streams are open on this gateway (events.max_streams); the rest is for apps with fewer than your ${ofOwner}.`;
      throw new Refusal("rate_limited", detail, comeBackMs);
    }
    this.#open++;
    this.#byOwner.set(owner, ofOwner + 1);
    if (client !== null) {
      this.#byClient.set(client, ofClient + 1);
      this.#clientsOf.set(owner, ofClients + 1);
    }
    let isFree = false;
    return () => {
      if (isFree) return;
      isFree = true;
      this.#open--;
      release(this.#byOwner, owner);
      if (client === null) return;
      release(this.#byClient, client);
      release(this.#clientsOf, owner);
    };
  }

  #isForOthers(ofOwner: number): boolean {
    const { max_streams: most } = this.#limits;
    if (this.#open < most * (1 - reservedPart)) return false;
    return ofOwner >= Math.max(1, Math.floor((most - this.#open) * partOfReserve));
  }
}

function release<K>(counts: Map<K, number>, key: K): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
