/** One process of several registers an account, and the others know what it knows: the carrier has one Contact. */
import type { Registration, RegistrationStatus } from "../../sip/registration/port.ts";

/** What the process that registers says of it. */
export interface SharedState {
  readonly status: RegistrationStatus;
  readonly serviceRoute: readonly string[];
}

/** The port to the other processes. */
export interface SharedRegistrations {
  /** Calls once this process is the one that registers: at once, later, or never. */
  whenRegistrar(receiver: () => void): void;
  publish(trunk: string, state: SharedState): void;
  /** As it was published last; null: nothing was yet. */
  of(trunk: string): SharedState | null;
}

const notYet: RegistrationStatus = {
  ...{ registered: false, activity: "idle", expiresInMs: null, failures: 0, failureStatus: null },
  failure: "another process has not registered yet",
};

/**
 * @param make the registration as a process alone has it; `onChange` is to be called with each change
 * @returns one that begins when this process is to register, and until then shows what was published
 */
export function shareRegistration(
  trunk: string,
  shared: SharedRegistrations,
  make: (onChange: () => void) => Registration,
): Registration {
  let begun = false;
  let stopped = false;
  const own = make(() => {
    // Another process takes over, and the carrier takes calls meanwhile: the end is not published.
    if (!stopped) shared.publish(trunk, { status: own.status(), serviceRoute: own.serviceRoute });
  });
  return {
    start() {
      shared.whenRegistrar(() => {
        if (begun || stopped) return;
        begun = true;
        own.start();
      });
    },
    async stop() {
      stopped = true;
      if (begun) await own.stop();
    },
    status: () => (begun ? own.status() : (shared.of(trunk)?.status ?? notYet)),
    get serviceRoute() {
      return begun ? own.serviceRoute : (shared.of(trunk)?.serviceRoute ?? []);
    },
    get path() {
      return own.path;
    },
    flowClosed: (flow) => own.flowClosed(flow),
  };
}
