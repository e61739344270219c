/**
 * Cuts a stream into messages (RFC 3261 section 18.3) and keep-alives (RFC 5626 section 4.4.1). Looks at each byte a fixed number
 * of times, however the stream is split; keeps at most one incomplete message, and no reference to the chunks it is given.
 */
import { headersOf, isClean, maxMessageBytes, type ParsedMessage, parseHead } from "./message.ts";

export interface StreamReceiver {
  /**
   * `rest` is the body, as long as Content-Length says. Must not throw.
   * @param head as it came, to the line break before the blank line
   */
  message(message: ParsedMessage, head: string): void;
  /** Two line breaks between messages: a ping, which is answered with one. */
  ping(): void;
  /** A message whose end is known, but which is none that `parseMessage` accepts. It was skipped. */
  malformed(): void;
}

export interface StreamFraming {
  /**
   * Takes the next bytes of the stream.
   * @returns null, or why the rest of the stream has no meaning: it must be closed, and nothing more is read from it
   */
  push(chunk: Buffer): string | null;
  /** A ping was sent: the next line break between messages is its pong. */
  expectPong(): void;
  /** A message is incomplete. */
  readonly waiting: boolean;
  /** Reads nothing more, also not what is left of the chunk that is being read. */
  stop(): void;
}

/** A head that came whole, and waits for its body. Null message: it is skipped. */
interface Head {
  readonly text: string;
  readonly message: ParsedMessage | null;
  readonly bodyBytes: number;
}

const blankLine = "\r\n\r\n";
const [cr, lf] = [0x0d, 0x0a];

/** @param maxBytes of a message, at most 65,535 */
export function createStreamFraming(receiver: StreamReceiver, maxBytes = maxMessageBytes): StreamFraming {
  /** The bytes from `from` to `to` were not consumed. Grows by doubling, so that copying stays linear. */
  let kept: Buffer | null = null;
  let from = 0;
  let to = 0;
  /** No blank line begins before this position in `kept`. */
  let searched = 0;
  let head: Head | null = null;
  /** A line break came between messages, which a second one makes a ping. */
  let lineBreak = false;
  let pongExpected = false;
  let stopped: string | null = null;

  function push(chunk: Buffer): string | null {
    if (stopped !== null) return stopped;
    if (kept === null) {
      const read = consume(chunk, 0, chunk.length, 0);
      if (stopped === null && read < chunk.length) keep(chunk, read);
      return stopped;
    }
    keep(chunk, 0);
    from = consume(kept, from, to, searched);
    if (stopped !== null || from === to) release();
    return stopped;
  }

  /** @returns the position of the first byte that is not consumed */
  function consume(bytes: Buffer, start: number, end: number, search: number): number {
    let at = start;
    searched = search;
    while (at < end && stopped === null) {
      if (head === null) {
        const next = skipLineBreaks(bytes, at, end);
        if (next < 0) break;
        if (next > at) {
          at = next;
          continue;
        }
        const headEnd = findHeadEnd(bytes, at, end);
        if (headEnd < 0) break;
        lineBreak = false;
        head = readHead(bytes, at, headEnd);
        if (head === null) break;
        at = headEnd + 4;
      }
      if (end - at < head.bodyBytes) break;
      at += deliver(head, bytes, at);
    }
    return at;
  }

  /** @returns where they end; -1: the bytes end within one */
  function skipLineBreaks(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && bytes[at] === cr) {
      if (at + 1 === end) return at === start ? -1 : at;
      if (bytes[at + 1] !== lf) break;
      at += 2;
      if (pongExpected) {
        pongExpected = false;
        continue;
      }
      if (lineBreak) receiver.ping();
      lineBreak = !lineBreak;
      if (stopped !== null) break;
    }
    return at;
  }

  /** @returns -1: it did not come yet, or never will */
  function findHeadEnd(bytes: Buffer, start: number, end: number): number {
    const came = end === bytes.length ? bytes : bytes.subarray(0, end);
    const found = came.indexOf(blankLine, Math.max(start, searched), "latin1");
    if ((found < 0 ? end : found) - start > maxBytes) {
      stopped = `a head of more than ${maxBytes} bytes`;
      return -1;
    }
    // The first three bytes of a blank line may have come.
    searched = found < 0 ? Math.max(start, end - 3) : found + 4;
    return found;
  }

  /** @returns null: the end of the message cannot be known */
  function readHead(bytes: Buffer, start: number, end: number): Head | null {
    const text = bytes.toString("latin1", start, end + 2);
    const message = parseHead(text, "", isClean(bytes, start, end));
    const length = message === null ? lengthOfMalformed(text) : readLength(headersOf(message, "content-length"));
    // Each message of a stream must have one (section 20.14): without it there is no telling where the next begins.
    if (length === null) stopped = "no Content-Length, or several, or one that is no number";
    else if (text.length + 2 + length > maxBytes) stopped = `a message of more than ${maxBytes} bytes`;
    else return { text, message, bodyBytes: length };
    return null;
  }

  /** @returns how many bytes the body has */
  function deliver({ text, message, bodyBytes }: Head, bytes: Buffer, at: number): number {
    head = null;
    if (message === null) receiver.malformed();
    else if (bodyBytes === 0) receiver.message(message, text);
    else {
      const rest = bytes.toString("latin1", at, at + bodyBytes);
      receiver.message({ ...message, rest, bytes: message.bytes + bodyBytes }, text);
    }
    return bodyBytes;
  }

  function keep(chunk: Buffer, start: number) {
    const length = chunk.length - start;
    const unread = to - from;
    if (kept === null || to + length > kept.length) {
      const wanted = unread + length;
      const bytes =
        kept !== null && wanted * 2 <= kept.length ? kept : Buffer.allocUnsafeSlow(Math.max(512, wanted * 2));
      kept?.copy(bytes, 0, from, to);
      searched = kept === null ? Math.max(0, searched - start) : searched - from;
      [kept, from, to] = [bytes, 0, unread];
    }
    chunk.copy(kept, to, start);
    to += length;
  }

  function release() {
    kept = null;
    from = 0;
    to = 0;
    searched = 0;
  }

  return {
    push,
    expectPong() {
      pongExpected = true;
    },
    get waiting() {
      return kept !== null || head !== null;
    },
    stop() {
      stopped ??= "stopped";
    },
  };
}

function readLength(values: readonly string[]): number | null {
  const [value = ""] = values;
  return values.length === 1 && /^\d{1,10}$/.test(value) ? Number(value) : null;
}

/** The Content-Length of a head that is not accepted for another reason. */
function lengthOfMalformed(head: string): number | null {
  return readLength(
    [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/gi)].map(([, value = ""]) => value.trimEnd()),
  );
}
