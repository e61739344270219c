/** A route over HTTP: how one message goes to a provider that the configuration describes. */
import type { Logger } from "pino";
import { createOutgoingHttp } from "../../../outgoing-http/client.ts";
import { OutgoingHttpError } from "../../../outgoing-http/failure.ts";
import { createGate } from "../../../outgoing-http/gate.ts";
import type { OutgoingHttp, OutgoingRequest } from "../../../outgoing-http/request.ts";
import { type Clock, steadyClock, stopwatch } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import type { InboundTextReceiver } from "../../messages/inbound-text-port.ts";
import { createInProgress, withoutAnswer } from "../../messages/over-http.ts";
import type { Receipt, ReceiptReceiver } from "../../messages/provider-port.ts";
import type { MessageAdmission, MessageTurn } from "../admission-port.ts";
import type { SmsAnswer, SmsMessage, SmsRoute } from "../route-port.ts";
import { answerReader, refused } from "./answers.ts";
import type { SmsHttpConfig } from "./config.ts";
import { requestTemplate, valuesOf } from "./template.ts";

/** Of one process: never reached. */
const unlimited = 100_000;
/** Timers of a busy process are late. */
const timerMarginMs = 1000;

export interface SmsHttpRoute extends SmsRoute {
  /** Null: the route has no receipts. */
  readonly receipts: SmsHttpConfig["receipts"] | null;
  /** Null: the route gets no texts. */
  readonly texts: SmsHttpConfig["texts"] | null;
  /** Takes a text that was verified; resolves to false where it should come again. */
  receiveText: InboundTextReceiver;
  /** Takes a receipt that was verified; resolves to false where it should come again. */
  receive(receipt: Receipt): Promise<boolean>;
}

export interface SmsHttpRouteParts {
  readonly name: string;
  readonly config: SmsHttpConfig;
  /** How many segments a text takes. */
  readonly segmentsOf: (text: string) => number;
  readonly admission: MessageAdmission;
  /** An app's weight, and whether there are others to share with. */
  readonly shareOf: (app: string) => { readonly weight: number; readonly shares: boolean };
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** In tests. */
  readonly http?: OutgoingHttp;
}

/** Names a message in receipts. */
export const receiptIdOf = (route: string, messageId: string) => `${route}:${messageId}`;

export function createSmsHttpRoute(parts: SmsHttpRouteParts): SmsHttpRoute {
  const { name, config, segmentsOf, admission, shareOf, clock, random, logger } = parts;
  const { request_timeout_ms: deadlineMs, idempotency_header: idempotencyHeader } = config;
  const http = parts.http ?? createOutgoingHttp({ clock, allowPrivate: config.allow_private, deadlineMs });
  /** Back-off and circuit; the rate itself is counted over all gateways. */
  const gate = createGate({ clock, random, perSecond: unlimited });
  const limits = { name: `${name}.http`, messagesPerSecond: config.messages_per_second };
  const fillRequest = requestTemplate(config);
  const read = answerReader(config, config.receipts === undefined ? null : (id) => receiptIdOf(name, id));
  const steady = steadyClock(clock);
  const inProgress = createInProgress(clock);
  const tries = idempotencyHeader === undefined ? 1 : 2;
  let receiver: ReceiptReceiver = async () => false;
  let textReceiver: InboundTextReceiver = async () => true;

  function requestOf(message: SmsMessage): OutgoingRequest {
    const { url, headers, body } = fillRequest(valuesOf(message));
    const own: Record<string, string> = { ...authorizationOf(config), ...headers };
    if (body !== null) own["content-type"] ??= contentTypeOf(config);
    if (idempotencyHeader !== undefined) own[idempotencyHeader.toLowerCase()] = message.deliveryId;
    return { method: config.method, url, headers: own, ...(body !== null && { body }) };
  }

  /** Again only where the provider promised to send it once, and where nothing is known of the first try. */
  async function send(request: OutgoingRequest): Promise<SmsAnswer> {
    for (let tried = 1; ; tried++) {
      try {
        const { answer, gate: result } = read(await http.request(request), clock.nowMs());
        if (answer.kind === "unknown" && tried < tries) continue;
        gate.result(result);
        return answer;
      } catch (error) {
        const { reason, gate: result } = withoutAnswer(error);
        if (tried < tries && error instanceof OutgoingHttpError && error.sent) continue;
        gate.result(result);
        return reason === "unknown_result" ? { kind: "unknown" } : refused(reason);
      }
    }
  }

  async function takeTurn(app: string): Promise<MessageTurn> {
    try {
      const own = { binds: [limits], messages: 1, maxWaitMs: config.max_queue_ms };
      return await admission.reserve({ ...own, app, ...shareOf(app) });
    } catch (error) {
      gate.leave();
      throw error;
    }
  }

  async function sendAt(atMs: number, request: OutgoingRequest): Promise<SmsAnswer> {
    const passedMs = stopwatch(clock);
    const waitMs = atMs - steady.nowMs();
    if (waitMs > 0) await new Promise<void>((resolve) => void clock.after(waitMs, resolve));
    if (passedMs() <= config.max_queue_ms + timerMarginMs) return await send(request);
    // This process was frozen meanwhile: the delivery is taken for lost, and the next one may have begun.
    gate.leave();
    return refused("provider_down");
  }

  return {
    name,
    segmentsOf,
    receipts: config.receipts ?? null,
    texts: config.texts ?? null,
    submitLimitMs: config.max_queue_ms + deadlineMs * tries + timerMarginMs,
    async reserve({ app, text }) {
      const entry = gate.enter();
      if (!entry.open) {
        return { none: entry.why === "down" ? "provider_down" : "throttled", retryAfterMs: entry.retryAfterMs };
      }
      const startedMs = steady.nowMs();
      const turn = await takeTurn(app);
      if (turn.kind === "full") {
        gate.leave();
        return { none: "throttled", retryAfterMs: turn.retryAfterMs };
      }
      return {
        segments: segmentsOf(text),
        submit: (message) => inProgress.track(sendAt(startedMs + turn.waitMs, requestOf(message))),
        release() {
          gate.leave();
          admission.giveBack(limits, 1).catch(() => {
            logger.warn({ route: name }, "time of an unsent message could not be returned: it passes unused");
          });
        },
      };
    },
    onReceipt(next) {
      receiver = next;
    },
    receive: (receipt) => receiver(receipt),
    onText(next) {
      textReceiver = next;
    },
    receiveText: (text) => textReceiver(text),
    health: () => gate.health(),
    start: async () => undefined,
    async stop(graceMs) {
      await inProgress.settle(graceMs);
      http.close();
    },
  };
}

function authorizationOf({ basic, bearer }: SmsHttpConfig): Readonly<Record<string, string>> {
  if (bearer !== undefined) return { authorization: `Bearer ${bearer}` };
  if (basic === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${basic.user}:${basic.password}`).toString("base64")}` };
}

function contentTypeOf({ json }: SmsHttpConfig): string {
  return json === undefined ? "application/x-www-form-urlencoded" : "application/json";
}
