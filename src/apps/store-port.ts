/** Where apps and keys that the API made are kept durably. Every method rejects where records are away. */
import type { AppRow } from "./types.ts";

export interface AppStore {
  /** Null: there is none. Deleted ones are there. */
  app(name: string): Promise<AppRow | null>;
  /**
   * Changes an app in one transaction: two changes at once follow each other, and none is lost.
   * @param change makes the row that is kept from the one that is there; it gets the revision after the greater one of the
   *   two. What it throws is thrown, and nothing changes
   * @returns the row as it is kept
   */
  update(name: string, change: (before: AppRow | null) => AppRow): Promise<AppRow>;
  /** Keeps a copy as it is, where its revision is greater. */
  put(row: AppRow): Promise<void>;
  /** The revision of each row, by the app's name. */
  revisions(): Promise<ReadonlyMap<string, number>>;
}
