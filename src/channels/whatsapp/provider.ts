/** All phone numbers behind one provider: the best one for a recipient, and another where it cannot send. */
import type { GateEntry } from "../../outgoing-http/gate.ts";
import type { OutgoingHttp } from "../../outgoing-http/request.ts";
import type { Clock } from "../../shared/clock.ts";
import { ownEntry } from "../../shared/own-entry.ts";
import type { Random } from "../../shared/random.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { InboundTextReceiver } from "../messages/inbound-text-port.ts";
import { closedGate, createInProgress } from "../messages/over-http.ts";
import { priceOf } from "../messages/price-list.ts";
import type { MessageProvider, ReceiptReceiver } from "../messages/provider-port.ts";
import type { WhatsAppConfig } from "./config.ts";
import { templateLanguage } from "./language.ts";
import { createPhoneNumber, type PhoneNumber, type Template } from "./phone-number.ts";
import { receiptsOf, textsOf } from "./receipts.ts";

/** Timers of a busy process are late. */
const timerMarginMs = 1000;

export interface WhatsAppProvider extends MessageProvider {
  /** Takes the body of a webhook that was verified; resolves to false where it should come again. */
  receive(body: unknown): Promise<boolean>;
}

export function createWhatsAppProvider(options: {
  readonly config: WhatsAppConfig;
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  readonly random: Random;
}): WhatsAppProvider {
  const { config, http, clock, random } = options;
  const numbers = Object.keys(config.phone_numbers).map((name) =>
    createPhoneNumber(name, { config, http, clock, random }),
  );
  const ours = new Set(Object.values(config.phone_numbers).map(({ phone_number_id }) => phone_number_id));
  const inProgress = createInProgress(clock);
  let receiver: ReceiptReceiver = async () => false;
  let textReceiver: InboundTextReceiver = async () => true;

  function templateOf(app: string, locale: string): Template {
    const { name, languages } = ownEntry(config.app_templates, app) ?? config.template;
    return { name, language: templateLanguage(locale, languages) };
  }

  /** Those that serve the recipient, the most specific first. */
  function serving(to: string): readonly PhoneNumber[] {
    const fitness = ({ prefixes }: PhoneNumber) =>
      Math.max(0, ...prefixes.filter((prefix) => to.startsWith(prefix)).map((prefix) => prefix.length));
    return numbers.filter((number) => fitness(number) > 0).sort((a, b) => fitness(b) - fitness(a));
  }

  /** Takes a place at the first number that has one. @throws {Refusal} */
  function enter(to: string): PhoneNumber {
    const candidates = serving(to);
    if (candidates.length === 0) throw noNumberServes();
    let soonest: Extract<GateEntry, { open: false }> | null = null;
    for (const number of candidates) {
      const pairMs = number.pairs.waitMs(to);
      const entry: GateEntry =
        pairMs > 0 ? { open: false, why: "throttled", retryAfterMs: pairMs } : number.gate.enter();
      if (entry.open) return number;
      if (soonest === null || entry.retryAfterMs < soonest.retryAfterMs) soonest = entry;
    }
    throw closedGate(soonest ?? { open: false, why: "down", retryAfterMs: timerMarginMs });
  }

  return {
    submitLimitMs: config.request_timeout_ms + timerMarginMs,
    priceOf: (to) => priceOf(config.prices, to),
    async reserve({ app, to, locale }) {
      const number = enter(to);
      const template = templateOf(app, locale);
      return {
        details: { sender: number.name, template: template.name, language: template.language },
        cost: priceOf(config.prices, to),
        submit: (message) => inProgress.track(number.send(message, template)),
        release: () => number.gate.leave(),
      };
    },
    preview({ app, to, locale }) {
      const [number] = serving(to);
      if (number === undefined) throw noNumberServes();
      const template = templateOf(app, locale);
      const details = { sender: number.name, template: template.name, language: template.language };
      return { details, cost: priceOf(config.prices, to), sent: null, receipts: true };
    },
    onReceipt(next) {
      receiver = next;
    },
    onText(next) {
      textReceiver = next;
    },
    async receive(body) {
      const taken = await Promise.all([
        ...receiptsOf(body, ours).map((receipt) => receiver(receipt)),
        ...textsOf(body, ours).map((text) => textReceiver(text)),
      ]);
      return !taken.includes(false);
    },
    health() {
      const all = numbers.map(({ name, gate }) => ({ name, ...gate.health() }));
      return { up: all.some(({ up }) => up), detail: all.map(({ name, detail }) => `${name}: ${detail}`).join("; ") };
    },
    start: async () => undefined,
    async stop(graceMs) {
      await inProgress.settle(graceMs);
      http.close();
    },
  };
}

function noNumberServes(): Refusal {
  return new Refusal("invalid_request", "`to`: no WhatsApp number serves this country.");
}
