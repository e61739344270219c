/**
 * Reads replies of Redis (RESP2 and RESP3) as strings, numbers, null and lists, in the shapes that ioredis gives them. The
 * decoder of ioredis 6 keeps its state in WeakMaps, which takes most of the time that a gateway spends on a reply.
 *
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

export type DecodedReply = string | number | null | readonly DecodedReply[];

export interface DecoderOptions {
  readonly onReply: (reply: DecodedReply) => void;
  /** @param text of the error, as `NOSCRIPT No matching script.` */
  readonly onError: (text: string) => void;
}

/** The reply goes on in a later chunk. */
const incomplete = Symbol("incomplete");

const [cr, minus, zero] = [13, 45, 48];
const typeOf = {
  simple: 43,
  error: 45,
  number: 58,
  blob: 36,
  array: 42,
  null: 95,
  boolean: 35,
  double: 44,
  bigNumber: 40,
  verbatim: 61,
  blobError: 33,
  set: 126,
  map: 37,
  push: 62,
} as const;

/** A list whose items have not all come. */
interface OpenList {
  readonly items: DecodedReply[];
  /** How many are missing. */
  readonly left: number;
}

class ErrorText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** @returns takes the bytes of a connection as they come; throws where they are no replies */
export function createDecoder({ onReply, onError }: DecoderOptions): (chunk: Buffer) => void {
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  /** Of the reply that goes on in a later chunk, the innermost first: what has come of it is decoded once. */
  let open: OpenList[] = [];
  let isPush = false;
  /** What is left of the chunks before: the beginning of one value. */
  let rest: Buffer[] = [];
  /** So many bytes of it are missing at least: a long string is joined once. */
  let missing = 0;

  /** The start of the next line; `at` is then behind its end. @returns -1: the line is not complete */
  function line(): number {
    const start = at;
    const end = bytes.indexOf(cr, start);
    if (end < 0 || end + 1 >= bytes.length) return -1;
    at = end + 2;
    return start;
  }

  function text(): string | typeof incomplete {
    const start = line();
    return start < 0 ? incomplete : bytes.toString("utf8", start, at - 2);
  }

  function integer(): number | typeof incomplete {
    const { length } = bytes;
    let next = at;
    const negative = bytes[next] === minus;
    if (negative) next++;
    let value = 0;
    for (; next < length; next++) {
      const byte = bytes[next] as number;
      if (byte === cr) {
        if (next + 1 >= length) return incomplete;
        at = next + 2;
        return negative ? -value : value;
      }
      value = value * 10 + (byte - zero);
    }
    return incomplete;
  }

  function blob(): string | null | typeof incomplete {
    const length = integer();
    if (length === incomplete) return incomplete;
    if (length < 0) return null;
    const start = at;
    const end = start + length + 2;
    if (end > bytes.length) {
      missing = end - bytes.length;
      return incomplete;
    }
    at = end;
    return bytes.toString("utf8", start, start + length);
  }

  function list(factor: number): DecodedReply | typeof incomplete {
    const length = integer();
    if (length === incomplete) return incomplete;
    if (length < 0) return null;
    const items: DecodedReply[] = [];
    for (let left = length * factor; left > 0; left--) {
      const start = at;
      const item = value();
      if (item === incomplete) return leaveOpen(items, left, start);
      // None of our commands has errors within its reply.
      items.push(item instanceof ErrorText ? item.text : item);
    }
    return items;
  }

  function leaveOpen(items: DecodedReply[], left: number, start: number): typeof incomplete {
    // Else the item is a list, which says itself where it goes on.
    if (open.length === 0) at = start;
    open.push({ items, left });
    return incomplete;
  }

  /** The same loop as in `list`, where a call would cost each reply some 15 ns. */
  function fill(items: DecodedReply[], count: number): DecodedReply | typeof incomplete {
    for (let left = count; left > 0; left--) {
      const start = at;
      const item = value();
      if (item === incomplete) return leaveOpen(items, left, start);
      items.push(item instanceof ErrorText ? item.text : item);
    }
    return items;
  }

  /** The lists that were open go on, the innermost first. */
  function fillOpen(): DecodedReply | typeof incomplete {
    const lists = open;
    open = [];
    let found: DecodedReply | typeof incomplete = incomplete;
    for (const [depth, { items, left }] of lists.entries()) {
      if (found !== incomplete) items.push(found);
      found = fill(items, depth === 0 ? left : left - 1);
      if (found === incomplete) {
        open.push(...lists.slice(depth + 1));
        return incomplete;
      }
    }
    return found;
  }

  function value(): DecodedReply | ErrorText | typeof incomplete {
    if (at >= bytes.length) return incomplete;
    const type = bytes[at++];
    switch (type) {
      case typeOf.blob:
        return blob();
      case typeOf.number:
        return integer();
      case typeOf.array:
      case typeOf.set:
      case typeOf.push:
        return list(1);
      case typeOf.map:
        return list(2);
      case typeOf.simple:
      case typeOf.double:
      case typeOf.bigNumber:
        return text();
      case typeOf.null:
        return text() === incomplete ? incomplete : null;
      case typeOf.boolean: {
        const found = text();
        return found === incomplete ? incomplete : found === "t" ? 1 : 0;
      }
      case typeOf.verbatim: {
        const found = blob();
        return typeof found === "string" ? found.slice(4) : found;
      }
      case typeOf.error: {
        const found = text();
        return found === incomplete ? incomplete : new ErrorText(found);
      }
      case typeOf.blobError: {
        const found = blob();
        return found === incomplete ? incomplete : new ErrorText(found ?? "");
      }
      default:
        throw new Error(`Redis sent a reply of the unknown type ${type}`);
    }
  }

  /** With what is left of the chunks before. @returns null: more of it has to come */
  function joined(chunk: Buffer): Buffer | null {
    if (rest.length === 0) return chunk;
    rest.push(chunk);
    missing -= chunk.length;
    if (missing > 0) return null;
    const all = Buffer.concat(rest);
    rest = [];
    return all;
  }

  function decode(): void {
    while (at < bytes.length) {
      const start = at;
      if (open.length === 0) isPush = bytes[start] === typeOf.push;
      const found = open.length === 0 ? value() : fillOpen();
      if (found === incomplete) {
        if (open.length === 0) at = start;
        return;
      }
      // Nothing here subscribes: a push belongs to no command.
      if (isPush) continue;
      if (found instanceof ErrorText) onError(found.text);
      else onReply(found);
    }
  }

  return (chunk) => {
    const all = joined(chunk);
    if (all === null) return;
    bytes = all;
    at = 0;
    missing = 0;
    decode();
    if (at < bytes.length) rest = [bytes.subarray(at)];
  };
}
