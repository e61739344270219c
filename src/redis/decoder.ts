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
    if (start + length + 2 > bytes.length) return incomplete;
    at = start + length + 2;
    return bytes.toString("utf8", start, start + length);
  }

  function list(factor: number): DecodedReply | typeof incomplete {
    const length = integer();
    if (length === incomplete) return incomplete;
    if (length < 0) return null;
    const items: DecodedReply[] = [];
    for (let left = length * factor; left > 0; left--) {
      const item = value();
      if (item === incomplete) return incomplete;
      // None of our commands has errors within its reply.
      items.push(item instanceof ErrorText ? item.text : item);
    }
    return items;
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

  return (chunk) => {
    bytes = at < bytes.length ? Buffer.concat([bytes.subarray(at), chunk]) : chunk;
    at = 0;
    while (at < bytes.length) {
      const start = at;
      const isPush = bytes[at] === typeOf.push;
      const found = value();
      if (found === incomplete) {
        at = start;
        return;
      }
      // Nothing here subscribes: a push belongs to no command.
      if (isPush) continue;
      if (found instanceof ErrorText) onError(found.text);
      else onReply(found);
    }
  };
}
