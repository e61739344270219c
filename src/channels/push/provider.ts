/** All push services behind one provider; the registration and the app select one. */
import type { Clock } from "../../shared/clock.ts";
import { Refusal } from "../../shared/refusal.ts";
import { closedGate, createInProgress } from "../messages/over-http.ts";
import type { MessageOrder, MessageProvider } from "../messages/provider-port.ts";
import type { PushConfig } from "./config.ts";
import { type IsPushService, parseRegistration, type Registration } from "./registration.ts";
import type { PushService } from "./service.ts";

/** A token of Google may have to be fetched first. */
const requestsEach = 2;
/** Timers of a busy process are late. */
const timerMarginMs = 1000;

export type ServiceName = Registration["service"];

export interface ServiceEntry {
  readonly kind: ServiceName;
  readonly name: string;
  /** Null: all that no other entry names. */
  readonly apps: readonly string[] | null;
  readonly service: PushService;
}

export function createPushProvider(options: {
  readonly config: Pick<PushConfig, "price" | "request_timeout_ms">;
  readonly entries: readonly ServiceEntry[];
  readonly isPushService: IsPushService;
  readonly clock: Clock;
}): MessageProvider {
  const { config, entries, isPushService, clock } = options;
  const inProgress = createInProgress(clock);

  function entryFor(kind: ServiceName, app: string): ServiceEntry | undefined {
    const own = entries.filter((entry) => entry.kind === kind);
    return own.find(({ apps }) => apps?.includes(app)) ?? own.find(({ apps }) => apps === null);
  }

  /** @throws {Refusal} where no service of this app takes the registration */
  function serving({ app, to }: Pick<MessageOrder, "app" | "to">) {
    const parsed = parseRegistration(to, isPushService);
    if ("problem" in parsed) throw new Refusal("invalid_request", `\`to\` ${parsed.problem}.`);
    const { registration } = parsed;
    const entry = entryFor(registration.service, app);
    if (entry === undefined) {
      throw new Refusal("invalid_request", `\`to\`: ${registration.service} is not set up for this app.`);
    }
    return { registration, service: entry.service };
  }

  return {
    submitLimitMs: config.request_timeout_ms * requestsEach + timerMarginMs,
    priceOf: () => config.price ?? null,
    async reserve(order) {
      const { registration, service } = serving(order);
      const entered = service.enter(registration);
      if (!entered.open) throw closedGate(entered);
      return {
        details: { service: registration.service, registration: null },
        cost: config.price ?? null,
        submit: (message) =>
          inProgress.track(service.send(message, registration).then((report) => ({ report, receiptId: null }))),
        release: () => service.leave(registration),
      };
    },
    preview(order) {
      const details = { service: serving(order).registration.service, registration: null };
      return { details, cost: config.price ?? null, sent: { registration: null }, receipts: false };
    },
    // No push service says what became of a notification.
    onReceipt: () => undefined,
    health() {
      const all = entries.map(({ kind, name, service }) => ({ label: `${kind}.${name}`, ...service.health() }));
      return { up: all.some(({ up }) => up), detail: all.map(({ label, detail }) => `${label}: ${detail}`).join("; ") };
    },
    start: async () => undefined,
    async stop(graceMs) {
      await inProgress.settle(graceMs);
      for (const { service } of entries) service.close();
    },
  };
}
