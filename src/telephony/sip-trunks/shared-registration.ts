/** One process of several registers an account, and the others know what it knows: the carrier has one Contact. */
import type { KnownBinding, Registration, RegistrationStatus } from "../../sip/registration/port.ts";

/** What the process that registers says of it. */
export interface SharedState {
  readonly status: RegistrationStatus;
  readonly serviceRoute: readonly string[];
  /** When it was so, see `machineMs`. */
  readonly atMs: number;
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

/** Milliseconds of the machine's monotonic clock: the same in all processes, and no set clock changes it. */
export const machineMs = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/**
 * @param make the registration as a process alone has it; `onChange` is to be called with each change
 * @param nowMs see `machineMs`
 * @returns one that begins when this process is to register, and until then shows what was published
 */
export function shareRegistration(
  trunk: string,
  shared: SharedRegistrations,
  make: (onChange: () => void) => Registration,
  nowMs = machineMs,
): Registration {
  let begun = false;
  let stopped = false;
  const own = make(() => {
    // Another process takes over, and the carrier takes calls meanwhile: the end is not published.
    if (stopped) return;
    shared.publish(trunk, { status: own.status(), serviceRoute: own.serviceRoute, atMs: nowMs() });
  });

  function sharedStatus(): RegistrationStatus {
    const state = shared.of(trunk);
    if (state === null) return notYet;
    const { status } = state;
    const expiresInMs = leftOf(state, nowMs());
    return status.registered ? { ...status, expiresInMs, registered: expiresInMs !== null } : status;
  }

  /** The binding that the process made which registered before. */
  function knownBinding(): KnownBinding | undefined {
    const state = shared.of(trunk);
    const expiresInMs = state === null ? null : leftOf(state, nowMs());
    return state === null || expiresInMs === null ? undefined : { expiresInMs, serviceRoute: state.serviceRoute };
  }

  return {
    start() {
      shared.whenRegistrar(() => {
        if (begun || stopped) return;
        begun = true;
        own.start(knownBinding());
      });
    },
    async stop() {
      stopped = true;
      if (begun) await own.stop();
    },
    status: () => (begun ? own.status() : sharedStatus()),
    get serviceRoute() {
      return begun ? own.serviceRoute : (shared.of(trunk)?.serviceRoute ?? []);
    },
    get registrar() {
      return own.registrar;
    },
    get path() {
      return own.path;
    },
    flowClosed: (flow) => own.flowClosed(flow),
  };
}

/** Until the registrar forgets the account; null: it does not know it. */
function leftOf({ status: { expiresInMs }, atMs }: SharedState, nowMs: number): number | null {
  const leftMs = expiresInMs === null ? 0 : expiresInMs - (nowMs - atMs);
  return leftMs > 0 ? leftMs : null;
}
