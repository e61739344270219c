/** JSON with integers that a double would round: ids of messages, of customers. */

/** A text, or a whole number; neither is found within the other. */
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;
/** Safe integers have at most 16 digits. */
const manyDigits = /\d{16}/;

/**
 * As `JSON.parse`, but such integers are texts of their digits.
 * @throws {SyntaxError}
 */
export function parseExactJson(text: string): unknown {
  // First as it is: what is no JSON does not become any.
  const value: unknown = JSON.parse(text);
  return manyDigits.test(text) ? (JSON.parse(text.replace(token, quotedIfRounded)) as unknown) : value;
}

function quotedIfRounded(found: string): string {
  return /^-?\d+$/.test(found) && !Number.isSafeInteger(Number(found)) ? `"${found}"` : found;
}
