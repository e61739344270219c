/** Integers that a double would round are texts; everything else is as JSON.parse has it. */
import { expect, test } from "vitest";
import { parseExactJson } from "../../../src/shared/exact-json.ts";

test.each([
  ["an id of 19 digits", '{"id":1234567890123456785}', { id: "1234567890123456785" }],
  ["a negative one, in a list", "[-12345678901234567890, 1]", ["-12345678901234567890", 1]],
  ["by itself", " 12345678901234567890 ", "12345678901234567890"],
  ["one that a double keeps", '{"id":9007199254740991}', { id: 9007199254740991 }],
  [
    "a fraction, and an exponent",
    "[0.1234567890123456789, 1234567890123456789e1]",
    [Number("0.1234567890123456789"), Number("1234567890123456789e1")],
  ],
  [
    "digits in texts, with quotes and backslashes",
    '{"a\\"1234567890123456785":"1234567890123456785\\\\","b":":1234567890123456785,"}',
    { 'a"1234567890123456785': "1234567890123456785\\", b: ":1234567890123456785," },
  ],
])("%s", (_, text, expected) => {
  expect(parseExactJson(text)).toEqual(expected);
});

test.each(["01234567890123456785", "1234567890123456785.", '"1234567890123456785', "[1234567890123456785 2]", ""])(
  "what is no JSON stays none: %s",
  (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  },
);

test("a text of many backslashes is read in a time that grows with its length", () => {
  const text = JSON.stringify({ id: "\\".repeat(500_000), n: "1".repeat(16) });
  const started = process.cpuUsage();
  parseExactJson(text);
  expect(process.cpuUsage(started).user / 1e6).toBeLessThan(1);
});
