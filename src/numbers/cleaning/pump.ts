/** Moves batches from a source through judges, several at once, to a sink in their order. */
import type { RowSink, RowSource } from "./ports.ts";

export interface Pump<Batch, Judged, Position> {
  readonly source: RowSource<Batch, Position>;
  readonly judge: (batch: Batch) => Judged | Promise<Judged>;
  readonly sink: RowSink<Judged, Position>;
  /** Where to go on; null: from the beginning. */
  readonly from: Position | null;
  /** Batches that are judged at once, or wait for their turn. */
  readonly inFlight: number;
  /** Time between two commits. */
  readonly commitEveryMs: number;
  /** Milliseconds that only grow. */
  readonly nowMs: () => number;
  /** Ends it after the batches that were read; they are committed. */
  readonly signal: AbortSignal;
  readonly onWritten?: (judged: Judged, after: Position) => void;
}

/**
 * @returns whether all rows were written; false: the signal ended it, and what was written is committed
 * @throws what a part threw; what the last commit has is durable
 */
export async function pump<Batch, Judged, Position>(parts: Pump<Batch, Judged, Position>): Promise<boolean> {
  const { source, judge, sink, inFlight, commitEveryMs, nowMs, signal, onWritten } = parts;
  const waiting: { readonly judged: Promise<Judged>; readonly after: Position }[] = [];
  let committedAtMs = nowMs();
  let uncommitted: Position | null = null;
  let committing: Promise<void> | null = null;

  async function writeFirst(): Promise<void> {
    const first = waiting.shift();
    if (first === undefined) return;
    const judged = await first.judged;
    await sink.write(judged);
    uncommitted = first.after;
    onWritten?.(judged, first.after);
    if (nowMs() - committedAtMs >= commitEveryMs) await beginCommit();
  }

  /** The disk works while the next rows are judged and written. @throws what the commit before threw */
  async function beginCommit(): Promise<void> {
    await committing;
    if (uncommitted === null) return;
    await sink.flush();
    committing = sink.commit(uncommitted);
    // It is awaited before the next one; until then a failure is no unhandled one.
    committing.catch(() => undefined);
    uncommitted = null;
    committedAtMs = nowMs();
  }

  try {
    for await (const { batch, after } of source.read(parts.from)) {
      const judged = (async () => judge(batch))();
      // It is awaited in its turn; until then a failure is no unhandled one.
      judged.catch(() => undefined);
      waiting.push({ judged, after });
      if (waiting.length >= inFlight) await writeFirst();
      if (signal.aborted) break;
    }
    while (waiting.length > 0) await writeFirst();
    await beginCommit();
    await committing;
    return !signal.aborted;
  } catch (error) {
    // The files stay open until it has ended.
    await Promise.allSettled([committing]);
    throw error;
  }
}
