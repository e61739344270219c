/** The numbers that are looked up: the same list on every run. */
import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";

const listLength = 20_000;

/** Countries as a gateway sees them: a few large ones make most of the traffic. */
const busyCountries = ["US", "IN", "GB", "DE", "FR", "BR", "ID", "NG", "MX", "TR"] as const;
const landlines = ["+441212345678", "+4930123456", "+390612345678", "+33123456789", "+81312345678"];
const junk = [
  "",
  "hello",
  "+",
  "+44",
  "12345",
  "+999123456789",
  "+4474001234567890123",
  "+12223334444",
  "07400 123456",
];

/**
 * 80 % mobiles (half of them of the busy countries; as E.164 or with spaces), 10 % landlines,
 * 10 % junk. Last digits vary, so that no result can be remembered.
 * @returns text as a client may send it
 */
export function mixedNumbers(): readonly string[] {
  const everywhere = getCountries();
  return Array.from({ length: listLength }, (_, index) => {
    const turn = Math.floor(index / 10);
    const digits = String((index * 7919) % 10_000).padStart(4, "0");
    if (index % 10 === 0) return junk[turn % junk.length] ?? "";
    if (index % 10 === 5) return (landlines[turn % landlines.length] ?? "").replace(/\d{4}$/, digits);
    const countries = index % 2 === 0 ? busyCountries : everywhere;
    const example = getExampleNumber(countries[(index * 31 + turn) % countries.length] ?? "US", examples);
    const written = index % 3 === 0 ? example?.formatInternational() : example?.number;
    return (written ?? "+1").replace(/\d{4}$/, digits);
  });
}
