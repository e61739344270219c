/** Formats numbers for display. */

/** Splits a caller ID into the known prefix and the digits that are the code. */
export function splitCallerId(callerId, { prefix, prefix_for_people: shown, digits }) {
  if (callerId.startsWith(prefix)) return [shown, callerId.slice(prefix.length)];
  return [callerId.slice(0, -digits), callerId.slice(-digits)];
}

/** "+44 7400 123456" for the numbers that the sandbox proposes; others come as they are. */
export function spaced(number) {
  const parts = /^(\+44)(20|\d{4})(\d{4})?(\d+)$/.exec(number);
  if (!parts) return number;
  const [, country, area, middle = "", rest] = parts;
  return area === "20" ? `${country} ${area} ${middle} ${rest}` : `${country} ${area} ${middle}${rest}`;
}

/** A recipient for display: a registration of a device is too long to be read. */
export function shortened(to) {
  return to.length > 40 ? `${to.slice(0, 14)}…${to.slice(-8)}` : spaced(to);
}

/** The digits and the plus sign of a number as it was typed. */
export function plain(typed) {
  return typed.replace(/[^+\d]/g, "");
}
