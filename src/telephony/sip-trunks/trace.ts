/**
 * Traces of the newest calls: which message went when, for a ladder of one call. Kept in memory, bounded, and masked when
 * kept: of a number the first digits alone, of a message no header but those that say why it was sent.
 */
import { callIdSpan } from "../../sip/call-id.ts";
import type { Flow, MessageObserver } from "../../sip/transport/port.ts";
import type { CallTrace, TracedMessage } from "../call-control/trace.ts";
import { describeMessage, maskNumber } from "./trace-text.ts";

export interface CallTraces {
  /** For the transports. Never throws. */
  readonly observer: MessageObserver;
  /**
   * A call is about to be placed.
   * @param sipId its Call-ID up to the `@`
   */
  begin(call: TracedCall, sipId: string): void;
  /** The traces of an attempt or of all attempts of a verification, the oldest first. */
  find(id: string): readonly CallTrace[];
}

export interface TracedCall {
  readonly callId: string;
  readonly trunk: string;
  readonly callee: string;
  readonly callerId: string;
}

/** A call has 8, over UDP with losses some 20. */
const maxMessages = 64;

class Trace {
  readonly call: TracedCall;
  readonly startedAtMs: number;
  readonly beganAtMs: number;
  /** Three a message: time, direction with the far end, text. Nearly all texts are shared between calls. */
  readonly events: (number | string)[] = [];
  omitted = 0;

  constructor(call: TracedCall, startedAtMs: number, beganAtMs: number) {
    this.call = call;
    this.startedAtMs = startedAtMs;
    this.beganAtMs = beganAtMs;
  }
}

export function createCallTraces(options: {
  /** How many calls are kept; each takes about 1 KB. */
  readonly maxCalls: number;
  readonly nowMs: () => number;
  /** The clock of the transports' times. */
  readonly monotonicMs: () => number;
}): CallTraces {
  const { maxCalls, nowMs, monotonicMs } = options;
  /** By `sipId`, the oldest first. */
  const traces = new Map<string, Trace>();
  const peers = new WeakMap<Flow, { readonly in: string; readonly out: string }>();

  function peerOf(flow: Flow, direction: "in" | "out"): string {
    let pair = peers.get(flow);
    if (pair === undefined) {
      const { address, port } = flow.remote;
      const peer = `${address.includes(":") ? `[${address}]` : address}:${port}/${flow.protocol}`;
      pair = { in: `in ${peer}`, out: `out ${peer}` };
      peers.set(flow, pair);
    }
    return pair[direction];
  }

  return {
    observer(direction, message, flow, atMs) {
      const callId = callIdSpan(message);
      if (callId === null) return;
      const at = message.indexOf("@", callId.start);
      const trace = traces.get(message.slice(callId.start, at < 0 || at > callId.end ? callId.end : at));
      if (trace === undefined) return;
      if (trace.events.length >= 3 * maxMessages) trace.omitted += 1;
      else trace.events.push(atMs - trace.beganAtMs, peerOf(flow, direction), describeMessage(message, callId.end));
    },
    begin({ callId, trunk, callee, callerId }, sipId) {
      if (traces.size >= maxCalls) {
        const [oldest = ""] = traces.keys();
        traces.delete(oldest);
      }
      const call = { callId, trunk, callee: maskNumber(callee), callerId: maskNumber(callerId) };
      traces.set(sipId, new Trace(call, nowMs(), monotonicMs()));
    },
    find(id) {
      const found: CallTrace[] = [];
      for (const { call, startedAtMs, events, omitted } of traces.values()) {
        if (call.callId !== id && !call.callId.startsWith(`${id}-`)) continue;
        const messages: TracedMessage[] = [];
        for (let at = 0; at < events.length; at += 3) {
          const [ms, from, what] = events.slice(at, at + 3) as [number, string, string];
          const [direction, peer = ""] = from.split(" ") as ["in" | "out", string];
          messages.push({ ms, direction, peer, what });
        }
        found.push({ ...call, startedAtMs, messages, omitted });
      }
      return found;
    },
  };
}
