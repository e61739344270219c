/** What FCM, APNs and Web Push have in common for the provider. */
import type { GateEntry, GateResult } from "../../outgoing-http/gate.ts";
import type { MessageFailure, MessageReport, OutgoingMessage } from "../messages/provider-port.ts";
import type { Registration } from "./registration.ts";

/**
 * What a service's answer means: for the message, for the registration (`gone`: it was valid once, forget it;
 * `invalid`: it never was, for this project, topic or key), and for more than this message.
 */
export interface PushFailure {
  readonly reason: MessageFailure;
  readonly registration: "gone" | "invalid" | null;
  /** `recipient`: too many to this device; `service`: too many in all. */
  readonly scope: "message" | "recipient" | "service" | "down" | "denied";
}

/** The service takes no part in what is wrong with a message or its recipient. */
export function pushGateResult({ scope }: PushFailure, retryAfterMs: number | null, detail: string): GateResult {
  switch (scope) {
    case "service":
      return { kind: "throttled", retryAfterMs };
    case "down":
      return { kind: "down", retryAfterMs };
    case "denied":
      return { kind: "denied", detail };
    default:
      return { kind: "fine" };
  }
}

/** One project, app or key pair of a push service. */
export interface PushService {
  /** Takes a place in its rate; ends by `leave` or `send`. */
  enter(registration: Registration): GateEntry;
  leave(registration: Registration): void;
  /** Never throws. */
  send(message: OutgoingMessage, registration: Registration): Promise<MessageReport>;
  health(): { readonly up: boolean; readonly detail: string };
  /** Asks the service whether our credentials are accepted, without a notification: null, or what is wrong. */
  examine(): Promise<string | null>;
  close(): void;
}

export function failed({ reason, registration }: PushFailure): MessageReport {
  return { state: "failed", reason, result: { registration } };
}
