/**
 * Traces of the newest calls through an Asterisk, from the copies of its messages: which message went when, for a ladder of one
 * call. Masked when kept, bounded in calls and in messages. Whose call it is shows at its end, when its Call-ID is known.
 */
import { LatestMap } from "../../shared/latest-map.ts";
import { callIdSpan } from "../../sip/call-id.ts";
import { tagOf } from "../../sip/header.ts";
import { type HepEnds, type HepPacket, parseHep, readHepEnds } from "../../sip/hep.ts";
import { messagesOf } from "../../sip/hep-messages.ts";
import { onlyHeaderOf, parseMessage, wantedHeaders } from "../../sip/message.ts";
import { isAskedFor, KeptTrace, peerText } from "../call-control/kept-trace.ts";
import type { CallTrace, TracedCall } from "../call-control/trace.ts";
import { describeMessage, maskNumber } from "../call-control/trace-text.ts";

class WireTrace extends KeptTrace {
  /** By Asterisk's clock. */
  readonly inviteAtMs: number;
  /** Of Asterisk's end, in From of its requests. */
  readonly tag: string;
  call: TracedCall | null = null;
  /** Packets that will repeat messages which came in one piece, and were all added with the first of them. */
  repeats = 0;

  constructor(inviteAtMs: number, tag: string) {
    super();
    this.inviteAtMs = inviteAtMs;
    this.tag = tag;
  }
}

export class CaptureTraces {
  readonly #password: Buffer | null;
  /** By Call-ID, the oldest first: a PBX's own calls too. */
  readonly #pending: LatestMap<string, WireTrace>;
  /** Of calls that are ours; messages may still come. */
  readonly #traces: LatestMap<string, WireTrace>;

  /** @param options.maxPending calls that are not over, of the PBX too */
  constructor(options: { readonly maxTraces: number; readonly maxPending: number; readonly password: Buffer | null }) {
    this.#pending = new LatestMap(options.maxPending);
    this.#traces = new LatestMap(options.maxTraces);
    this.#password = options.password;
  }

  /** One datagram of any content. Never throws. */
  see(datagram: Buffer): void {
    const packet = parseHep(datagram, this.#password);
    if (packet === null) return;
    const known = this.#find(packet.callId);
    if (known === undefined && !packet.sip.toString("latin1", 0, 7).startsWith("INVITE ")) return;
    const messages = messagesOf(packet);
    if (messages.length > 1 && known !== undefined) {
      if (known.repeats > 0) {
        known.repeats -= 1;
        return;
      }
      known.repeats = messages.length - 1;
    }
    const ends = readHepEnds(datagram);
    for (const sip of messages) this.#add(packet, sip, ends);
  }

  #add(packet: HepPacket, sip: Buffer, ends: HepEnds | null): void {
    const known = this.#find(packet.callId);
    if (known?.isFull === true) {
      known.omitted += 1;
      return;
    }
    const message = sip.toString("latin1");
    const [span, tag] = [callIdSpan(message), fromTagOf(sip)];
    if (span === null || ends === null || tag === null) return;
    const trace = known ?? this.#begin(packet.callId, new WireTrace(packet.atMs, tag));
    // From is that of the request in responses too.
    const isOut = (tag === trace.tag) !== message.startsWith("SIP/2.0 ");
    const peer = peerText(isOut ? ends.destination : ends.source, ends.transport);
    trace.add(packet.atMs - trace.inviteAtMs, `${isOut ? "out" : "in"} ${peer}`, describeMessage(message, span.end));
  }

  /** This Call-ID was that of a call of ours, which has ended. */
  isOf(sipCallId: string, { callId, trunk, callee, callerId }: TracedCall): void {
    const trace = this.#pending.get(sipCallId);
    if (trace === undefined) return;
    this.#pending.delete(sipCallId);
    trace.call = { callId, trunk, callee: maskNumber(callee), callerId: maskNumber(callerId) };
    this.#traces.set(sipCallId, trace);
  }

  /** The traces of an attempt or of all attempts of a verification, the oldest first. */
  find(id: string): readonly CallTrace[] {
    return [...this.#traces.values()].flatMap((trace) => {
      const { call, inviteAtMs, omitted } = trace;
      if (call === null || !isAskedFor(call.callId, id)) return [];
      return [{ ...call, startedAtMs: inviteAtMs, messages: trace.messages(), omitted }];
    });
  }

  #find(callId: string): WireTrace | undefined {
    return this.#traces.get(callId) ?? this.#pending.get(callId);
  }

  #begin(callId: string, trace: WireTrace): WireTrace {
    this.#pending.set(callId, trace);
    return trace;
  }
}

const wanted = wantedHeaders("from");

function fromTagOf(sip: Buffer): string | null {
  const message = parseMessage(sip, wanted);
  const tag = message === null ? null : tagOf(onlyHeaderOf(message, "from") ?? "");
  // A slice would keep the whole message, with its numbers.
  return tag === null ? null : Buffer.from(tag, "latin1").toString("latin1");
}
