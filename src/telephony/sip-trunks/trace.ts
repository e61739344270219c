/**
 * Traces of the newest calls: which message went when, for a ladder of one call. Kept in memory, bounded, and masked when
 * kept: of a number the first digits alone, of a message no header but those that say why it was sent.
 */
import { LatestMap } from "../../shared/latest-map.ts";
import { callIdSpan } from "../../sip/call-id.ts";
import type { Flow, MessageObserver } from "../../sip/transport/port.ts";
import { isAskedFor, KeptTrace, peerText } from "../call-control/kept-trace.ts";
import type { CallTrace, TracedCall } from "../call-control/trace.ts";
import { describeMessage, maskNumber } from "../call-control/trace-text.ts";

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

class Trace extends KeptTrace {
  readonly call: TracedCall;
  readonly startedAtMs: number;
  readonly beganAtMs: number;

  constructor(call: TracedCall, startedAtMs: number, beganAtMs: number) {
    super();
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
  const traces = new LatestMap<string, Trace>(maxCalls);
  const peers = new WeakMap<Flow, { readonly in: string; readonly out: string }>();

  function peerOf(flow: Flow, direction: "in" | "out"): string {
    let pair = peers.get(flow);
    if (pair === undefined) {
      const peer = peerText(flow.remote, flow.protocol);
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
      if (trace.isFull) trace.omitted += 1;
      else trace.add(atMs - trace.beganAtMs, peerOf(flow, direction), describeMessage(message, callId.end));
    },
    begin({ callId, trunk, callee, callerId }, sipId) {
      const call = { callId, trunk, callee: maskNumber(callee), callerId: maskNumber(callerId) };
      traces.set(sipId, new Trace(call, nowMs(), monotonicMs()));
    },
    find(id) {
      const found: CallTrace[] = [];
      for (const trace of traces.values()) {
        const { call, startedAtMs, omitted } = trace;
        if (isAskedFor(call.callId, id)) found.push({ ...call, startedAtMs, messages: trace.messages(), omitted });
      }
      return found;
    },
  };
}
