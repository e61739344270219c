/** What the reader of Redis' replies makes of bytes, however they are cut. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDecoder, type DecodedReply } from "../../../src/redis/decoder.ts";

function readAll(chunks: readonly Buffer[]) {
  const replies: DecodedReply[] = [];
  const errors: string[] = [];
  const decode = createDecoder({ onReply: (reply) => replies.push(reply), onError: (text) => errors.push(text) });
  for (const chunk of chunks) decode(chunk);
  return { replies, errors };
}

const read = (text: string) => readAll([Buffer.from(text)]);

describe("one reply", () => {
  it.each<readonly [string, string, DecodedReply]>([
    ["a string", "$5\r\nhello\r\n", "hello"],
    ["an empty string", "$0\r\n\r\n", ""],
    ["a string with line ends", "$4\r\na\r\nb\r\n", "a\r\nb"],
    ["a string beyond ASCII, whose length is in bytes", "$6\r\nä€x\r\n", "ä€x"],
    ["a simple string", "+OK\r\n", "OK"],
    ["a number", ":1796083200123\r\n", 1796083200123],
    ["a negative number", ":-42\r\n", -42],
    ["no string (RESP2)", "$-1\r\n", null],
    ["no list (RESP2)", "*-1\r\n", null],
    ["null (RESP3)", "_\r\n", null],
    ["true", "#t\r\n", 1],
    ["false", "#f\r\n", 0],
    ["a double, as a string", ",1.25\r\n", "1.25"],
    [
      "a big number, as a string",
      "(3492890328409238509324850943850943825024385\r\n",
      "3492890328409238509324850943850943825024385",
    ],
    ["a verbatim string, without its format", "=8\r\ntxt:text\r\n", "text"],
    ["a list", "*3\r\n$1\r\na\r\n:2\r\n_\r\n", ["a", 2, null]],
    ["an empty list", "*0\r\n", []],
    ["lists in lists", "*2\r\n*1\r\n*1\r\n:1\r\n$1\r\nx\r\n", [[[1]], "x"]],
    ["a map, as a list", "%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n", ["a", 1, "b", [2]]],
    ["a set, as a list", "~2\r\n:1\r\n:2\r\n", [1, 2]],
  ])("%s", (_title, bytes, expected) => {
    expect(read(bytes)).toEqual({ replies: [expected], errors: [] });
  });

  it("an error is told apart from a reply", () => {
    expect(read("-NOSCRIPT No matching script.\r\n+OK\r\n!8\r\nERR a\r\nb\r\n")).toEqual({
      replies: ["OK"],
      errors: ["NOSCRIPT No matching script.", "ERR a\r\nb"],
    });
  });

  it("a push belongs to no command", () => {
    expect(read(">2\r\n$10\r\ninvalidate\r\n*0\r\n:7\r\n").replies).toEqual([7]);
  });

  it("what is no reply is an error", () => {
    expect(() => read("HTTP/1.1 400 Bad Request\r\n")).toThrow(/unknown type 72/);
  });
});

const reply: fc.Memo<DecodedReply> = fc.memo((depth) => {
  const plain = fc.oneof(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), fc.constant(null));
  return depth <= 1 ? plain : fc.oneof(plain, fc.array(reply(depth - 1), { maxLength: 5 }));
});

function encode(value: DecodedReply): string {
  if (value === null) return "_\r\n";
  if (typeof value === "number") return `:${value}\r\n`;
  if (typeof value === "string") return `$${Buffer.byteLength(value)}\r\n${value}\r\n`;
  return `*${value.length}\r\n${value.map(encode).join("")}`;
}

describe("a long reply in many chunks", () => {
  /** What the decoder reads and copies. */
  function counted(chunks: readonly Buffer[]) {
    const { concat } = Buffer;
    const read = Buffer.prototype.toString;
    const work = { copiedBytes: 0, strings: 0 };
    Buffer.concat = (list, ...more) => {
      for (const { length } of list) work.copiedBytes += length;
      return concat(list, ...more);
    };
    Buffer.prototype.toString = function (...args: Parameters<Buffer["toString"]>) {
      work.strings++;
      return read.apply(this, args);
    };
    try {
      return { ...readAll(chunks), work };
    } finally {
      Buffer.concat = concat;
      Buffer.prototype.toString = read;
    }
  }
  const cut = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  const chunkBytes = 65_536;

  it("has each item decoded, and each byte copied, once: 100,000 strings of 400 bytes", () => {
    const list = Array.from({ length: 100_000 }, (_, i) => String(i).padStart(400, "x"));
    const bytes = Buffer.from(encode([1, list]));
    const { replies, work } = counted(cut(bytes, chunkBytes));
    expect(replies).toEqual([[1, list]]);
    expect(work.strings).toBe(list.length);
    // A chunk, and the beginning of the item that it cuts.
    expect(work.copiedBytes).toBeLessThan(1.01 * bytes.length);
  });

  it("has its bytes copied once though it is one string: 8 MB", () => {
    const bytes = Buffer.from(encode(["x".repeat(8_000_000), "end"]));
    const { replies, work } = counted(cut(bytes, chunkBytes));
    expect(replies).toEqual([["x".repeat(8_000_000), "end"]]);
    expect(work.copiedBytes).toBeLessThan(1.01 * bytes.length);
  });

  it("that is a push belongs to no command either, wherever it is cut", () => {
    const bytes = Buffer.from(">2\r\n$10\r\ninvalidate\r\n*2\r\n+a\r\n=5\r\ntxt:b\r\n:7\r\n-ERR a\r\n");
    for (let size = 1; size < bytes.length; size++) {
      expect(readAll(cut(bytes, size))).toEqual({ replies: [7], errors: ["ERR a"] });
    }
  });
});

it("replies come whole and in order, wherever their bytes are cut", () => {
  const cut = fc.tuple(fc.array(reply(3), { minLength: 1, maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 12 }));
  fc.assert(
    fc.property(cut, ([replies, cuts]) => {
      const bytes = Buffer.from(replies.map(encode).join(""));
      const ends = [...new Set([0, ...cuts.filter((at) => at < bytes.length), bytes.length])].sort((a, b) => a - b);
      const chunks = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
      expect(readAll(chunks)).toEqual({ replies, errors: [] });
    }),
  );
});
