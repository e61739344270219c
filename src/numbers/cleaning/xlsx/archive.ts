/** The parts of a workbook: a ZIP archive of XML files (ECMA-376), read as streams and bounded. */
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { SaxesParser } from "saxes";
import { type Entry, open, type ZipFile } from "yauzl";
import { ListError } from "../files/list-error.ts";

const mostEntries = 10_000;
/** A sheet of a million rows and a hundred columns has some 5 GB. */
const mostPartBytes = 16 * 1024 ** 3;
/** XML of real sheets shrinks to a tenth, or a fiftieth; what shrinks more is made to fill a disk. */
const mostRatio = 200;
/** A part below this is read at any ratio. */
const harmlessBytes = 64 * 1024 ** 2;
/** Between two tags, or within one: a cell has at most 32,767 characters. */
const mostTokenChars = 4 * 1024 ** 2;
/** Elements within each other; sheets have some ten. */
const mostDepth = 100;
/** Of a part whose content is held in memory: names of sheets, styles. */
export const mostSmallBytes = 32 * 1024 ** 2;

export interface XmlHandlers {
  /** @param name without a namespace prefix */
  readonly open: (name: string, attributes: Readonly<Record<string, string>>) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

export interface Archive {
  /**
   * Parses a part; yields after each piece of it how many bytes were read. Nothing where there is no such part.
   * @param mostBytes a larger one is refused
   */
  parse(name: string, handlers: XmlHandlers, mostBytes?: number): AsyncGenerator<number, void>;
  close(): void;
}

/** @throws {ListError} where it is no workbook, or one that is made to fill memory or disk */
export async function openArchive(path: string): Promise<Archive> {
  const zip = await openZip(path);
  let entries: ReadonlyMap<string, Entry>;
  try {
    entries = await readEntries(zip);
  } catch (error) {
    zip.close();
    throw broken(error);
  }
  const openStream = promisify<Entry, Readable>((entry, done) => zip.openReadStream(entry, done));
  return {
    async *parse(name, handlers, mostBytes = mostPartBytes) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      refuseBomb(entry, mostBytes);
      const stream = await openStream(entry).catch((error) => Promise.reject(broken(error)));
      try {
        yield* parseXml(stream, handlers);
      } catch (error) {
        throw broken(error);
      } finally {
        stream.destroy();
      }
    },
    close: () => zip.close(),
  };
}

async function openZip(path: string): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false };
  try {
    return await new Promise((resolve, reject) =>
      open(path, options, (error, zip) => (error ? reject(error) : resolve(zip))),
    );
  } catch (error) {
    throw broken(error);
  }
}

function readEntries(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  return new Promise((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: Entry) => {
      entries.set(entry.fileName, entry);
      if (entries.size > mostEntries) reject(new Error(`it has more than ${mostEntries} parts`));
      else zip.readEntry();
    });
    zip.readEntry();
  });
}

function refuseBomb({ fileName, compressedSize, uncompressedSize: size }: Entry, mostBytes: number): void {
  if (size > mostBytes || (size > harmlessBytes && size > compressedSize * mostRatio)) {
    throw new ListError(`the workbook's part ${fileName} would unpack to ${size} bytes; it is not read`);
  }
}

/** Entities beyond XML's own five are refused by the parser, so none can be expanded without end. */
async function* parseXml(stream: Readable, handlers: XmlHandlers): AsyncGenerator<number, void> {
  const parser = new SaxesParser();
  const decoder = new TextDecoder();
  let sinceTag = 0;
  let depth = 0;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    sinceTag = 0;
    if (++depth > mostDepth) throw new Error(`more than ${mostDepth} elements are within each other`);
    handlers.open(local(name), attributes);
  });
  parser.on("closetag", ({ name }) => {
    sinceTag = 0;
    depth--;
    handlers.close?.(local(name));
  });
  const { text } = handlers;
  if (text !== undefined) {
    parser.on("text", text);
    parser.on("cdata", text);
  }
  let bytes = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    bytes += piece.length;
    sinceTag += piece.length;
    parser.write(decoder.decode(piece, { stream: true }));
    if (sinceTag > mostTokenChars) throw new Error("a text in it is too long");
    yield bytes;
  }
  parser.close();
}

/** Of a cell, as of Excel. */
const mostCellChars = 32_767;

/** A cell's text with more of it. @throws {ListError} where no cell can have so much */
export function longer(text: string, more: string): string {
  if (text.length + more.length > mostCellChars) {
    throw new ListError(`a cell of the workbook has more than ${mostCellChars} characters; it is not read`);
  }
  return text + more;
}

function local(name: string): string {
  const colon = name.indexOf(":");
  return colon === -1 ? name : name.slice(colon + 1);
}

function broken(error: unknown): ListError {
  if (error instanceof ListError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new ListError(`the workbook cannot be read: ${why.trim()}. Save it again as .xlsx, or as CSV`);
}
