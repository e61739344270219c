/** The Call-ID of a message that is whole text, without parsing it: for copies and traces of every message. */

/** Where the value of a header begins and ends in a message. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Looks for the header at a line's start: `Call-ID`, in the spelling of nearly all messages first, or `i`.
 * @param message latin1
 * @returns null where there is none
 */
export function callIdSpan(message: string): Span | null {
  let start = message.indexOf("\r\nCall-ID: ") + 11;
  if (start < 11) {
    const found = /\r\n(?:call-id|i)[ \t]*:[ \t]*/i.exec(message);
    if (found === null) return null;
    start = found.index + found[0].length;
  }
  const end = message.indexOf("\r\n", start);
  return { start, end: end < 0 ? message.length : end };
}

/** @returns '' where there is none */
export function callIdOf(message: string): string {
  const span = callIdSpan(message);
  return span === null ? "" : message.slice(span.start, span.end).trim();
}
