/** Writes numbers for people. */

/** Splits a caller ID into what everybody knows and the digits that are the code. */
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

/** What is sent to start a verification. */
export function startRequest(to, calls) {
  return calls === 1 ? { to } : { to, calls };
}

/** The digits of a number as somebody typed it, and its plus sign. */
export function plain(typed) {
  return typed.replace(/[^+\d]/g, "");
}
