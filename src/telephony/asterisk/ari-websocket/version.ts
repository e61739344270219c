/** Which Asterisks answer requests over the WebSocket. */

/** First minor version of each major one that does (Asterisk's change logs); all later major ones do, no earlier one. */
const firstMinor: ReadonlyMap<number, number> = new Map([
  [20, 14],
  [21, 9],
  [22, 4],
]);
const lastMajorWithout = 22;

/** What to do about an Asterisk that does not. */
export const remedy = "Update it to 20.14, 21.9, 22.4 or newer, or set `driver: ari-client`.";

/**
 * Whether an Asterisk answers requests over the WebSocket, by its version string, such as `22.10.1+dfsg` or
 * `certified-20.7-cert3`; null where that contains no release number: only a request can show it.
 */
export function answersOverWebSocket(version: string): boolean | null {
  const [, major, minor] = /(?:^|certified[-/])(\d{1,3})\.(\d{1,3})/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return null;
  if (Number(major) > lastMajorWithout) return true;
  return Number(minor) >= (firstMinor.get(Number(major)) ?? Number.POSITIVE_INFINITY);
}
