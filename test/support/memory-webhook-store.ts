/** A webhook store in memory, for tests of everything but records; `away` makes it refuse. */
import { Refusal } from "../../src/shared/refusal.ts";
import type { WebhookStore } from "../../src/webhooks/store-port.ts";
import type { DeadLetter, EndpointRow } from "../../src/webhooks/types.ts";

export interface MemoryWebhookStore extends WebhookStore {
  away: boolean;
  readonly rows: Map<string, EndpointRow>;
  readonly letters: Map<string, DeadLetter>;
}

export function memoryWebhookStore(): MemoryWebhookStore {
  const rows = new Map<string, EndpointRow>();
  const letters = new Map<string, DeadLetter>();
  const key = (endpoint: string, event: string) => `${endpoint} ${event}`;
  const position = ({ queuedAtMs, eventId }: DeadLetter) => `${String(queuedAtMs).padStart(16, "0")}.${eventId}`;
  const there = () => {
    if (store.away) throw new Refusal("store_unavailable", "away");
  };
  const store: MemoryWebhookStore = {
    away: false,
    rows,
    letters,
    async endpoints() {
      there();
      return [...rows.values()];
    },
    async endpoint(id) {
      there();
      return rows.get(id) ?? null;
    },
    async putEndpoint(row) {
      there();
      if ((rows.get(row.id)?.revision ?? 0) < row.revision) rows.set(row.id, row);
    },
    async changeEndpoint(row) {
      there();
      const kept = rows.get(row.id);
      if (kept === undefined) return null;
      if (kept.revision >= row.revision) return { kept, isTaken: false };
      rows.set(row.id, row);
      return { kept: row, isTaken: true };
    },
    async removeEndpoint(id) {
      there();
      rows.delete(id);
      for (const [name, { endpoint }] of letters) if (endpoint === id) letters.delete(name);
    },
    async addDeadLetters(added) {
      there();
      for (const letter of added) letters.set(key(letter.endpoint, letter.eventId), letter);
    },
    async deadLetters(endpoint, { after = null, sinceMs = null, limit }) {
      there();
      const own = [...letters.values()]
        .filter((one) => one.endpoint === endpoint && (sinceMs === null || one.endedAtMs >= sinceMs))
        .filter((one) => after === null || position(one) > after.padStart(position(one).length, "0"))
        .sort((a, b) => (position(a) < position(b) ? -1 : 1));
      const page = own.slice(0, limit);
      const last = page.at(-1);
      return { letters: page, next: own.length > limit && last !== undefined ? position(last) : null };
    },
    async deadLettersOf(endpoint, eventIds) {
      there();
      return eventIds.flatMap((event) => letters.get(key(endpoint, event)) ?? []);
    },
    async removeDeadLetters(endpoint, removed) {
      there();
      for (const { eventId, endedAtMs } of removed) {
        if (letters.get(key(endpoint, eventId))?.endedAtMs === endedAtMs) letters.delete(key(endpoint, eventId));
      }
    },
    async deadLettersOfVerifications(verifications, limit) {
      there();
      const own = [...letters.values()].filter(({ verification }) => verifications.includes(verification ?? ""));
      return own.slice(0, limit);
    },
    async eraseVerifications(verifications) {
      there();
      let count = 0;
      for (const [name, { verification }] of letters) {
        if (verification !== null && verifications.includes(verification) && letters.delete(name)) count++;
      }
      return count;
    },
  };
  return store;
}
