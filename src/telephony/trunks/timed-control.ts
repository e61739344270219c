/** Measures how long an Asterisk takes to reply to an originate. */
import type { CallControl } from "../asterisk/call-control.ts";

/**
 * The same control, of which each originate is reported with the time until the reply, an error included.
 * @param nowMs monotonic
 */
export function timedControl(control: CallControl, nowMs: () => number, report: (tookMs: number) => void): CallControl {
  return {
    start: () => control.start(),
    stop: () => control.stop(),
    get connected() {
      return control.connected;
    },
    async originate(request) {
      const startedMs = nowMs();
      try {
        await control.originate(request);
      } finally {
        report(nowMs() - startedMs);
      }
    },
    hangup: (callId) => control.hangup(callId),
    onEvent: (receiver) => control.onEvent(receiver),
    onInbound: (receiver) => control.onInbound(receiver),
    onConnection: (receiver) => control.onConnection(receiver),
  };
}
