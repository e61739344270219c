/** The calls that the capture sees, bounded by number and by age. Keeps no message: they hold caller IDs. */
import { LatestMap } from "../../shared/latest-map.ts";
import { addMessage, beginWireCall, type Evidence, type WireCall } from "../../sip/evidence.ts";
import { type HepPacket, parseHep } from "../../sip/hep.ts";
import { messagesOf } from "../../sip/hep-messages.ts";
import { kindOf, parseSip } from "../../sip/invite-reading.ts";

export interface WireCallsParts {
  /** Calls kept; beyond that the oldest is forgotten. */
  readonly maxCalls: number;
  readonly maxAgeMs: number;
  readonly nowMs: () => number;
  /** `capture_password` that packets must carry; null: none. */
  readonly password: Buffer | null;
  /** Called when the INVITE of a call is over. */
  readonly onOver: (callId: string) => void;
}

interface Kept {
  call: WireCall;
  readonly sinceMs: number;
}

export class WireCalls {
  readonly #parts: WireCallsParts;
  /** By Call-ID, the oldest first. */
  readonly #calls: LatestMap<string, Kept>;

  constructor(parts: WireCallsParts) {
    this.#parts = parts;
    this.#calls = new LatestMap(parts.maxCalls);
  }

  /** Processes one datagram of any content. Never throws. @returns whether it was a SIP packet in HEPv3 */
  add(datagram: Buffer): boolean {
    const packet = parseHep(datagram, this.#parts.password);
    if (packet === null) return false;
    for (const sip of messagesOf(packet)) this.#see(packet, sip);
    return true;
  }

  /** The evidence of a call; null: none. */
  find(callId: string): Evidence | null {
    return this.#calls.get(callId)?.call.evidence ?? null;
  }

  forget(callId: string): void {
    this.#calls.delete(callId);
  }

  #see({ callId, atMs }: HepPacket, sip: Buffer): void {
    const kept = this.#calls.get(callId);
    const kind = kindOf(sip);
    // Registrations, OPTIONS and their answers end here, unread: most messages are read only this far.
    if (kind === null || (kept === undefined && kind !== "INVITE")) return;
    const message = parseSip(sip);
    if (message === null) return;
    if (kept !== undefined) this.#advance(callId, kept, addMessage(kept.call, message, atMs));
    else if (message.kind === "request") this.#begin(callId, beginWireCall(message, atMs));
  }

  #begin(callId: string, call: WireCall | null): void {
    if (call === null) return;
    const nowMs = this.#parts.nowMs();
    this.#evict(nowMs);
    this.#calls.set(callId, { call: { ...call, fromTag: copyOf(call.fromTag) }, sinceMs: nowMs });
  }

  #advance(callId: string, kept: Kept, call: WireCall): void {
    const wasOver = kept.call.evidence.over;
    kept.call = call.toTag === kept.call.toTag ? call : { ...call, toTag: copyOf(call.toTag) };
    if (call.evidence.over && !wasOver) this.#parts.onOver(callId);
  }

  /** Evicts calls that are too old. */
  #evict(nowMs: number): void {
    for (let oldest = this.#calls.oldest(); oldest !== undefined; oldest = this.#calls.oldest()) {
      const [callId, { sinceMs }] = oldest;
      if (nowMs - sinceMs < this.#parts.maxAgeMs) return;
      this.#calls.delete(callId);
    }
  }
}

/** Copies a string: a slice of a message would keep the whole message in memory. */
function copyOf<T extends string | null>(text: T): T {
  return (text === null ? null : Buffer.from(text, "latin1").toString("latin1")) as T;
}
