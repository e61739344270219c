/** Recognises the file that a run began with. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

export interface InputPrint {
  readonly bytes: number;
  readonly modifiedMs: number;
  /** SHA-256 over the beginning and the end. */
  readonly ends: string;
}

const endBytes = 64 * 1024;

/** @throws where it cannot be read, or is no regular file */
export async function printOf(path: string): Promise<InputPrint> {
  const file = await open(path, "r");
  try {
    const { size, mtimeMs } = await file.stat();
    const hash = createHash("sha256");
    for (const at of [0, Math.max(0, size - endBytes)]) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(endBytes), 0, endBytes, at);
      hash.update(buffer.subarray(0, bytesRead));
    }
    return { bytes: size, modifiedMs: Math.trunc(mtimeMs), ends: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

export function samePrint(a: InputPrint, b: InputPrint): boolean {
  return a.bytes === b.bytes && a.modifiedMs === b.modifiedMs && a.ends === b.ends;
}
