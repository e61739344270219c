/** The kept apps as every gateway reads them, so that records being away stops no request. */
import type { AppRow } from "./types.ts";

export interface MirrorChanges {
  /** For the next read. */
  readonly position: string;
  readonly rows: readonly AppRow[];
  /** There are more after `position`. */
  readonly more: boolean;
  /** The mirror is not the one that the position is of: it was lost, or goes on from an older copy. */
  readonly replaced: boolean;
}

/** Every method throws `Refusal("store_unavailable")` where Redis did not answer. */
export interface AppMirror {
  /** What changed since. @param position of the read before; "": of none, so all rows are read */
  changes(position: string): Promise<MirrorChanges>;
  /** Keeps a row where its revision is greater than the mirror's. */
  put(row: AppRow): Promise<void>;
  /** The revision of each row, by the app's name. */
  revisions(): Promise<ReadonlyMap<string, number>>;
  /** Null: there is none. */
  row(app: string): Promise<AppRow | null>;
}
