/** The shape of a migration, and the column types that differ between the backends. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { RecordsBackend } from "../target.ts";

export interface ColumnTypes {
  /** For what only one of them has: triggers. */
  readonly backend: RecordsBackend;
  /**
   * Text that is compared and ordered byte by byte on both backends: ids, cursors, names. PostgreSQL would else order by the
   * database's locale.
   */
  readonly key: RawBuilder<unknown>;
}

export interface RecordsMigration {
  /** `NNNN-name`; applied in this order. */
  readonly name: string;
  /**
   * Only additions that the release before can live with. Both backends run it in one transaction with the migrations beside it.
   * Frozen once released: it must not use code that changes.
   */
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}

export function columnTypes(backend: RecordsBackend): ColumnTypes {
  return { backend, key: backend === "postgres" ? sql`text collate "C"` : sql`text` };
}
