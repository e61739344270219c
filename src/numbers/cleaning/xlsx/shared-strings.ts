/** The texts that cells of a workbook share: kept on disk, for there may be millions of them. */
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { ListError } from "../files/list-error.ts";
import { type Archive, longer } from "./archive.ts";

const indexBytes = 8;
/** More than a spreadsheet can open; a workbook of 10 MB can unpack to it. */
const mostScratchBytes = 2 * 1024 ** 3;
const blockBytes = 64 * 1024;
/** 4 MiB: cells ask for texts in about the order in which they are kept. */
const mostBlocks = 64;

export interface SharedStrings {
  /** Empty where there is none with this index. */
  get(index: number): string;
  close(): void;
}

/** @param file is removed at once; its space is free when the process ends, in any way */
export async function readSharedStrings(archive: Archive, part: string, file: string): Promise<SharedStrings> {
  const texts = new ScratchFile(`${file}.texts`);
  const ends = new ScratchFile(`${file}.ends`);
  const end = Buffer.alloc(indexBytes);
  let count = 0;
  let text = "";
  let inText = false;
  // Phonetic guides of Japanese cells (rPh) are no part of the text.
  let inGuide = false;
  const handlers = {
    open(name: string) {
      if (name === "si") text = "";
      if (name === "rPh") inGuide = true;
      inText = name === "t" && !inGuide;
    },
    text(more: string) {
      if (inText) text = longer(text, more);
    },
    close(name: string) {
      if (name === "t") inText = false;
      if (name === "rPh") inGuide = false;
      if (name !== "si") return;
      texts.append(Buffer.from(text, "utf8"));
      end.writeDoubleLE(texts.bytes);
      ends.append(end);
      count++;
      if (texts.bytes + ends.bytes > mostScratchBytes) {
        throw new ListError(`the workbook's texts take more than ${mostScratchBytes} bytes; save the sheet as CSV`);
      }
    },
  };
  try {
    for await (const _ of archive.parse(part, handlers));
  } catch (error) {
    texts.close();
    ends.close();
    throw error;
  }
  const endOf = (index: number) => (index < 0 ? 0 : ends.read(index * indexBytes, indexBytes).readDoubleLE());
  return {
    get(index) {
      if (!(Number.isInteger(index) && index >= 0 && index < count)) return "";
      const from = endOf(index - 1);
      return texts.read(from, endOf(index) - from).toString("utf8");
    },
    close() {
      texts.close();
      ends.close();
    },
  };
}

/** A file without a name, with a cache of its blocks. */
class ScratchFile {
  readonly #file: number;
  readonly #blocks = new Map<number, Buffer>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  bytes = 0;

  constructor(name: string) {
    rmSync(name, { force: true });
    this.#file = openSync(name, "wx+", 0o600);
    rmSync(name);
  }

  append(bytes: Buffer): void {
    this.#pending.push(Buffer.from(bytes));
    this.#pendingBytes += bytes.length;
    this.bytes += bytes.length;
    if (this.#pendingBytes >= blockBytes) this.#flush();
  }

  read(at: number, length: number): Buffer {
    if (this.#pendingBytes > 0) this.#flush();
    const first = Math.floor(at / blockBytes);
    const offset = at - first * blockBytes;
    if (offset + length <= blockBytes) return this.#block(first).subarray(offset, offset + length);
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, at);
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }

  #block(number: number): Buffer {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    const block = Buffer.alloc(blockBytes);
    readSync(this.#file, block, 0, blockBytes, number * blockBytes);
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size >= mostBlocks && oldest !== undefined) this.#blocks.delete(oldest);
    this.#blocks.set(number, block);
    return block;
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    let done = 0;
    const start = this.bytes - bytes.length;
    while (done < bytes.length) done += writeSync(this.#file, bytes, done, bytes.length - done, start + done);
  }
}
