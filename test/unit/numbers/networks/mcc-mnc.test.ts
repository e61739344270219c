import { expect, test } from "vitest";
import { createNetworkTable } from "../../../../src/numbers/networks/match.ts";
import { mccMncOf, readMccMnc } from "../../../../src/numbers/networks/mcc-mnc.ts";

test.each([
  ["25001", "25001"],
  ["250-01", "25001"],
  ["250 01", "25001"],
  // Padded for a host name, as 3GPP TS 23.003 does.
  ["250-001", "25001"],
  ["604001", "60401"],
  // Three digits are three digits where plans have them: Americas, India.
  ["310-012", "310012"],
  ["722070", "722070"],
  ["405025", "405025"],
  ["405-25", "40525"],
  ["502-153", "502153"],
])("%s is the network %s", (text, code) => {
  expect(readMccMnc(text)).toBe(code);
});

test.each(["", "2500", "25000001", "150-01", "850-01", "25a-01", "250_01"])("%j is no code of a network", (text) => {
  expect(readMccMnc(text)).toBeNull();
});

test("a code in two parts may have an MNC of one digit", () => {
  expect(mccMncOf("234", "1")).toBe("23401");
  expect(mccMncOf("234", "0012")).toBeNull();
});

test("a network is found by its code in every spelling, else by its name without case and surplus spaces", () => {
  const table = createNetworkTable([
    ["250-01", "by code"],
    ["MegaFon", "by name"],
    ["Du  Telecom", "spaced"],
  ]);
  expect(table.of({ mccMnc: "25001", name: "MegaFon" })).toBe("by code");
  expect(table.of({ mccMnc: "25002", name: "MEGAFON" })).toBe("by name");
  expect(table.of({ mccMnc: null, name: "du telecom" })).toBe("spaced");
  expect(table.of({ mccMnc: "25002", name: null })).toBeUndefined();
  expect(table.of(null)).toBeUndefined();
});
