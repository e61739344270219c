/** Reads what was typed or pasted where a code is expected. Never guesses: what may be meant otherwise is not a code. */

/** What may stand between digits, and before a number; phones put direction marks around numbers. */
const notation = /[\s().\-+/\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * @param text as it stands in the field
 * @param field.length digits of the code @param field.callerId what the whole caller ID matches, or null
 * @returns `{code}`, with `from` where it was taken from a whole caller ID; or `{problem}` that says what is wrong
 */
export function readCode(text, { length, callerId }) {
  const digits = text.replace(/\D/g, "");
  if (text.trim() === "") return { problem: `Type the ${length} digits first.` };
  if (text.replace(notation, "") !== digits) return { problem: `A code has digits only: type its ${length} digits.` };
  if (digits.length === length && !text.includes("+")) return { code: digits };
  if (callerId?.test(text)) return { code: digits.slice(-length), from: text.trim() };
  const given = `${digits.length} ${digits.length === 1 ? "digit" : "digits"}`;
  if (digits.length < length) return { problem: `${given}; the code has ${length}.` };
  const advice = callerId
    ? `, and this is not the caller ID of the call. Type the last ${length} digits of the caller ID.`
    : ". Type the code alone.";
  return { problem: `${given}; the code has ${length}${advice}` };
}
