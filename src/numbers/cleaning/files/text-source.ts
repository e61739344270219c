/** Reads a text file in batches of whole rows; a position is an offset in bytes. */
import { open } from "node:fs/promises";
import type { RowSource } from "../ports.ts";
import { type TextEncodingName, textOf, unitBytes } from "../text/encoding.ts";
import { lastRowEnd, openRowStart } from "../text/rows.ts";
import type { Layout, TextBatch } from "./batch.ts";
import { ListError } from "./list-error.ts";

/** Large enough that a batch costs more than handing it over, small enough that memory stays flat. */
const batchBytes = 32 * 1024;
/** A longer row is a quote that is never closed. */
const mostRowBytes = 4 * 1024 * 1024;

/** @param dataStart offset of the first row behind mark and header */
export function createTextSource(path: string, layout: Layout, dataStart: number): RowSource<TextBatch, number> {
  return {
    async *read(from) {
      const file = await open(path, "r");
      // The memory goes to a worker thread. What is behind the last whole row is read again.
      const read = (at: number, size: number) => {
        const reading = file.read(Buffer.allocUnsafeSlow(size), 0, size, at);
        // It is awaited in its turn.
        reading.catch(() => undefined);
        return reading;
      };
      let at = from ?? dataStart;
      let size = batchBytes;
      let next = read(at, size);
      try {
        for (;;) {
          const { buffer, bytesRead } = await next;
          if (bytesRead === 0) return;
          const bytes = buffer.subarray(0, bytesRead);
          const isLast = bytesRead < size;
          if (isLast) refuseOpenRow(bytes, at, layout);
          const end = isLast ? bytesRead : wholeRows(bytes, layout);
          if (end === 0) {
            if (size >= mostRowBytes) throw rowTooLong(at);
            size *= 2;
            next = read(at, size);
            continue;
          }
          at += end;
          size = batchBytes;
          // While this batch is judged.
          next = read(at, size);
          yield { batch: { bytes: new Uint8Array(buffer.buffer, 0, end) }, after: at };
        }
      } finally {
        await next.catch(() => undefined);
        await file.close();
      }
    },
  };
}

/** Bytes of the whole rows at the beginning. */
function wholeRows(bytes: Buffer, { kind, encoding, dialect }: Layout): number {
  const text = textIn(bytes, encoding);
  return unitBytes(encoding) * (kind === "ndjson" ? text.lastIndexOf("\n") + 1 : lastRowEnd(text, dialect));
}

/**
 * @param bytes the end of the file
 * @throws {ListError} where one row there has all lines to the end
 */
function refuseOpenRow(bytes: Buffer, at: number, { kind, encoding, dialect }: Layout): void {
  if (kind === "ndjson") return;
  const start = openRowStart(textIn(bytes, encoding), dialect);
  if (start === null) return;
  throw new ListError(
    `a quote in the row at byte ${at + unitBytes(encoding) * start} is never closed, and all lines behind it would belong to that row: correct the file`,
  );
}

function textIn(bytes: Buffer, encoding: TextEncodingName): string {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % unitBytes(encoding)));
  // Big-endian bytes are swapped in place to be read.
  return textOf(encoding === "utf-16be" ? Buffer.from(whole) : whole, encoding);
}

function rowTooLong(at: number): ListError {
  return new ListError(
    `the row at byte ${at} has more than ${mostRowBytes / 1024 / 1024} MiB: is a quote never closed? Correct the file, or pass another --delimiter`,
  );
}
