/** All routes of the channel as one provider: routing by prefix, and failover where a route did not take the message. */
import type { Logger } from "pino";
import { type Clock, stopwatch } from "../../shared/clock.ts";
import { Refusal } from "../../shared/refusal.ts";
import { splitSms } from "../messages/gsm.ts";
import type {
  MessageOrder,
  MessageProvider,
  MessageReport,
  MessageResult,
  OutgoingMessage,
} from "../messages/provider-port.ts";
import type { NoSmsPlace, SmsAnswer, SmsOrder, SmsPlace, SmsRoute } from "./route-port.ts";
import type { SmsRouting } from "./routing.ts";

export interface SmsProviderParts {
  readonly routes: ReadonlyMap<string, SmsRoute>;
  readonly routing: SmsRouting;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A bind or a breaker takes about that long. */
const downRetryMs = 5000;

/** A place on a route, and what it means for the delivery. */
interface Found {
  readonly route: SmsRoute;
  readonly order: SmsOrder;
  readonly place: SmsPlace;
  readonly cost: number | null;
}

export function createSmsProvider({ routes, routing, clock, logger }: SmsProviderParts): MessageProvider {
  const all = [...routes.values()];
  /** A slow refusal leaves time for one more route; after quick ones there may be more. */
  const submitLimitMs = all
    .map((route) => route.submitLimitMs)
    .sort((a, b) => b - a)
    .slice(0, 2)
    .reduce((sum, ms) => sum + ms, 0);

  /** The first route with a place, and those behind it. @returns why there is none, by route */
  async function find(
    names: readonly string[],
    order: MessageOrder,
  ): Promise<{ found: Found | null; left: readonly string[]; none: readonly NoSmsPlace[] }> {
    const none: NoSmsPlace[] = [];
    for (const [index, name] of names.entries()) {
      const route = routes.get(name);
      if (route === undefined) continue;
      const own: SmsOrder = { ...pick(order), sender: routing.sender(name, order.app, order.country) };
      const place = await route.reserve(own);
      if ("none" in place) {
        none.push(place);
        continue;
      }
      const cost = routing.cost(name, order.to, place.segments);
      return { found: { route, order: own, place, cost }, left: names.slice(index + 1), none };
    }
    return { found: null, left: [], none };
  }

  async function submit(first: Found, others: readonly string[], message: OutgoingMessage) {
    const passedMs = stopwatch(clock);
    let [current, left] = [first, others];
    for (;;) {
      const { route, order, place } = current;
      const answer = await place.submit({ ...order, ...own(message), validityMs: message.minutes * 60_000 });
      const next = mayGoOn(answer) ? await other(left, message, submitLimitMs - passedMs()) : null;
      if (next === null) {
        const report = { ...reportOf(answer), ...(current !== first && { result: resultOf(current) }) };
        return { report, receiptId: answer.kind === "taken" ? answer.receiptId : null };
      }
      logger.info({ from: route.name, to_route: next.found.route.name }, "an SMS goes over another route");
      [current, left] = [next.found, next.left];
    }
  }

  async function other(names: readonly string[], message: OutgoingMessage, timeLeftMs: number) {
    const inTime = names.filter((name) => (routes.get(name)?.submitLimitMs ?? 0) <= timeLeftMs);
    // Where the store does not answer, the answer of the first route stands.
    const { found, left } = await find(inTime, message).catch(() => ({ found: null, left: [] }));
    return found === null ? null : { found, left };
  }

  return {
    submitLimitMs,
    priceOf(to, text) {
      const prices = routing
        .routesTo(to)
        .flatMap((name) => routing.cost(name, to, routes.get(name)?.segmentsOf(text) ?? 1) ?? []);
      return prices.length === 0 ? null : Math.max(...prices);
    },
    async reserve(order) {
      const names = routing.routesTo(order.to);
      if (names.length === 0) throw noRouteTo();
      const { found, left, none } = await find(names, order);
      if (found === null) throw noRoute(none);
      return {
        details: resultOf(found),
        cost: found.cost,
        submit: (message) => submit(found, left, message),
        release: () => found.place.release(),
      };
    },
    preview(order) {
      const names = routing.routesTo(order.to);
      if (names.length === 0) throw noRouteTo();
      const route = names.flatMap((name) => routes.get(name) ?? []).find((one) => one.health().up);
      if (route === undefined) throw noRoute([{ none: "provider_down", retryAfterMs: downRetryMs }]);
      const segments = splitSms(order.text).parts.length;
      const cost = routing.cost(route.name, order.to, segments);
      const sender = routing.sender(route.name, order.app, order.country);
      return { details: { route: route.name, sender, segments, cost }, cost, sent: null, receipts: true };
    },
    onReceipt(receiver) {
      for (const route of all) route.onReceipt(receiver);
    },
    onText(receiver) {
      for (const route of all) route.onText(receiver);
    },
    health: () => ({
      up: all.some((route) => route.health().up),
      // Each delivery asks whether it is up, operators alone why not.
      get detail() {
        return all.map((route) => `${route.name}: ${route.health().detail}`).join("; ");
      },
    }),
    async start() {
      await Promise.all(all.map((route) => route.start()));
    },
    async stop(graceMs) {
      await Promise.all(all.map((route) => route.stop(graceMs)));
    },
  };
}

const pick = ({ app, to, country, text, locale }: MessageOrder) => ({ app, to, country, text, locale });
const own = ({ deliveryId, app, to, country, text, locale }: OutgoingMessage) => ({
  deliveryId,
  app,
  to,
  country,
  text,
  locale,
});

function mayGoOn(answer: SmsAnswer): boolean {
  return answer.kind === "refused" && answer.elsewhere;
}

function reportOf(answer: SmsAnswer): MessageReport {
  if (answer.kind === "taken") return { state: "sent" };
  if (answer.kind === "partly_taken") return { state: "failed", reason: answer.reason, inPart: true };
  return { state: "failed", reason: answer.kind === "unknown" ? "unknown_result" : answer.reason };
}

/** As the API shows it under `sms`. */
function resultOf({ route, order, place, cost }: Found): MessageResult {
  return { route: route.name, sender: order.sender, segments: place.segments, cost };
}

function noRouteTo(): Refusal {
  return new Refusal("invalid_request", "No route carries SMS to this number.");
}

function noRoute(none: readonly NoSmsPlace[]): Refusal {
  const retryAfterMs = Math.min(...none.map((one) => one.retryAfterMs));
  return none.some((one) => one.none === "throttled")
    ? new Refusal("capacity", "All SMS routes to this number are at their limits; try again later.", retryAfterMs)
    : new Refusal("channel_unavailable", "No SMS route to this number is connected.", retryAfterMs);
}
