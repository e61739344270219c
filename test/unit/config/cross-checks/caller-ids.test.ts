import { describe } from "vitest";
import { cases, range } from "./cases.ts";

describe("ranges", () => {
  cases([
    ["too short to be a number", (c) => (c.ranges.block = range("+447", 4)), /^ranges\.block: 7 digits → .*8 to 15/],
    ["too long to be a number", (c) => (c.ranges.block = range("+441234567890", 4)), /^ranges\.block: 16 digits →/],
    [
      "a list with a number that is too short to be shown as a caller ID",
      (c) => Object.assign(c.ranges, { list: { numbers: ["+4488009", "+4488008"], digits: 2 } }),
      /^ranges\.list\.numbers\[0\]: \+4488009 → a number of 8 to 15 digits/,
      /^ranges\.list\.numbers\[1\]: \+4488008 → a number of 8 to 15 digits/,
    ],
    ["of 8 and of 15 digits are fine", (c) => Object.assign(c.ranges, { x: range("+4477"), y: range("+44771234567") })],
    [
      "a block within a block",
      (c) => Object.assign(c.ranges, { inner: range("+44770091", 3) }),
      /^ranges\.inner: null → .*shares \+44770091000 with block/,
    ],
    [
      "a block within a block, with a list between their beginnings",
      (c) => {
        c.ranges.list = { numbers: ["+44770090001", "+44770090002"], digits: 4 };
        c.ranges.inner = range("+44770095", 3);
      },
      /^ranges\.list: null → .*with block/,
      /^ranges\.inner: null → .*with block/,
    ],
    ["blocks side by side are fine", (c) => Object.assign(c.ranges, { next: range("+4477010") })],
    [
      "a list within a block, reported once",
      (c) => Object.assign(c.ranges, { list: { numbers: ["+44770091230", "+44770091231"], digits: 4 } }),
      /^ranges\.list: null → .*shares \+44770091230 with block/,
    ],
    [
      "lists with a common number",
      (c) =>
        Object.assign(c.ranges, {
          one: { numbers: ["+44880091230", "+44880091231"], digits: 4 },
          two: { numbers: ["+44880091231", "+44880091232"], digits: 4 },
        }),
      /^ranges\.two: null → .*shares \+44880091231 with one/,
    ],
    [
      "a list whose numbers do not share their prefix",
      (c) =>
        Object.assign(c.ranges, { list: { numbers: ["+44880091230", "+44880081231", "+448800912311"], digits: 4 } }),
      /^ranges\.list\.numbers\[1\]: \+44880081231 → .*\+4488009 and has 4 more/,
      /^ranges\.list\.numbers\[2\]/,
    ],
    [
      "one prefix with codes of two lengths",
      (c) => Object.assign(c.ranges, { longer: range("+4477009", 5) }),
      /^ranges\.longer\.digits: 5 → 4: the range block has the same prefix/,
    ],
  ]);
});

describe("guessing", () => {
  const list = (size: number) => ({
    numbers: Array.from({ length: size }, (_, i) => `+4488009${String(i).padStart(4, "0")}`),
    digits: 4,
  });
  cases([
    [
      "10 wrong checks at 10,000 are the most that is allowed",
      (c) => (c.verification = { wrong_checks_per_callee: 10 }),
    ],
    [
      "11 are too many",
      (c) => (c.verification = { wrong_checks_per_callee: 11 }),
      /^trunks\.a\.ranges: 10,000 caller IDs start with \+4477009 \(13\.3 bits\).* 0\.11 % → .*11,000 caller IDs.*at most 10 wrong checks/,
    ],
    [
      "the smallest prefix of a trunk counts, not the sum",
      (c) => {
        c.ranges.small = range("+447701", 3);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["block", "small"] };
      },
      /^trunks\.a\.ranges: 1,000 caller IDs start with \+447701 /,
    ],
    ["a small range that no trunk uses is accepted", (c) => (c.ranges.small = range("+447701", 3))],
    [
      "a list with many digits and few numbers is small",
      (c) => {
        c.ranges.list = list(500);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["list"] };
      },
      /^trunks\.a\.ranges: 500 caller IDs .* 2 % → .*10,000 caller IDs for each prefix, or codes of two calls \(.*verification\.min_calls: 2\)$/,
    ],
    [
      "a small range is large enough for codes of two calls",
      (c) => {
        c.ranges.block = range("+4477009", 3);
        c.verification = { min_calls: 2 };
      },
    ],
    [
      "of two calls the pairs count",
      (c) => {
        c.ranges.list = list(100);
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["list"] };
        c.verification = { min_calls: 2 };
      },
      /^trunks\.a\.ranges: 100 caller IDs .*13\.3 bits with two calls.* 0\.101 % → .*at least 101 caller IDs for each prefix, or a cap of at most 9 wrong checks$/,
    ],
    [
      "two lists of one prefix count together",
      (c) => {
        const { numbers } = list(10_000);
        c.ranges.even = { numbers: numbers.filter((_, i) => i % 2 === 0), digits: 4 };
        c.ranges.odd = { numbers: numbers.filter((_, i) => i % 2 === 1), digits: 4 };
        c.trunks.a = { asterisk: "pbx", endpoint: "e", ranges: ["even", "odd"] };
      },
    ],
    [
      "a higher limit may be chosen",
      (c) => {
        c.ranges.block = range("+4477009", 3);
        c.verification = { max_guess_probability: 0.01 };
      },
    ],
  ]);
});

describe("caps of caller IDs", () => {
  cases([
    [
      "a day that holds less than an hour",
      (c) => (c.caller_id_reputation = { attempts_per_hour: 5, attempts_per_day: 4 }),
      /^caller_id_reputation\.attempts_per_day: 4 → at least attempts_per_hour, which is 5/,
    ],
    [
      "a trunk that one callee can use up",
      (c) => {
        c.ranges.block = { numbers: ["+442079460000", "+442079460001", "+442079460002"], digits: 4 };
        c.verification = { max_guess_probability: 0.1, wrong_checks_per_callee: 1, max_checks: 1 };
        c.caller_id_reputation = { attempts_per_hour: 3 };
      },
      /^trunks\.a\.ranges: .*0\.1/,
      /^trunks\.a\.ranges: 3 caller IDs, half of them at attempts_per_hour \(3\) → room for the 5 calls/,
    ],
  ]);
});
