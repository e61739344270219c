/** One business phone number: its gate, and how it sends a message. */
import { createGate, type Gate, type GateResult } from "../../outgoing-http/gate.ts";
import { jsonOf, type OutgoingHttp, type OutgoingResponse, retryAfterMsOf } from "../../outgoing-http/request.ts";
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { withoutAnswer } from "../messages/over-http.ts";
import type { MessageReport, OutgoingMessage } from "../messages/provider-port.ts";
import { createRecipientLimit, type RecipientLimit } from "../messages/recipient-limit.ts";
import type { WhatsAppConfig } from "./config.ts";
import { type FailureScope, whatsAppFailure } from "./failures.ts";

export interface Template {
  readonly name: string;
  readonly language: string;
}

export interface PhoneNumber {
  readonly name: string;
  readonly prefixes: readonly string[];
  readonly gate: Gate;
  readonly pairs: RecipientLimit;
  /** Never throws. `receiptId` is null where no receipt will come. */
  send(
    message: Pick<OutgoingMessage, "to" | "code">,
    template: Template,
  ): Promise<{ readonly report: MessageReport; readonly receiptId: string | null }>;
}

/** The receipts' id of a message: the provider's name and Meta's id. */
export const receiptIdOf = (wamid: string) => `whatsapp:${wamid}`;

/** Meta takes about one message each 6 s from one number to one recipient (error 131056). */
const pairBackoff = { firstMs: 6000, longestMs: 300_000 };

/** Ids of messages take 50 to 100 characters. */
export const maxIdLength = 300;

export function createPhoneNumber(
  name: string,
  options: {
    readonly config: WhatsAppConfig;
    readonly http: OutgoingHttp;
    readonly clock: Clock;
    readonly random: Random;
  },
): PhoneNumber {
  const { config, http, clock, random } = options;
  const own = config.phone_numbers[name];
  if (own === undefined) throw new Error(`no phone number ${name}`);
  const gate = createGate({ clock, random, perSecond: own.messages_per_second });
  const pairs = createRecipientLimit(clock, random, pairBackoff);
  const base = config.api_url.replace(/\/+$/, "");
  const url = new URL(`${base}/${config.api_version}/${own.phone_number_id}/messages`);
  const headers = { authorization: `Bearer ${config.access_token}`, "content-type": "application/json" };

  function gateResult(scope: FailureScope, code: number | null, retryAfterMs: number | null): GateResult {
    switch (scope) {
      case "number":
        return { kind: "throttled", retryAfterMs };
      case "down":
        return { kind: "down", retryAfterMs };
      case "denied":
        return { kind: "denied", detail: `Meta refuses token, account or number (error ${code ?? "without a code"})` };
      default:
        return { kind: "fine" };
    }
  }

  function failed(response: OutgoingResponse, to: string): MessageReport {
    const code = errorCodeOf(jsonOf(response)?.error);
    const { reason, scope } = whatsAppFailure(code, response.status);
    if (scope === "pair") pairs.hit(to, null);
    gate.result(gateResult(scope, code, waitOf(response, clock.nowMs())));
    return { state: "failed", reason, result: { error_code: code } };
  }

  return {
    ...{ name, gate, pairs, prefixes: own.prefixes },
    async send(message, template) {
      try {
        const response = await http.request({ method: "POST", url, headers, body: bodyOf(message, template) });
        if (response.status !== 200) return { report: failed(response, message.to), receiptId: null };
        gate.result({ kind: "fine" });
        return answerOf(jsonOf(response));
      } catch (error) {
        const { reason, gate: result } = withoutAnswer(error);
        gate.result(result);
        return { report: { state: "failed", reason }, receiptId: null };
      }
    },
  };
}

/** @see developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates/auth-otp-template-messages */
function bodyOf({ to, code }: Pick<OutgoingMessage, "to" | "code">, { name, language }: Template): string {
  const parameters = [{ type: "text", text: code }];
  return JSON.stringify({
    messaging_product: "whatsapp",
    recipient_type: "individual",
    to,
    type: "template",
    template: {
      name,
      language: { code: language },
      components: [
        { type: "body", parameters },
        // The copy-code button is a button of type url for the API.
        { type: "button", sub_type: "url", index: "0", parameters },
      ],
    },
  });
}

/** `message_status`: accepted, held_for_quality_assessment (it may still be sent) or paused (it will not). */
function answerOf(body: Readonly<Record<string, unknown>> | null): Awaited<ReturnType<PhoneNumber["send"]>> {
  const [message] = Array.isArray(body?.messages) ? (body.messages as unknown[]) : [];
  const { id, message_status: status } = (message ?? {}) as {
    readonly id?: unknown;
    readonly message_status?: unknown;
  };
  if (typeof id !== "string" || id === "" || id.length > maxIdLength) {
    return { report: { state: "failed", reason: "unknown_result" }, receiptId: null };
  }
  if (status === "paused") return { report: { state: "failed", reason: "rejected" }, receiptId: null };
  return { report: { state: "sent" }, receiptId: receiptIdOf(id) };
}

/** The code of one of Meta's error objects, in answers and receipts alike. */
export function errorCodeOf(error: unknown): number | null {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "number" && Number.isInteger(code) ? code : null;
}

/** Retry-After, or the minutes that Meta gives in a header of its own. */
function waitOf({ headers }: OutgoingResponse, nowMs: number): number | null {
  const usage = String(headers["x-business-use-case-usage"] ?? "");
  const minutes = Number(/"estimated_time_to_regain_access":\s*(\d{1,3})\b/.exec(usage)?.[1] ?? 0);
  return retryAfterMsOf(headers, nowMs) ?? (minutes > 0 ? Math.min(minutes, 60) * 60_000 : null);
}
