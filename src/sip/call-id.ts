/** The Call-ID of a message that is whole text, without parsing it: for copies and traces of every message. */

/**
 * Looks for the header at a line's start, in full (`Call-ID`, in the spelling that nearly all use first) and compact (`i`).
 * @param message latin1
 * @returns '' where there is none
 */
export function callIdOf(message: string): string {
  let at = message.indexOf("\r\nCall-ID:");
  let start = at + 10;
  if (at < 0) {
    const found = /\r\n(?:call-id|i)[ \t]*:/i.exec(message);
    if (found === null) return "";
    at = found.index;
    start = at + found[0].length;
  }
  const end = message.indexOf("\r\n", start);
  return message.slice(start, end < 0 ? message.length : end).trim();
}
