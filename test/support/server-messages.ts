/** Cuts what an Asterisk sends into messages, so that a proxy can hold some back and put in others between two. */

/** Whole messages of one kind. */
export interface Piece {
  readonly bytes: Buffer;
  /** An answer to a request, as opposed to an event. */
  readonly answer: boolean;
}

/** Reads one connection. */
export interface ServerMessages {
  /** To be shown what the client sends. */
  fromClient(data: Buffer): void;
  /** What is complete now. */
  fromServer(data: Buffer): readonly Piece[];
  /** Whether events come on this connection. */
  readonly tellsEvents: boolean;
}

/** `ari`: HTTP, and the WebSocket that it can become. `ami`: Asterisk's manager interface. */
export type Speaks = "ari" | "ami";

/** A reader for a new connection. */
export function serverMessages(speaks: Speaks | "bytes"): ServerMessages {
  if (speaks === "bytes") return new PassedOn();
  return speaks === "ari" ? new AriMessages() : new AmiMessages();
}

/** A text as a message from the server: a WebSocket's text frame, or the lines of an AMI block with the blank one after. */
export function asServerMessage(speaks: Speaks, text: string): Buffer {
  return speaks === "ari" ? textFrame(text) : Buffer.from(`${text}\r\n\r\n`);
}

class PassedOn implements ServerMessages {
  readonly tellsEvents = false;

  fromClient(): void {}

  fromServer(data: Buffer): readonly Piece[] {
    return [{ bytes: data, answer: false }];
  }
}

class AriMessages implements ServerMessages {
  #upgrading = false;
  #rest: Buffer = Buffer.alloc(0);
  tellsEvents = false;

  fromClient(data: Buffer): void {
    if (!this.tellsEvents && /^upgrade: *websocket/im.test(data.toString("latin1"))) this.#upgrading = true;
  }

  fromServer(data: Buffer): readonly Piece[] {
    if (!this.#upgrading && !this.tellsEvents) return [{ bytes: data, answer: true }];
    this.#rest = Buffer.concat([this.#rest, data]);
    const pieces: Piece[] = [];
    for (let length = this.#nextLength(); length !== null; length = this.#nextLength()) {
      const bytes = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      // Of the events that Asterisk sends none holds this word.
      pieces.push({ bytes, answer: this.tellsEvents && bytes.includes('"RESTResponse"') });
      this.tellsEvents = true;
    }
    return pieces;
  }

  /** First the header of the HTTP answer, then frames. */
  #nextLength(): number | null {
    const length = this.tellsEvents ? frameLength(this.#rest) : headerLength(this.#rest);
    return length !== null && length <= this.#rest.length ? length : null;
  }
}

class AmiMessages implements ServerMessages {
  #rest = Buffer.alloc(0);
  #greeted = false;
  readonly tellsEvents = true;

  fromClient(): void {}

  fromServer(data: Buffer): readonly Piece[] {
    this.#rest = Buffer.concat([this.#rest, data]);
    const pieces: Piece[] = [];
    for (;;) {
      // The greeting is one line; all else ends with a blank one.
      const end = this.#greeted ? "\r\n\r\n" : "\r\n";
      const at = this.#rest.indexOf(end);
      if (at < 0) return pieces;
      const bytes = this.#rest.subarray(0, at + end.length);
      this.#rest = this.#rest.subarray(bytes.length);
      pieces.push({ bytes, answer: bytes.toString("latin1", 0, 9) === "Response:" });
      this.#greeted = true;
    }
  }
}

function headerLength(bytes: Buffer): number | null {
  const at = bytes.indexOf("\r\n\r\n");
  return at < 0 ? null : at + 4;
}

/** Of a whole frame from a server, which is not masked. RFC 6455 section 5.2. */
function frameLength(bytes: Buffer): number | null {
  if (bytes.length < 2) return null;
  const short = bytes.readUInt8(1) & 0x7f;
  if (short < 126) return 2 + short;
  if (short === 126) return bytes.length < 4 ? null : 4 + bytes.readUInt16BE(2);
  return bytes.length < 10 ? null : 10 + Number(bytes.readBigUInt64BE(2));
}

/** Below 64 KiB. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x81, ...length]), payload]);
}
