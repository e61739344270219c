/** Whether a text that a person sent is an opt-out. */

/** A word and what people write around it. */
const mostCharacters = 60;

/** @returns whether a text is one of the words, without regard to case, accents, spaces and punctuation */
export function createStopWords(words: readonly string[]): (text: string) => boolean {
  const known = new Set(words.map(plain).filter((word) => word !== ""));
  return (text) => text.length <= mostCharacters && known.has(plain(text));
}

/** Letters and digits only. */
function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .toUpperCase();
}
