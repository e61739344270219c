/** The time zones of a country, from the CLDR data that Node.js carries (ICU): kept up to date with it, and no data of our own. */

/** Territories with numbers of their own that CLDR gives no zone. */
const others: Readonly<Record<string, readonly string[]>> = {
  // Ascension and Tristan da Cunha keep the time of Saint Helena.
  AC: ["Atlantic/St_Helena"],
  TA: ["Atlantic/St_Helena"],
  XK: ["Europe/Belgrade"],
};

/** Intl Locale Info (ECMA-402 proposal): a method since V8 13, a property before. */
interface LocaleWithZones extends Intl.Locale {
  getTimeZones?(): readonly string[] | undefined;
  readonly timeZones?: readonly string[];
}

const known = new Map<string, readonly string[]>();

/**
 * The IANA time zones of a country; several where it has more than one. Mobile numbers do not tell where in it they are.
 * @param country ISO 3166
 */
export function zonesOf(country: string): readonly string[] {
  const found = known.get(country) ?? read(country);
  known.set(country, found);
  return found;
}

function read(country: string): readonly string[] {
  const locale: LocaleWithZones = new Intl.Locale(`und-${country}`);
  const zones = locale.getTimeZones?.() ?? locale.timeZones ?? [];
  return zones.length > 0 ? zones : (others[country] ?? []);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The local time in a zone, in minutes from midnight. */
export function minuteOfDay(zone: string, atMs: number): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    clocks.set(zone, clock);
  }
  const [hours = 0, minutes = 0] = clock.format(atMs).split(":").map(Number);
  return hours * 60 + minutes;
}
