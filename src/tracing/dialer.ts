/** A span for each call, from its placing to its end, with an event for each INVITE. */
import type { Span, Tracing } from "../shared/tracing.ts";
import type { CallObserver, CallResult, Dialer } from "../telephony/calls/ports.ts";
import { verificationOf } from "./verification-of.ts";

/** @param tracing null: `telephony` itself is returned */
export function tracedCalls<T extends { readonly dialer: Dialer }>(telephony: T, tracing: Tracing | null): T {
  return tracing === null ? telephony : { ...telephony, dialer: tracedDialer(telephony.dialer, tracing) };
}

function tracedDialer(dialer: Dialer, tracing: Tracing): Dialer {
  return {
    ...{ longestCallMs: dialer.longestCallMs, remainingMs: dialer.remainingMs },
    limitsOf: (kind) => dialer.limitsOf(kind),
    cancel: (callId) => dialer.cancel(callId),
    drain: (graceMs) => dialer.drain(graceMs),
    get liveCalls() {
      return dialer.liveCalls;
    },
    place(call, observer) {
      const verification = verificationOf(call.callId);
      const { trunk, asterisk } = call.slot;
      const span = tracing.begin("call", {
        kind: "client",
        attributes: { "onering.verification": verification, "onering.range": call.range, ...path({ trunk, asterisk }) },
        ...(tracing.current() === null && { parent: tracing.verifications.known(verification) }),
      });
      dialer.place(call, observed(observer, span));
    },
  };
}

function observed(observer: CallObserver, span: Span): CallObserver {
  const { answered } = observer;
  return {
    calling() {
      span.event("calling");
      observer.calling();
    },
    ringing() {
      span.event("ringing");
      observer.ringing();
    },
    ...(answered && {
      answered(call) {
        span.event("answered");
        answered.call(observer, call);
      },
    }),
    ended(result) {
      describe(span, result);
      span.end();
      observer.ended(result);
    },
  };
}

function describe(span: Span, result: CallResult): void {
  const { outcome, attempts, sipStatus, q850Cause, postDialDelayMs, ringMs, talkMs, endedBy, source } = result;
  for (const { outcome: own, ...one } of attempts) span.event("INVITE", { ...path(one), "onering.outcome": own });
  span.set({
    ...{ "onering.outcome": outcome, "onering.alerted": result.alerted, "onering.false_answer": result.falseAnswer },
    ...{ "onering.ended_by": endedBy, "onering.source": source },
    ...(sipStatus !== null && { "sip.response.status_code": sipStatus }),
    ...(q850Cause !== null && { "onering.q850": q850Cause }),
    ...(postDialDelayMs !== null && { "onering.post_dial_delay_ms": postDialDelayMs }),
    ...(ringMs !== null && { "onering.ring_ms": ringMs }),
    ...(talkMs !== undefined && { "onering.talk_ms": talkMs }),
  });
}

const path = ({ trunk, asterisk }: { readonly trunk: string; readonly asterisk: string }) => ({
  ...{ "onering.trunk": trunk, "onering.asterisk": asterisk },
});
