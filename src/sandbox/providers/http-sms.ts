/** The stand-in of an SMS aggregator with an HTTP API. */
import { adapt } from "./adapt.ts";
import type { StandIn, StandInParts } from "./provider.ts";
import { startSmsHttp } from "./sms-http-server.ts";

const route = "aggregator";

/** A route to it, as an operator would describe it. */
export function smsHttpRouteConfig(options: {
  readonly url: string;
  readonly token: string;
  readonly signingKey: string;
}) {
  return {
    url: `${options.url}/v1/messages`,
    bearer: options.token,
    json: JSON.stringify({ to: "{to}", text: "{text}", from: "{sender}", reference: "{id}" }),
    idempotency_header: "Idempotency-Key",
    success_statuses: [201],
    message_id: { pointer: "/message/id" },
    failure_code: { pointer: "/error/code" },
    failures: [
      { code: "invalid_number", reason: "invalid_recipient" },
      { code: "recipient_blocked", reason: "blocked" },
    ],
    receipts: {
      ...{ secret: options.signingKey, signature_header: "X-Signature", signature_prefix: "v1=" },
      ...{ encoding: "base64", signed: "{timestamp}.{body}", timestamp_header: "X-Timestamp" },
      ...{ message_id: "/id", state: "/status", error: "/error" },
      states: { accepted: "sent", delivered: "delivered", undelivered: "failed" },
      reasons: { absent: "not_reachable" },
    },
    allow_private: true,
  };
}

export function createSmsHttpStandIn(parts: StandInParts): StandIn {
  const secret = () => parts.random.bytes(24).toString("base64url");
  const [token, signingKey] = [secret(), secret()];
  return adapt(
    {
      ...{ name: "sms-http", channel: "sms" },
      kinds: {
        unknown_recipient: "invalid_number",
        not_reachable: "invalid_number",
        blocked: "blocked",
        throttled: "throttled_briefly",
        down: "unavailable",
        lost_answer: "lost_answer",
        no_receipt: "swallowed",
        failed_receipt: "failed_receipt",
        late_receipt: "late_receipt",
        odd_receipts: "odd_receipts",
      },
      start: (hooks) => startSmsHttp({ token, signingKey, ...hooks }),
      config: ({ url }) => ({
        sms: { routes: { [route]: { http: smsHttpRouteConfig({ url, token, signingKey }) } } },
      }),
      setGateway: (service, url) => service.setWebhook(new URL(`/webhooks/sms/${route}`, url).href),
    },
    parts,
  );
}
