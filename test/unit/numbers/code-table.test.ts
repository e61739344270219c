import { getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import { expect, it } from "vitest";
import { createCodeTable } from "../../../src/numbers/code-table.ts";

const codes = [...new Set(getCountries().map((country) => String(getCountryCallingCode(country))))];
const table = createCodeTable<string>();
for (const code of codes) table.set(code, code);

it.each(codes)("a number is found by its calling code +%s", (code) => {
  const number = `+${code}1234567`;
  expect(table.digitsOf(number)).toBe(code.length);
  expect(table.get(number, code.length)).toBe(code);
});

it.each(["+2100000000", "+9991234567", "+0112345678", "+0044123456", "+", "", "+6", "+9x1"])(
  "%j has no calling code of the table",
  (number) => {
    expect(table.digitsOf(number)).toBe(0);
  },
);
