/** Records what a driver tells, and waits for it. */
import type { CallControl, CallEvent } from "../../src/telephony/call-control/port.ts";

const deadlineMs = 8000;

export interface CallLog {
  readonly events: readonly CallEvent[];
  readonly connections: readonly boolean[];
  /** The types told of a call, in order. */
  types(callId: string): readonly CallEvent["type"][];
  /** Waits for an event of a call. @throws after 8 s */
  event<T extends CallEvent["type"]>(callId: string, type: T): Promise<Extract<CallEvent, { type: T }>>;
  /** Waits for the connection to be up or down. @throws after 8 s */
  connection(up: boolean): Promise<void>;
}

/** Becomes the receiver of a driver's events. */
export function recordCalls(control: CallControl): CallLog {
  const events: CallEvent[] = [];
  const connections: boolean[] = [];
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const watcher of [...watchers]) watcher();
  };
  control.onEvent((event) => {
    events.push(event);
    changed();
  });
  control.onConnection((up) => {
    connections.push(up);
    changed();
  });

  function until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const late = () => {
        watchers.delete(watcher);
        reject(new Error(`${what}: not within ${deadlineMs} ms; told: ${JSON.stringify(events)}`));
      };
      const timer = setTimeout(late, deadlineMs);
      const watcher = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        watchers.delete(watcher);
        resolve(found);
      };
      watchers.add(watcher);
      watcher();
    });
  }

  return {
    events,
    connections,
    types: (callId) => events.filter((event) => event.callId === callId).map((event) => event.type),
    event(callId, type) {
      const isIt = (event: CallEvent): event is Extract<CallEvent, { type: typeof type }> =>
        event.callId === callId && event.type === type;
      return until(`${type} of ${callId}`, () => events.find(isIt));
    },
    async connection(up) {
      await until(up ? "connected" : "disconnected", () => (control.connected === up ? true : undefined));
    },
  };
}
