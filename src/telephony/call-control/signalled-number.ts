/**
 * Numbers as they are signalled to and from a trunk. They are not E.164: the trunk's format may be national or without the
 * plus sign, and a callee may carry the carrier's tech prefix (ADR 24).
 */

/** 15 digits of a number and up to 9 of a tech prefix. */
const maxDialledDigits = 24;
const maxCallerIdDigits = 15;

// Digits of ASCII alone. Without the flag m `$` matches at the very end only: no line break passes.
const signalled = /^\+?\d{3,24}$/;

/** Whether a string may be sent to Asterisk as the callee: the result of a trunk's number format. */
export function isDialString(text: unknown): text is string {
  return isSignalled(text, maxDialledDigits);
}

/** Whether a string may be sent to Asterisk as a caller ID, or is a received one. */
export function isSignalledCallerId(text: unknown): text is string {
  return isSignalled(text, maxCallerIdDigits);
}

function isSignalled(text: unknown, maxDigits: number): text is string {
  return typeof text === "string" && signalled.test(text) && text.replace("+", "").length <= maxDigits;
}
