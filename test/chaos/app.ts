/**
 * The app that uses the gateways, written as docs/api.md asks: one Idempotency-Key for each wish, and the same request
 * again when an answer does not come. It knows which gateways there are and asks the next one when one does not answer.
 */
import { type Answer, apiKey } from "../support/gateway.ts";
import { stepOf } from "../support/step.ts";
import { sleep, wallMs } from "./time.ts";

export interface Verification {
  readonly id: string;
  /** From `stepOf`. */
  readonly status: string;
  readonly reason: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly endedAtMs: number | null;
}

export interface App {
  /** One request to each gateway in turn, until one answers; null: none did. */
  once(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer | null>;
  /** Until the answer is neither 5xx nor 429, or the time is over: then the last answer, null where none ever came. */
  insist(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer | null>;
  /** The verification as a gateway shows it, with a status of no verification where it shows none; null: no answer. */
  read(id: string): Promise<Verification | null>;
}

const requestDeadlineMs = 3000;
const insistMs = 25_000;
const againMs = 200;

/**
 * @param urls of the gateways, the preferred one first
 * @param deadlineMs of one request; it bounds how long one waits for a frozen gateway
 */
export function createApp(urls: () => readonly string[], deadlineMs = requestDeadlineMs): App {
  const once: App["once"] = async (method, path, body, headers = {}) => {
    for (const url of urls()) {
      const answer = await request(method, url + path, body, headers, deadlineMs).catch(() => null);
      if (answer !== null) return answer;
    }
    return null;
  };
  const insist: App["insist"] = async (...wish) => {
    const giveUpAtMs = wallMs() + insistMs;
    for (;;) {
      const answer = await once(...wish);
      const settled = answer !== null && answer.status < 500 && answer.status !== 429;
      if (settled || wallMs() > giveUpAtMs) return answer;
      await sleep(againMs);
    }
  };
  return {
    once,
    insist,
    async read(id) {
      const answer = await once("GET", `/v1/verifications/${id}`);
      if (answer === null || answer.status >= 500) return null;
      return answer.status === 200 ? readVerification(answer.json) : unknownVerification(id, answer.status);
    },
  };
}

export function readVerification(json: Record<string, unknown>): Verification {
  const { id, reason, created_at: createdAt, expires_at: expiresAt, ended_at: endedAt } = json;
  return {
    id: String(id),
    status: stepOf(json),
    reason: typeof reason === "string" ? reason : null,
    createdAtMs: Date.parse(String(createdAt)),
    expiresAtMs: Date.parse(String(expiresAt)),
    endedAtMs: typeof endedAt === "string" ? Date.parse(endedAt) : null,
  };
}

function unknownVerification(id: string, httpStatus: number): Verification {
  return { id, status: `HTTP ${httpStatus}`, reason: null, createdAtMs: 0, expiresAtMs: 0, endedAtMs: null };
}

async function request(
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
  deadlineMs: number,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text || "{}"), headers: response.headers };
}
