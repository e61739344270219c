/** Adds and removes entries: in the records first, then in the mirror that all gateways read. */
import type { AuditWriter } from "../../audit/writer.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { HashScope } from "../counted-rule.ts";
import { canonicalValue, hashEntry, type ListEntry, type ListName } from "./entry.ts";
import type { ListFilter, ListMirror, ListStore } from "./ports.ts";

export interface NewEntry {
  readonly list: ListName;
  readonly app: string | null;
  readonly value: string;
  readonly reason: string | null;
  readonly expiresAtMs: number | null;
}

export interface ListService {
  /** @param who as in the audit log @throws {Refusal} */
  add(who: string, entry: NewEntry): Promise<ListEntry>;
  /** @param app whose it must be; null: any @returns null: there is none */
  remove(who: string, id: string, app: string | null): Promise<ListEntry | null>;
  page: ListStore["page"];
}

export function createListService(parts: {
  readonly store: ListStore;
  readonly mirror: Pick<ListMirror, "put" | "remove">;
  readonly hash: HashScope;
  readonly audit: AuditWriter;
  /** Reads the mirror now, so that who added an entry is judged by it at once. */
  readonly refresh: () => Promise<void>;
  /** The mirror did not take a change: it is compared with the records soon. */
  readonly onUnmirrored: () => void;
  readonly clock: Clock;
  readonly random: Random;
}): ListService {
  const { store, mirror, hash, audit, refresh, onUnmirrored, clock, random } = parts;

  /** What is in the records holds; the other gateways follow once Redis is back. */
  const mirrored = (work: Promise<void>) => work.then(refresh).catch(onUnmirrored);
  const targetOf = (entry: ListEntry) => `list ${entry.list} ${entry.app ?? "all"} ${hashEntry(hash, entry).hash}`;

  return {
    add(who, given) {
      const value = canonicalValue(given.value);
      if (value === null) {
        throw new Refusal(
          "invalid_request",
          "`value` must be a number or the start of one with the plus sign, an e-mail address, or @ and a domain.",
        );
      }
      if (given.expiresAtMs !== null && given.expiresAtMs <= clock.nowMs()) {
        throw new Refusal("invalid_request", "`expires_at` must be in the future.");
      }
      const nowMs = clock.nowMs();
      const id = `lst_${nowMs.toString(36).padStart(9, "0")}${random.bytes(9).toString("base64url")}`;
      const entry: ListEntry = { ...given, id, value, by: who, createdAtMs: nowMs };
      return audit.act({ who, action: "list.add", target: targetOf(entry) }, async () => {
        if (!(await store.add(entry))) {
          throw new Refusal(
            "conflict",
            "The lists are full: remove entries, or block a prefix instead of its numbers.",
          );
        }
        await mirrored(mirror.put(hashEntry(hash, entry)));
        return { result: entry, after: { id, list: entry.list } };
      });
    },

    async remove(who, id, app) {
      return audit.act({ who, action: "list.remove", target: `list entry ${id}` }, async () => {
        const removed = await store.remove(id, app);
        if (removed !== null) await mirrored(mirror.remove(id));
        return {
          result: removed,
          before: removed === null ? null : { id, list: removed.list, target: targetOf(removed) },
        };
      });
    },

    page: (filter: ListFilter, after, limit) => store.page(filter, after, limit),
  };
}
