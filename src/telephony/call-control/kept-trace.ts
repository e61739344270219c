/** The messages of one call as they are kept: masked texts, nearly all of which are shared between calls. */
import type { TracedMessage } from "./trace.ts";

/** A call has 8, over UDP with losses some 20. */
const maxMessages = 64;

export class KeptTrace {
  /** Three a message: time, direction with the far end, text. */
  readonly #events: (number | string)[] = [];
  omitted = 0;

  get isFull(): boolean {
    return this.#events.length >= 3 * maxMessages;
  }

  /**
   * @param ms since the call began
   * @param from direction and far end: `in 198.51.100.7:5060/tcp`
   * @param what of `describeMessage`
   */
  add(ms: number, from: string, what: string): void {
    this.#events.push(ms, from, what);
  }

  messages(): readonly TracedMessage[] {
    const messages: TracedMessage[] = [];
    for (let at = 0; at < this.#events.length; at += 3) {
      const [ms, from, what] = this.#events.slice(at, at + 3) as [number, string, string];
      const [direction, peer = ""] = from.split(" ") as ["in" | "out", string];
      messages.push({ ms, direction, peer, what });
    }
    return messages;
  }
}

/** Whether a trace of this attempt is asked for: by its id, or by the verification's. */
export function isAskedFor(callId: string, id: string): boolean {
  return callId === id || callId.startsWith(`${id}-`);
}

/** `198.51.100.7:5060/tcp` */
export function peerText({ address, port }: { address: string; port: number }, protocol: string): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}/${protocol}`;
}
