/**
 * A script as the words of commands, made when they are first needed: a gateway calls half of its scripts, and hardly one by its
 * text.
 */
import { createHash } from "node:crypto";
import { encodedWords } from "./command-bytes.ts";
import type { ScriptText } from "./scripts.ts";

/**
 * Called as the function of its library, which Redis keeps; it is loaded where Redis does not know it. Where it cannot be
 * (no right to, memory is full, a proxy without functions) the script is called by its SHA-1: the text is sent once for each
 * connection, and again where Redis lost it.
 */
export interface KnownScript {
  /** Name of the library. */
  readonly library: string;
  /** The first two words of the command, as Redis reads them. */
  readonly byName: Buffer;
  readonly bySha: Buffer;
  readonly byText: Buffer;
  /** The words of the command that loads the library. */
  readonly load: Buffer;
}

export function knownScript(text: ScriptText): KnownScript {
  return new Known(text);
}

class Known implements KnownScript {
  readonly #text: ScriptText;
  #byName: Buffer | null = null;
  #bySha: Buffer | null = null;
  constructor(text: ScriptText) {
    this.#text = text;
  }
  get library(): string {
    return this.#text.library.name;
  }
  get byName(): Buffer {
    this.#byName ??= encodedWords("FCALL", this.library);
    return this.#byName;
  }
  get bySha(): Buffer {
    this.#bySha ??= encodedWords("EVALSHA", createHash("sha1").update(this.#text.script).digest("hex"));
    return this.#bySha;
  }
  get byText(): Buffer {
    return encodedWords("EVAL", this.#text.script);
  }
  get load(): Buffer {
    return encodedWords("FUNCTION", "LOAD", this.#text.library.text);
  }
}
