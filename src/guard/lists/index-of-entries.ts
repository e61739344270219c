/** All entries that this gateway knows, found by a recipient: as many hashes as numbers' starts in them have lengths. */
import type { HashScope } from "../counted-rule.ts";
import { candidatesOf, type ListName, type MirroredEntry } from "./entry.ts";

export interface ListIndex {
  replaceConfigured(entries: readonly MirroredEntry[]): void;
  replaceKept(entries: readonly MirroredEntry[]): void;
  /** The most exact entry for the recipient, of all apps or of this one; of equals a block list's. Null: none. */
  find(app: string, to: string): ListName | null;
}

export function createListIndex(hash: HashScope, nowMs: () => number): ListIndex {
  let configured: readonly MirroredEntry[] = [];
  let kept: readonly MirroredEntry[] = [];
  let byHash = new Map<string, readonly MirroredEntry[]>();
  let lengths = new Set<number>();
  let empty = true;

  function build(): void {
    const all = [...configured, ...kept];
    byHash = new Map();
    for (const entry of all) byHash.set(entry.hash, [...(byHash.get(entry.hash) ?? []), entry]);
    lengths = new Set(all.map(({ length }) => length));
    empty = all.length === 0;
  }

  return {
    replaceConfigured(entries) {
      configured = entries;
      build();
    },
    replaceKept(entries) {
      kept = entries;
      build();
    },
    find(app, to) {
      if (empty) return null;
      const now = nowMs();
      let best: { readonly list: ListName; readonly exact: number } | null = null;
      for (const { hash: one, exact } of candidatesOf(hash, to, lengths)) {
        for (const entry of byHash.get(one) ?? []) {
          if (entry.app !== null && entry.app !== app) continue;
          if (entry.expiresAtMs !== null && entry.expiresAtMs <= now) continue;
          const isBetter = best === null || exact > best.exact || (exact === best.exact && entry.list === "block");
          if (isBetter) best = { list: entry.list, exact };
        }
      }
      return best?.list ?? null;
    },
  };
}
