/** What is used of yauzl, which has no types of its own. */
declare module "yauzl" {
  import type { EventEmitter } from "node:events";
  import type { Readable } from "node:stream";

  export interface Entry {
    readonly fileName: string;
    readonly compressedSize: number;
    /** Held against what is read: a part that unpacks to more ends in an error. */
    readonly uncompressedSize: number;
  }

  export interface ZipFile extends EventEmitter {
    /** Emits `entry`, `end` or `error`. */
    readEntry(): void;
    openReadStream(entry: Entry, callback: (error: Error | null, stream: Readable) => void): void;
    close(): void;
  }

  export function open(
    path: string,
    options: { readonly lazyEntries: boolean; readonly autoClose: boolean },
    callback: (error: Error | null, zip: ZipFile) => void,
  ): void;
}
