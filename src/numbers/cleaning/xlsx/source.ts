/**
 * A sheet of a workbook as batches of CSV in UTF-8, so that what judges and writes rows is the same; a position is a count of
 * rows.
 */
import path from "node:path";
import type { TextBatch } from "../files/batch.ts";
import { ListUsageError } from "../files/list-error.ts";
import type { RowSource } from "../ports.ts";
import { type Archive, openArchive } from "./archive.ts";
import { readSheetRows, type SheetParts } from "./rows.ts";
import { readSharedStrings } from "./shared-strings.ts";
import { readDateStyles } from "./styles.ts";
import { readWorkbook } from "./workbook.ts";

const batchChars = 128 * 1024;
const encoder = new TextEncoder();

export interface Sheet {
  readonly name: string;
  /** How many rows it says it has; null: it does not, or `sample` was not called. */
  rows(): number | null;
  /** The first rows. */
  sample(most: number): Promise<readonly (readonly string[])[]>;
  /** @param skip rows at the beginning that are not judged: the header */
  source(skip: number, column: number): RowSource<TextBatch, number>;
  close(): void;
}

/**
 * @param name of the sheet; null: the first one
 * @param scratch a folder for texts of the workbook, which leave nothing there
 * @throws {ListError}
 */
export async function openSheet(file: string, name: string | null, scratch: string): Promise<Sheet> {
  const archive = await openArchive(file);
  try {
    return await openSheetOf(archive, name, scratch);
  } catch (error) {
    archive.close();
    throw error;
  }
}

async function openSheetOf(archive: Archive, name: string | null, scratch: string): Promise<Sheet> {
  const { sheets, sharedStrings, from1904 } = await readWorkbook(archive);
  const sheet = name === null ? sheets[0] : sheets.find((one) => one.name === name);
  if (sheet === undefined) {
    const names = sheets
      .slice(0, 50)
      .map((one) => JSON.stringify(one.name))
      .join(", ");
    throw new ListUsageError(
      name === null ? "the workbook has no sheets" : `no sheet is named ${JSON.stringify(name)}; there are: ${names}`,
    );
  }
  const dateStyles = await readDateStyles(archive);
  const strings = await readSharedStrings(archive, sharedStrings, path.join(scratch, "strings"));
  const parts: SheetParts = {
    archive,
    part: sheet.part,
    strings,
    dateStyles,
    from1904,
    column: null,
    dimension: { rows: null },
  };
  return {
    name: sheet.name,
    rows: () => parts.dimension.rows,
    async sample(most) {
      const sampled: (readonly string[])[] = [];
      for await (const rows of readSheetRows(parts)) {
        sampled.push(...rows.slice(0, most - sampled.length));
        if (sampled.length >= most) break;
      }
      return sampled;
    },
    source: (skip, column) => ({ read: (from) => batches({ ...parts, column }, skip, from ?? 0) }),
    close() {
      strings.close();
      archive.close();
    },
  };
}

/** @param from rows of an earlier run, the skipped ones not counted */
async function* batches(parts: SheetParts, skip: number, from: number) {
  let toSkip = skip + from;
  let after = from;
  let text = "";
  for await (const rows of readSheetRows(parts)) {
    for (const row of rows) {
      if (toSkip > 0) {
        toSkip--;
        continue;
      }
      text += `${row.map(csvCell).join(",")}\n`;
      after++;
      if (text.length < batchChars) continue;
      yield { batch: { bytes: encoder.encode(text) }, after };
      text = "";
    }
  }
  if (text !== "") yield { batch: { bytes: encoder.encode(text) }, after };
}

/** For our own reader, so nothing is escaped here. */
function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
