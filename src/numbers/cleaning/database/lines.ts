/** Reads and appends files of lines, with the byte offset of each: a run goes on where it stopped. */
import { type FileHandle, open } from "node:fs/promises";
import { ownerOnly } from "./directory.ts";

export interface Line {
  readonly text: string;
  readonly at: number;
  /** Where the next one begins. */
  readonly end: number;
}

const chunkBytes = 256 * 1024;
const newline = 0x0a;

/** Whole lines from a byte offset on; what follows the last line break is left out. */
export async function* linesFrom(file: string, from = 0): AsyncGenerator<Line> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (handle === null) return;
  try {
    let at = from;
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.alloc(chunkBytes);
      const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at + rest.length);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      let start = 0;
      for (let stop = bytes.indexOf(newline); stop !== -1; stop = bytes.indexOf(newline, start)) {
        const end = at + stop - start + 1;
        yield { text: bytes.toString("utf8", start, stop), at, end };
        at = end;
        start = stop + 1;
      }
      rest = bytes.subarray(start);
    }
  } finally {
    await handle.close();
  }
}

/** The line that begins at an offset. */
export async function lineAt(file: string, at: number): Promise<Line> {
  for await (const line of linesFrom(file, at)) return line;
  throw new Error(`${file} ends before byte ${at}`);
}

export interface Appender {
  /** Bytes in the file, those of `write` included. */
  readonly size: number;
  write(text: string | Uint8Array): Promise<void>;
  /** Until it is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** @param keepBytes what follows them is cut off, as what was written after the last checkpoint */
export async function openAppender(file: string, keepBytes: number): Promise<Appender> {
  const handle: FileHandle = await open(file, keepBytes === 0 ? "w" : "r+", ownerOnly);
  await handle.chmod(ownerOnly);
  await handle.truncate(keepBytes);
  let size = keepBytes;
  return {
    get size() {
      return size;
    },
    async write(text) {
      const bytes = typeof text === "string" ? Buffer.from(text) : text;
      const at = size;
      size += bytes.length;
      for (let done = 0; done < bytes.length; ) {
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
