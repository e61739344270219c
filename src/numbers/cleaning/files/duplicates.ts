/** Takes the rows of a batch whose number came before out of the clean ones. The first row of the file is kept. */

import type { CleaningReason } from "../ports.ts";
import type { Seen } from "../seen/seen.ts";
import type { Tally } from "../summary.ts";
import type { JudgedBatch, Layout } from "./batch.ts";
import { rejectedLine } from "./judge-batch.ts";

interface Lines {
  readonly cleanLines: string;
  readonly rejectLines: string;
}

/** Counts every row of the batch, too. */
export function separateDuplicates(batch: JudgedBatch, seen: Seen, tally: Tally, layout: Layout): Lines {
  const counts = new Uint32Array(batch.groups.length);
  const duplicates: number[] = [];
  for (let row = 0; row < batch.rows; row++) {
    const key = batch.keys[row] ?? 0;
    if (key === 0) continue;
    if (seen.add(key)) {
      const group = batch.group[row] ?? 0;
      counts[group] = (counts[group] ?? 0) + 1;
    } else duplicates.push(row);
  }
  batch.groups.forEach((group, index) => {
    const count = counts[index] ?? 0;
    if (count > 0) tally.clean(group, count);
  });
  for (const [reason, count] of Object.entries(batch.reasons)) tally.rejected(reason as CleaningReason, count);
  tally.suggested(batch.suggestions);
  if (duplicates.length === 0) return { cleanLines: batch.clean, rejectLines: batch.rejects };
  tally.rejected("duplicate", duplicates.length);
  return moved(batch, duplicates, layout);
}

/** The lines with those of some clean rows among the rejected ones, all in the order of the rows. */
function moved(batch: JudgedBatch, duplicates: readonly number[], layout: Layout): Lines {
  const lines = { clean: "", rejects: "" };
  const from = { clean: 0, rejects: 0 };
  let next = 0;
  let cleanEnd = 0;
  let rejectsEnd = 0;
  let originalEnd = 0;
  for (let row = 0; row < batch.rows; row++) {
    const end = batch.ends[3 * row] ?? 0;
    if (batch.keys[row] === 0) {
      rejectsEnd = end;
      continue;
    }
    const originalStart = originalEnd;
    const start = cleanEnd;
    cleanEnd = end;
    originalEnd = batch.ends[3 * row + 2] ?? 0;
    if (duplicates[next] !== row) continue;
    next++;
    const numberAt = batch.ends[3 * row + 1] ?? 0;
    const numberEnd = numberAt + 1 + String(batch.keys[row]).length;
    const original = batch.originals.slice(originalStart, originalEnd);
    const after = batch.clean.slice(numberEnd, end - layout.lineEnd.length);
    const whole = `${batch.clean.slice(start, numberAt)}${original}${after}`;
    lines.clean += batch.clean.slice(from.clean, start);
    lines.rejects += batch.rejects.slice(from.rejects, rejectsEnd) + rejectedLine(whole, "duplicate", "", layout);
    from.clean = end;
    from.rejects = rejectsEnd;
  }
  return {
    cleanLines: lines.clean + batch.clean.slice(from.clean),
    rejectLines: lines.rejects + batch.rejects.slice(from.rejects),
  };
}
