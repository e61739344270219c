/**
 * A set of numbers on disk: buckets of one KiB, found by hash, half full on average; a full bucket goes on in the next one. A
 * look-up reads one bucket, from the page cache where memory is left. It need not last: the log has the same numbers.
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { hashOf } from "./hash.ts";

const keyBytes = 8;
const bucketKeys = 128;
const bucketBytes = bucketKeys * keyBytes;

/**
 * @param file is made anew, and removed by `close`
 * @param room how many numbers it takes
 */
export function createDiskTable(file: string, room: number) {
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, (room * 2) / bucketKeys)));
  rmSync(file, { force: true });
  const table = openSync(file, "wx+", 0o600);
  // Sparse: buckets without numbers take no space and read as zeros.
  ftruncateSync(table, buckets * bucketBytes);
  const keys = new Float64Array(bucketKeys);
  const bytes = Buffer.from(keys.buffer);
  const one = new Float64Array(1);
  const oneBytes = Buffer.from(one.buffer);

  return {
    /** Whether the key is new. @param key not 0 */
    add(key: number): boolean {
      for (let bucket = hashOf(key) & (buckets - 1); ; bucket = (bucket + 1) & (buckets - 1)) {
        readSync(table, bytes, 0, bucketBytes, bucket * bucketBytes);
        for (let at = 0; at < bucketKeys; at++) {
          const found = keys[at];
          if (found === key) return false;
          if (found !== 0) continue;
          one[0] = key;
          writeSync(table, oneBytes, 0, keyBytes, bucket * bucketBytes + at * keyBytes);
          return true;
        }
      }
    },
    close(): void {
      closeSync(table);
      rmSync(file, { force: true });
    },
  };
}
