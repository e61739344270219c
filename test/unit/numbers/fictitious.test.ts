import { expect, test } from "vitest";
import { readAnyNumber } from "../../../src/numbers/fictitious.ts";

test.each([
  ["+447700900123", "GB", "Ofcom: mobiles for drama"],
  ["+442079460958", "GB", "Ofcom: London, which the numbering plan takes for a landline in use"],
  ["+12025550123", "US", "NANPA: 555-0100 to 0199"],
  ["+33639981234", "FR", "Arcep"],
  ["+61491570156", "AU", "ACMA"],
  ["+493023125001", "DE", "Bundesnetzagentur"],
  ["+46701740605", "SE", "PTS"],
  ["+99912345678", null, "no country has this calling code"],
  ["+447000", null, "too short for a number"],
])("%s is nobody's (%s): %s", (number: string, country: string | null, _why: string) => {
  const read = readAnyNumber(number, null);
  if (number === "+447000") expect(read).toBeNull();
  else expect(read).toEqual({ e164: number, country, fictitious: true });
});

test.each(["+447400123456", "+12025551234", "+33612345678", "+4915112345678"])("%s may be somebody's", (number) => {
  expect(readAnyNumber(number, null)).toMatchObject({ e164: number, fictitious: false });
});

test("a number is read as people write it", () => {
  expect(readAnyNumber("07700 900123", "GB")?.e164).toBe("+447700900123");
  expect(readAnyNumber("+44 (7700) 900-123", null)?.e164).toBe("+447700900123");
  expect(readAnyNumber("ana@example.com", null)).toBeNull();
});
