/** Exports detail records of any number, page by page: as much is in memory as one page takes. */

import type { Place } from "./cursor.ts";
import { type ExportFormat, writers } from "./representation.ts";
import type { Cdr } from "./rows.ts";
import type { CdrFilter, CdrStore, Page } from "./store-port.ts";

/** Some 500 KB of text. */
const pageRows = 1000;

/** A piece of the file. */
export interface ExportPiece {
  readonly text: string;
  /** Records in it. */
  readonly rows: number;
}

/**
 * The file, newest record first. Records that are written meanwhile are in it where their delivery began before those that were
 * read last.
 * @throws {Refusal} where the records do not answer: then the file is not complete
 */
export async function* exportCdrs(
  store: Pick<CdrStore, "page">,
  filter: CdrFilter,
  format: ExportFormat,
): AsyncGenerator<ExportPiece, void, undefined> {
  const { head, line } = writers[format];
  let after: Place | null = null;
  let first = true;
  do {
    const page: Page<Cdr> = await store.page(filter, after, pageRows);
    yield { text: (first ? head : "") + page.rows.map(line).join(""), rows: page.rows.length };
    first = false;
    after = page.next;
  } while (after !== null);
}
