/** The time zones of countries come with Node.js: every country with a numbering plan has one. */
import { getCountries } from "libphonenumber-js/max";
import { expect, it } from "vitest";
import { minuteOfDay, zonesOf } from "../../../src/numbers/time-zones.ts";

it("every country with a numbering plan has zones, and each of them is one that Intl knows", () => {
  const without = getCountries().filter((country) => zonesOf(country).length === 0);
  expect(without).toEqual([]);
  for (const country of getCountries()) for (const zone of zonesOf(country)) minuteOfDay(zone, 0);
});

it("a country of several zones has them all, and a zone's local time is in minutes from midnight", () => {
  expect(zonesOf("GB")).toEqual(["Europe/London"]);
  expect(zonesOf("US")).toEqual(
    expect.arrayContaining(["America/New_York", "Pacific/Honolulu", "America/Los_Angeles"]),
  );
  const at = Date.parse("2026-07-01T22:45:00Z");
  expect(minuteOfDay("Europe/London", at)).toBe(23 * 60 + 45);
  expect(minuteOfDay("Europe/Berlin", at)).toBe(45);
  expect(minuteOfDay("Asia/Kathmandu", at)).toBe(4 * 60 + 30);
});
