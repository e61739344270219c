/** When each phone rang and was canceled, as the carrier saw it: one clock for all sides. */
import { open } from "node:fs/promises";

export interface Ring {
  readonly rangAtMs: number;
  /** null: it rings still. */
  canceledAtMs: number | null;
}

export interface RingLog {
  /** Forgets all calls so far. */
  forget(): Promise<void>;
  /** Reads what was written since. @returns all calls since `forget`, by callee */
  read(): Promise<ReadonlyMap<string, Ring>>;
}

/** `ringing +447100000001 <date>\t<time>\t1764085678.123456`, written by carrier.xml. */
const entry = /^(ringing|canceled) (\+\d+) .*\t(\d+\.\d+)$/;

/** @param file grows while it is read */
export function createRingLog(file: string): RingLog {
  const rings = new Map<string, Ring>();
  let readBytes = 0;

  async function advance(): Promise<void> {
    const handle = await open(file);
    try {
      const { size } = await handle.stat();
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - readBytes), position: readBytes });
      // The last line may not be complete.
      const end = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
      readBytes += end;
      for (const line of buffer.toString("latin1", 0, end).split("\n")) note(line);
    } finally {
      await handle.close();
    }
  }

  function note(line: string): void {
    const [, what, callee = "", seconds] = entry.exec(line) ?? [];
    if (what === undefined) return;
    const atMs = Number(seconds) * 1000;
    const ring = rings.get(callee);
    if (what === "ringing") rings.set(callee, { rangAtMs: atMs, canceledAtMs: null });
    else if (ring !== undefined) ring.canceledAtMs = atMs;
  }

  return {
    async forget() {
      await advance();
      rings.clear();
    },
    async read() {
      await advance();
      return rings;
    },
  };
}
