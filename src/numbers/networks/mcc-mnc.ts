/** Codes of mobile networks: ITU-T E.212, a country's three digits (MCC) and a network's two or three (MNC). */

/**
 * One way to write each code, so that those of sources and of the configuration meet. 3GPP TS 23.003 § 19.2 pads an MNC of two
 * digits with a 0 for host names, and suppliers do so elsewhere too: `mnc001.mcc250` is 250-01. MNCs of three digits that begin
 * with 0 exist in North, Central and South America (3xx, 7xx) and in India (405) alone; there nothing is dropped.
 * @returns 5 or 6 digits; null where they are no such code
 */
export function mccMncOf(mcc: string, mnc: string): string | null {
  if (!/^[2-79]\d\d$/.test(mcc) || !/^\d{1,3}$/.test(mnc)) return null;
  const own = mnc.padStart(2, "0");
  const isPadded = own.length === 3 && own.startsWith("0") && !/^([37]|405)/.test(mcc);
  return mcc + (isPadded ? own.slice(1) : own);
}

/** As it is written in files, answers and the configuration: `25001`, `250-01`, `250 01`, `250001`. */
export function readMccMnc(text: string): string | null {
  const [, mcc, mnc] = /^(\d{3})[- ]?(\d{2,3})$/.exec(text.trim()) ?? [];
  return mcc === undefined || mnc === undefined ? null : mccMncOf(mcc, mnc);
}
