/** What an answer of the provider means, by the configuration. */
import type { GateResult } from "../../../outgoing-http/gate.ts";
import { type OutgoingResponse, retryAfterMsOf } from "../../../outgoing-http/request.ts";
import type { MessageFailure } from "../../messages/provider-port.ts";
import type { SmsAnswer } from "../route-port.ts";
import type { SmsHttpConfig } from "./config.ts";
import { reader } from "./values.ts";

export interface ReadAnswer {
  readonly answer: SmsAnswer;
  readonly gate: GateResult;
}

type Config = Pick<
  SmsHttpConfig,
  "success_statuses" | "success_value" | "success_values" | "message_id" | "failure_code" | "failures"
>;

/** These lie with the route: another may take the message. All others lie with the recipient. */
const ofRoute: readonly MessageFailure[] = ["throttled", "provider_down", "rejected"];

/**
 * Of a server between, which waited for the provider in vain and says nothing of what became of the message: 504, and 520
 * and 524 of a CDN. Sent by another route, it would arrive twice.
 */
const unheard: ReadonlySet<number> = new Set([504, 520, 524]);

export const refused = (reason: MessageFailure): SmsAnswer => ({
  ...{ kind: "refused", reason },
  elsewhere: ofRoute.includes(reason),
});

/** @param receiptIdOf makes the receipts' id of a message id; null: no receipts are configured */
export function answerReader(config: Config, receiptIdOf: ((id: string) => string) | null) {
  const [successValue, messageId, failureCode] = [config.success_value, config.message_id, config.failure_code].map(
    reader,
  );

  function isTaken(status: number, body: string): boolean {
    if (!config.success_statuses.includes(status)) return false;
    return config.success_value === undefined || config.success_values.includes(successValue?.(body) ?? "");
  }

  function reasonOf(status: number, body: string): MessageFailure {
    const code = failureCode?.(body) ?? null;
    const row = config.failures.find(
      (one) => (one.status === undefined || one.status === status) && (one.code === undefined || one.code === code),
    );
    if (row !== undefined) return row.reason;
    if (status === 429) return "throttled";
    if (unheard.has(status)) return "unknown_result";
    return status >= 500 ? "provider_down" : "rejected";
  }

  return (response: OutgoingResponse, nowMs: number): ReadAnswer => {
    const { status } = response;
    const body = response.body.toString("utf8");
    if (isTaken(status, body)) {
      const id = messageId?.(body) ?? null;
      const receiptId = id === null || receiptIdOf === null ? null : receiptIdOf(id);
      return { answer: { kind: "taken", receiptId }, gate: { kind: "fine" } };
    }
    const reason = reasonOf(status, body);
    const answer: SmsAnswer = reason === "unknown_result" ? { kind: "unknown" } : refused(reason);
    return { answer, gate: gateOf(reason, status, retryAfterMsOf(response.headers, nowMs)) };
  };
}

function gateOf(reason: MessageFailure, status: number, retryAfterMs: number | null): GateResult {
  if (reason === "throttled") return { kind: "throttled", retryAfterMs };
  if (reason === "provider_down" || (reason === "unknown_result" && status >= 500))
    return { kind: "down", retryAfterMs };
  if (reason === "rejected" && (status === 401 || status === 403)) {
    return { kind: "denied", detail: `the provider refuses our credentials (HTTP ${status})` };
  }
  return { kind: "fine" };
}
