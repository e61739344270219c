/** The events of one verification, from its record. */
import { notFound } from "../verification/refusals.ts";
import type { KeptEvents } from "./relay-port.ts";
import type { EventHistory } from "./stream-port.ts";
import type { WriteOut } from "./write-out.ts";

export interface HistoryStore {
  /** Null where the app has no such verification. @throws {Refusal} `store_unavailable` */
  history(app: string, verification: string): Promise<KeptEvents | null>;
}

export function createEventHistory(store: HistoryStore, writeOut: WriteOut): EventHistory {
  return {
    async read(app, verification) {
      const kept = await store.history(app, verification);
      if (kept === null) throw notFound();
      return { events: writeOut(kept), ended: kept.events.some(({ kind }) => kind === "ended") };
    },
  };
}
