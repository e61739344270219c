/** The ports to where lists are kept. */
import type { ListEntry, ListName, MirroredEntry } from "./entry.ts";

export interface ListFilter {
  /** Null: those of all apps. Left out: any. */
  readonly app?: string | null;
  readonly list?: ListName;
}

/** The records (src/records/guard-lists.ts). Every method throws `Refusal("records_unavailable")`. */
export interface ListStore {
  all(): Promise<readonly ListEntry[]>;
  /** @returns false: so many of this app, or in all, are kept that no more may be */
  add(entry: ListEntry): Promise<boolean>;
  /** @param app whose it must be; null: any */
  remove(id: string, app: string | null): Promise<ListEntry | null>;
  page(
    filter: ListFilter,
    after: string | null,
    limit: number,
  ): Promise<{ readonly entries: readonly ListEntry[]; readonly next: string | null }>;
}

/** The copy in Redis, which every gateway reads: records being away stops nothing. */
export interface ListMirror {
  /** @param known a version @returns null where it is the current one */
  read(known: string): Promise<{ readonly version: string; readonly entries: readonly MirroredEntry[] } | null>;
  put(entry: MirroredEntry): Promise<void>;
  remove(id: string): Promise<void>;
}
