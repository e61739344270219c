/** What a trace keeps of a message: no URI, and no number that a far end writes into a phrase. */

/** Digits of a number that are shown: the country's and the first ones of the network or range. */
const shownDigits = 4;
const maxPhrase = 60;
/** Texts of messages that nearly all calls have in common; the far end chooses phrases, hence the bound. */
const maxShared = 512;

/** `+4477********`: never more than half of it, so that the code at its end stays hidden. */
export function maskNumber(number: string): string {
  const sign = number.startsWith("+") ? 1 : 0;
  const shown = Math.min(sign + shownDigits, sign + Math.floor((number.length - sign) / 2));
  return number.slice(0, shown) + "*".repeat(number.length - shown);
}

interface Shared {
  readonly line: string;
  readonly text: string;
}
/** By status and first letter of the method, for responses without a Reason. */
const shared = new Map<number, Shared>();
const methods = ["INVITE", "ACK", "CANCEL", "BYE", "PRACK", "UPDATE", "OPTIONS", "INFO"] as const;

/**
 * A request's method, or a response's status and phrase with the method that it answers; of a CANCEL, a BYE and a final
 * response also the Reason.
 * @param message whole, latin1
 * @param callIdEnd where its Call-ID ends: CSeq is mostly the next line
 */
export function describeMessage(message: string, callIdEnd: number): string {
  if (!message.startsWith("SIP/2.0 ")) {
    const method = methods.find((one) => message.startsWith(one)) ?? "other request";
    return method === "CANCEL" || method === "BYE" ? method + reasonOf(message) : method;
  }
  const status = Number(message.slice(8, 11));
  const methodAt = cseqMethodAt(message, callIdEnd);
  const reason = status >= 300 ? reasonOf(message) : "";
  const key = status * 128 + (message.charCodeAt(methodAt) & 127);
  const known = reason === "" ? shared.get(key) : undefined;
  if (known !== undefined && message.startsWith(known.line)) return known.text;
  const line = copyOf(message.slice(0, Math.min(message.indexOf("\r\n") + 2, 12 + maxPhrase)));
  const method = methods.find((one) => message.startsWith(one, methodAt)) ?? "other";
  const text = copyOf(`${status}${maskPhrase(line.slice(11).trimEnd())} to ${method}${reason}`);
  if (reason === "" && line.endsWith("\r\n") && shared.size < maxShared) shared.set(key, { line, text });
  return text;
}

/** Where the method of CSeq begins; the message's end where there is none. */
function cseqMethodAt(message: string, callIdEnd: number): number {
  let at = message.startsWith("\r\nCSeq:", callIdEnd) ? callIdEnd : message.indexOf("\r\nCSeq:");
  if (at < 0) at = message.search(/\r\ncseq[ \t]*:/i);
  if (at < 0) return message.length;
  at = message.indexOf(":", at) + 1;
  while (isDigitOrBlank(message.charCodeAt(at))) at += 1;
  return at;
}

const isDigitOrBlank = (code: number) => code === 0x20 || code === 0x09 || (code >= 0x30 && code <= 0x39);

/** Protocol and cause of the first Reason; never its text. */
function reasonOf(message: string): string {
  const at = message.indexOf("\r\nReason:");
  if (at < 0) return "";
  const value = message.slice(at + 9, message.indexOf("\r\n", at + 2));
  const protocol = /^\s*(Q\.850|SIP|STIR)\s*;/i.exec(value)?.[1];
  const cause = /;\s*cause\s*=\s*(\d{1,3})(?!\d)/.exec(value)?.[1];
  return protocol === undefined || cause === undefined ? "" : ` (${protocol} ${cause})`;
}

/** Digits of a phrase are hidden where there are enough for a part of a number, whatever stands between them. */
function maskPhrase(phrase: string): string {
  let digits = 0;
  for (let at = 0; at < phrase.length; at++) {
    const code = phrase.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) digits += 1;
    // It is shown on a terminal.
    else if (code < 0x20 || code > 0x7e) return " (unprintable phrase)";
  }
  return digits > 3 ? phrase.replace(/\d/g, "*") : phrase;
}

/** Copies a string: a slice would keep the whole message, with its numbers. */
function copyOf(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
