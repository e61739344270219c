/**
 * Encodings of text files. A row is found and cut in a string that has a character for each code unit, so that positions are
 * positions in the file. UTF-8 stays in its bytes, one character each: separators are ASCII, and what is not judged is
 * written as it came, valid or not.
 */
import { isUtf8 } from "node:buffer";

export const encodings = ["utf-8", "latin-1", "utf-16le", "utf-16be"] as const;
export type TextEncodingName = (typeof encodings)[number];

export interface Encoding {
  readonly name: TextEncodingName;
  /** Byte-order mark at the beginning: 0, 2 or 3 bytes. */
  readonly markBytes: number;
}

const marks: readonly (readonly [TextEncodingName, Buffer])[] = [
  ["utf-8", Buffer.from([0xef, 0xbb, 0xbf])],
  ["utf-16le", Buffer.from([0xff, 0xfe])],
  ["utf-16be", Buffer.from([0xfe, 0xff])],
];

/** By the byte-order mark; without one UTF-16 by its zero bytes, UTF-8 where the bytes are, else Latin-1. */
export function guessEncoding(sample: Buffer): Encoding {
  for (const [name, mark] of marks) {
    if (sample.subarray(0, mark.length).equals(mark)) return { name, markBytes: mark.length };
  }
  const zeros = [0, 0];
  for (let at = 0; at < Math.min(sample.length, 4096); at++) {
    if (sample[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  }
  const [even = 0, odd = 0] = zeros;
  if (even + odd > Math.min(sample.length, 4096) / 5) {
    return { name: odd > even ? "utf-16le" : "utf-16be", markBytes: 0 };
  }
  return { name: isUtf8(withoutCutCharacter(sample)) ? "utf-8" : "latin-1", markBytes: 0 };
}

/** Bytes of one character in the string. */
export function unitBytes(name: TextEncodingName): 1 | 2 {
  return name === "utf-16le" || name === "utf-16be" ? 2 : 1;
}

const windows1252 = new TextDecoder("windows-1252");

/** The string to cut rows from; of UTF-8 its bytes. @param bytes of UTF-16BE are swapped in place */
export function textOf(bytes: Buffer, name: TextEncodingName): string {
  switch (name) {
    case "utf-8":
      return bytes.toString("latin1");
    case "latin-1": {
      const text = bytes.toString("latin1");
      // What is called Latin-1 is windows-1252: quotes, dashes and the euro sign are there.
      return /[\x80-\x9f]/.test(text) ? windows1252.decode(bytes) : text;
    }
    case "utf-16le":
      return bytes.toString("utf16le");
    case "utf-16be":
      return bytes.swap16().toString("utf16le");
  }
}

/** What a person sees of a cell of that string. */
export function readable(cell: string, name: TextEncodingName): string {
  return name === "utf-8" && notAscii.test(cell) ? Buffer.from(cell, "latin1").toString("utf8") : cell;
}

/** The inverse, for a text that is put into a row. */
export function asCell(text: string, name: TextEncodingName): string {
  return name === "utf-8" && notAscii.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

/** How such strings are written, so that the files are UTF-8. */
export function outputEncoding(name: TextEncodingName): "latin1" | "utf8" {
  return name === "utf-8" ? "latin1" : "utf8";
}

const notAscii = /[^\0-\x7f]/;

/** A sample may end within a character. */
function withoutCutCharacter(sample: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, sample.length); back++) {
    const byte = sample[sample.length - back] ?? 0;
    if (byte >= 0xc0) return sample.subarray(0, sample.length - back);
    if (byte < 0x80) break;
  }
  return sample;
}
