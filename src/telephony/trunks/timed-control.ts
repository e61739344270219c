/** Measures how long an Asterisk takes to reply to an originate. */
import type { CallControl } from "../call-control/port.ts";

/**
 * Wraps a control and reports each originate: that it is sent, and then its time until the reply, errors included.
 * @param nowMs monotonic
 */
export function timedControl(
  control: CallControl,
  nowMs: () => number,
  originating: () => (tookMs: number) => void,
): CallControl {
  return {
    start: () => control.start(),
    stop: () => control.stop(),
    get connected() {
      return control.connected;
    },
    media: control.media,
    ...(control.hangsUpEarly === undefined ? {} : { hangsUpEarly: control.hangsUpEarly }),
    async originate(request) {
      const startedMs = nowMs();
      const replied = originating();
      try {
        await control.originate(request);
      } finally {
        replied(nowMs() - startedMs);
      }
    },
    hangup: (callId) => control.hangup(callId),
    onEvent: (receiver) => control.onEvent(receiver),
    onInbound: (receiver) => control.onInbound(receiver),
    onConnection: (receiver) => control.onConnection(receiver),
  };
}
