/** A route over HTTP: how one message goes to a provider that the configuration describes. */
import { createOutgoingHttp } from "../../../outgoing-http/client.ts";
import { OutgoingHttpError } from "../../../outgoing-http/failure.ts";
import { createGate } from "../../../outgoing-http/gate.ts";
import type { OutgoingHttp, OutgoingRequest } from "../../../outgoing-http/request.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { Random } from "../../../shared/random.ts";
import { createInProgress, withoutAnswer } from "../../messages/over-http.ts";
import type { Receipt, ReceiptReceiver } from "../../messages/provider-port.ts";
import type { SmsAnswer, SmsMessage, SmsRoute } from "../route-port.ts";
import { answerReader, refused } from "./answers.ts";
import type { SmsHttpConfig } from "./config.ts";
import { requestTemplate, valuesOf } from "./template.ts";

/** Timers of a busy process are late. */
const timerMarginMs = 1000;

export interface SmsHttpRoute extends SmsRoute {
  /** Null: the route has no receipts. */
  readonly receipts: SmsHttpConfig["receipts"] | null;
  /** Takes a receipt that was verified; resolves to false where it should come again. */
  receive(receipt: Receipt): Promise<boolean>;
}

export interface SmsHttpRouteParts {
  readonly name: string;
  readonly config: SmsHttpConfig;
  /** How many segments a text takes. */
  readonly segmentsOf: (text: string) => number;
  readonly clock: Clock;
  readonly random: Random;
  /** In tests. */
  readonly http?: OutgoingHttp;
}

/** Names a message in receipts. */
export const receiptIdOf = (route: string, messageId: string) => `${route}:${messageId}`;

export function createSmsHttpRoute(parts: SmsHttpRouteParts): SmsHttpRoute {
  const { name, config, segmentsOf, clock, random } = parts;
  const { request_timeout_ms: deadlineMs, idempotency_header: idempotencyHeader } = config;
  const http = parts.http ?? createOutgoingHttp({ clock, allowPrivate: config.allow_private, deadlineMs });
  const gate = createGate({ clock, random, perSecond: config.messages_per_second });
  const fillRequest = requestTemplate(config);
  const read = answerReader(config, config.receipts === undefined ? null : (id) => receiptIdOf(name, id));
  const inProgress = createInProgress(clock);
  const tries = idempotencyHeader === undefined ? 1 : 2;
  let receiver: ReceiptReceiver = async () => false;

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

  return {
    name,
    receipts: config.receipts ?? null,
    submitLimitMs: deadlineMs * tries + timerMarginMs,
    async reserve({ text }) {
      const entry = gate.enter();
      if (!entry.open) {
        return { none: entry.why === "down" ? "provider_down" : "throttled", retryAfterMs: entry.retryAfterMs };
      }
      return {
        segments: segmentsOf(text),
        submit: (message) => inProgress.track(send(requestOf(message))),
        release: () => gate.leave(),
      };
    },
    onReceipt(next) {
      receiver = next;
    },
    receive: (receipt) => receiver(receipt),
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
