/** Makes a stand-in (provider.ts) of a simulated service that is reached over HTTP. */
import type { TakenMessage } from "./http-server.ts";
import {
  defaultStandInTimings,
  type FailureKind,
  type Listening,
  type StandIn,
  type StandInMessage,
  type StandInParts,
} from "./provider.ts";

/** What a simulated service is started with. */
export interface Hooks {
  /** The service's own name of the failure that a recipient meets. */
  readonly failureOf: (to: string) => string | null;
  readonly onMessage: (message: TakenMessage) => void;
  /** Runs when the receipts of a message that was taken now are due. */
  readonly later: (late: boolean, run: () => void) => void;
}

export interface Adapted<S> {
  readonly name: string;
  readonly channel: string;
  /** The service's own names of failures. */
  readonly kinds: Readonly<Partial<Record<FailureKind, string>>>;
  start(hooks: Hooks): Promise<S>;
  config(service: S): Readonly<Record<string, unknown>>;
  /** Where the gateway listens. */
  setGateway?(service: S, url: string): void;
  recipient?(service: S, ending: string | null): string;
  /** Title or sender, where the service shows one. */
  readonly shown?: Partial<Pick<StandInMessage, "from" | "subject">>;
}

export function adapt<S extends { readonly url: string; close(): Promise<void> }>(
  own: Adapted<S>,
  { clock, timings }: StandInParts,
): StandIn {
  const { deliveryMs, receiptMs, lateReceiptMs } = { ...defaultStandInTimings, ...timings };
  let receiver: (message: StandInMessage) => void = () => undefined;
  let failureOf: (to: string) => FailureKind | null = () => null;
  let service: S | null = null;
  const pending = new Set<() => void>();

  function after(ms: number, run: () => void): void {
    const cancel = clock.after(ms, () => {
      pending.delete(cancel);
      run();
    });
    pending.add(cancel);
  }

  const hooks: Hooks = {
    failureOf(to) {
      const kind = failureOf(to);
      return kind === null ? null : (own.kinds[kind] ?? null);
    },
    onMessage({ to, text }) {
      after(deliveryMs, () => {
        const shown = { from: null, subject: null, ...own.shown };
        receiver({ channel: own.channel, to, text, atMs: clock.nowMs(), ...shown, html: null, details: {} });
      });
    },
    later: (late, run) => after(deliveryMs + (late ? lateReceiptMs : receiptMs), run),
  };
  const started = (): S => {
    if (service === null) throw new Error(`${own.name} has not been started`);
    return service;
  };

  return {
    ...{ name: own.name, channel: own.channel },
    failures: Object.keys(own.kinds) as FailureKind[],
    async start(): Promise<Listening> {
      service = await own.start(hooks);
      const { hostname, port } = new URL(service.url);
      return { url: service.url, host: hostname, port: Number(port) };
    },
    async stop() {
      for (const cancel of pending) cancel();
      pending.clear();
      await service?.close();
      service = null;
    },
    onMessage(next) {
      receiver = next;
    },
    setFailure(next) {
      failureOf = next;
    },
    config: () => own.config(started()),
    ...(own.setGateway && { setGateway: (url: string) => own.setGateway?.(started(), url) }),
    ...(own.recipient && { recipient: (ending: string | null) => own.recipient?.(started(), ending) ?? "" }),
  };
}
