/** Commands as Redis reads them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createCommandBytes, encodedWords } from "../../../src/redis/command-bytes.ts";

const plainly = (words: readonly (string | number)[]) =>
  Buffer.concat([
    Buffer.from(`*${words.length}\r\n`),
    ...words.map((word) => Buffer.from(`$${Buffer.byteLength(String(word))}\r\n${word}\r\n`)),
  ]);

const word = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.integer(),
  fc.double(),
);

it("writes any words as blob strings, in UTF-8", () => {
  const bytes = createCommandBytes();
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 130 }), (words) => {
      bytes.begin(words.length);
      for (const one of words) bytes.word(one);
      expect(bytes.take().equals(plainly(words))).toBe(true);
    }),
  );
});

it("what was taken is not written over, however much follows", () => {
  const bytes = createCommandBytes();
  const commands = Array.from({ length: 300 }, (_, index) => [`key ${index}`, "ü".repeat(index * 20), index]);
  const taken = commands.map((words) => {
    bytes.begin(words.length + 1);
    bytes.encoded(encodedWords("SET"));
    for (const one of words) bytes.word(one);
    return bytes.take();
  });
  expect(Buffer.concat(taken).equals(Buffer.concat(commands.map((words) => plainly(["SET", ...words]))))).toBe(true);
  expect(bytes.take()).toHaveLength(0);
});

it("takes all commands since the last time, over the end of a piece of memory", () => {
  const bytes = createCommandBytes();
  const long = "x".repeat(60_000);
  for (const one of [long, "short", long]) {
    bytes.begin(1);
    bytes.word(one);
  }
  expect(bytes.take().equals(Buffer.concat([[long], ["short"], [long]].map(plainly)))).toBe(true);
});
