/** Times as people and programs write them in filters. */

/** RFC 3339 with seconds optional, or a date, which is its beginning in UTC. */
export const momentPattern =
  "^\\d{4}-\\d{2}-\\d{2}([Tt ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?([Zz]|[+-]\\d{2}:\\d{2}))?$";
export const momentInWords = "a time such as 2026-11-01T00:00:00Z, or a date";

const shape = new RegExp(momentPattern);

/** Milliseconds since the epoch; null where it is no such time, or no day of the calendar. */
export function readMoment(text: string): number | null {
  if (!shape.test(text)) return null;
  const day = text.slice(0, 10);
  const dayMs = Date.parse(day);
  // February 30 would be read as a day of March.
  if (Number.isNaN(dayMs) || !new Date(dayMs).toISOString().startsWith(day)) return null;
  const ms = Date.parse(text.toUpperCase().replace(" ", "T"));
  return Number.isNaN(ms) ? null : ms;
}
