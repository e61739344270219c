/** A simulated SMS aggregator with an HTTP API as many have: JSON or form, bearer token, signed receipts. */
import { createHmac, randomUUID } from "node:crypto";
import {
  type Answer,
  createInbox,
  type Handle,
  hangUp,
  isCredential,
  jsonIn,
  type Reply,
  type Service,
  type ServiceOptions,
  serveHttp,
  silence,
} from "./http-server.ts";

const refusal = (status: number, code: string, headers: Answer["headers"] = {}): Answer => ({
  ...{ status, headers },
  body: { error: { code } },
});

/**
 * Failures that `failureOf` may name, beside `no_answer`, `lost_answer`, `unanswered` (taken, and never answered), `timed_out`
 * (taken, and answered by a server between), `swallowed`, `failed_receipt`, `late_receipt` and `odd_receipts`.
 */
export const smsHttpFailureAnswers: Readonly<Record<string, Answer>> = {
  invalid_number: refusal(400, "invalid_number"),
  blocked: refusal(403, "recipient_blocked"),
  throttled: refusal(429, "rate_limit", { "retry-after": "10" }),
  // For a person who tries it out: other recipients must not wait for long.
  throttled_briefly: refusal(429, "rate_limit", { "retry-after": "1" }),
  no_credit: refusal(402, "no_credit"),
  unavailable: refusal(503, "maintenance"),
};

export interface SmsHttpOptions extends ServiceOptions {
  readonly token: string;
  readonly signingKey: string;
  readonly later?: (late: boolean, run: () => void) => void;
}

export interface SmsHttpService extends Service {
  /** Where receipts go; none are sent before. */
  setWebhook(url: string): void;
  /** Sends a receipt, signed; returns the status of the answer. */
  post(receipt: object): Promise<number>;
  /** Requests that came, repeated ones included. */
  readonly requests: number;
}

const statesOf: Readonly<Record<string, readonly string[]>> = {
  swallowed: ["accepted"],
  failed_receipt: ["undelivered"],
  odd_receipts: ["delivered", "delivered", "accepted"],
};

export async function startSmsHttp(options: SmsHttpOptions): Promise<SmsHttpService> {
  const inbox = createInbox(options);
  const later = options.later ?? ((_late, run) => void setImmediate(run));
  const byKey = new Map<string, Answer>();
  let webhook: string | null = null;
  let requests = 0;

  async function post(receipt: object): Promise<number> {
    if (webhook === null) return 0;
    const body = JSON.stringify(receipt);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", options.signingKey).update(`${timestamp}.${body}`).digest("base64");
    const headers = { "content-type": "application/json", "x-timestamp": timestamp, "x-signature": `v1=${signature}` };
    return (await fetch(webhook, { method: "POST", headers, body })).status;
  }

  async function report(id: string, named: string | null): Promise<void> {
    for (const status of statesOf[named ?? ""] ?? ["delivered"]) {
      await post({ id, status, ...(status === "undelivered" && { error: "absent" }) }).catch(() => 0);
    }
    if (named === "odd_receipts") await post({ id: randomUUID(), status: "delivered" }).catch(() => 0);
  }

  function send(to: string, text: string, key: string | undefined): Reply {
    const before = key === undefined ? undefined : byKey.get(key);
    // A repeated request is answered as the first one, and sends nothing.
    if (before !== undefined) return before;
    const named = options.failureOf?.(to) ?? null;
    const id = randomUUID();
    if (named !== "swallowed" && named !== "failed_receipt") inbox.take(id, to, text);
    later(named === "late_receipt", () => void report(id, named));
    const answer = { status: 201, body: { message: { id, status: "queued" } } };
    if (key !== undefined) byKey.set(key, answer);
    const [oldest] = byKey.keys();
    if (byKey.size > 1000 && oldest !== undefined) byKey.delete(oldest);
    if (named === "unanswered") return silence;
    if (named === "timed_out") return { status: 504, body: {} };
    return named === "lost_answer" ? hangUp : answer;
  }

  const handle: Handle = ({ method, path, headers, body }) => {
    requests++;
    if (method !== "POST" || path !== "/v1/messages") return refusal(404, "not_found");
    if (!isCredential(headers.authorization, `Bearer ${options.token}`)) return refusal(401, "unauthorized");
    const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
    const own = isForm ? Object.fromEntries(new URLSearchParams(body.toString("utf8"))) : jsonIn(body);
    const { to, text } = own;
    if (typeof to !== "string" || typeof text !== "string") return refusal(400, "malformed");
    const named = options.failureOf?.(to) ?? null;
    if (named === "no_answer") return silence;
    const failed = named === null ? undefined : smsHttpFailureAnswers[named];
    const key = headers["idempotency-key"];
    return failed ?? send(to, text, typeof key === "string" ? key : undefined);
  };
  const server = await serveHttp(handle);
  return {
    ...server,
    ...{ messages: inbox.messages, post },
    setWebhook(url) {
      webhook = url;
    },
    get requests() {
      return requests;
    },
  };
}
