/** The endpoints as every gateway reads them, so that records being away stops no delivery. */
import type { EndpointRow } from "./types.ts";

export interface EndpointMirror {
  /** @param known a version @returns null where it is the current one */
  read(known: string): Promise<{ readonly version: string; readonly rows: readonly EndpointRow[] } | null>;
  /** Where its revision is greater than the mirror's. */
  put(row: EndpointRow): Promise<void>;
  remove(id: string): Promise<void>;
}
