/** A server with a small stand-in for the domain. The real one answers in test/integration/http. */
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { onTestFinished } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { HttpConfig } from "../../../src/http/config.ts";
import type { Readiness } from "../../../src/http/probes/readiness.ts";
import { buildServer } from "../../../src/http/server/server.ts";
import type { Numbers } from "../../../src/numbers/ports.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { Operations } from "../../../src/operations/operations.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { StartRequest, Verification, Verifications } from "../../../src/verification/types.ts";

export const key = "or_the-key-of-shop";
export const operatorKey = "or_the-key-of-anna";
export const otherKey = "or_the-key-of-bank";
/** What must never be seen outside before the end. */
export const secretCode = "7391";
export const prefix = "+44770090";
export const secretCallerId = `${prefix}${secretCode}`;

export const standing: Verification = {
  id: "v00ffAAAAAAAAAAAAAAAAAAAAAA",
  app: "shop",
  to: "+447911123456",
  country: "GB",
  channel: "missed_call",
  callInNumber: null,
  status: "ringing",
  reason: null,
  calls: 1,
  callsDelivered: 0,
  codeLength: 4,
  callerIdPrefix: prefix,
  checksLeft: 3,
  attempts: 1,
  reference: null,
  metadata: null,
  createdAtMs: Date.UTC(2026, 2, 1, 12, 0, 0),
  expiresAtMs: Date.UTC(2026, 2, 1, 12, 5, 0),
  endedAtMs: null,
  lastCall: null,
};

/** Knows one verification of the app `shop`, whose code is `secretCode`. Remembers what it was asked. */
export function standInVerifications(known: Partial<Verification> = {}) {
  const asked: { start: [string, StartRequest, string | null][]; guesses: unknown[] } = { start: [], guesses: [] };
  let current: Verification = { ...standing, ...known };
  const find = (app: string, id: string) => {
    if (id !== current.id || app !== current.app) {
      throw new Refusal("verification_not_found", "no verification has this id");
    }
    return current;
  };
  const verifications: Verifications = {
    async start(app, request, idempotencyKey) {
      asked.start.push([app.name, request, idempotencyKey]);
      current = {
        ...standing,
        app: app.name,
        status: "pending",
        to: request.to,
        reference: request.reference ?? null,
        metadata: request.metadata ?? null,
      };
      return current;
    },
    get: async (app, id) => find(app.name, id),
    async check(app, id, guess) {
      const { checksLeft } = find(app.name, id);
      asked.guesses.push(guess);
      const valid =
        "code" in guess ? guess.code === secretCode : guess.callerIds.join("").replace(/\D/g, "").endsWith(secretCode);
      current = { ...current, status: valid ? "verified" : current.status, checksLeft: checksLeft - 1 };
      return { id, status: current.status, valid, checksLeft: current.checksLeft };
    },
    resend: async (app, id) => ({ ...find(app.name, id), attempts: 2 }),
    async cancel(app, id) {
      current = {
        ...find(app.name, id),
        status: "canceled",
        reason: "canceled",
        endedAtMs: standing.createdAtMs + 9000,
      };
      return current;
    },
  };
  return { verifications, asked };
}

export const numbers: Numbers = {
  examine: (input) => ({
    input,
    e164: "+447911123456",
    valid: true,
    possible: true,
    type: "mobile",
    country: "GB",
    national: "07911 123456",
    international: "+44 7911 123456",
    callable: true,
    refusal: null,
  }),
};

export const allReady: Readiness = {
  ready: true,
  redis: true,
  trunks: [{ trunk: "carrier", usable: true, why: "reachable" }],
  draining: false,
};

const idleOperations: Operations = {
  status: async () => [],
  outOfService: async () => [],
  report: async () => [],
  drain: async () => null,
  undrain: async () => null,
};

export interface TestServerOptions {
  readonly http?: Partial<HttpConfig>;
  readonly verifications?: Verifications;
  readonly numbers?: Numbers;
  readonly readiness?: () => Promise<Readiness>;
  readonly sandbox?: boolean;
  readonly operations?: Operations;
  /** The operator's API is there, with `operatorKey`. */
  readonly admin?: boolean;
  readonly extraPlugins?: readonly FastifyPluginAsync[];
}

/** A server that is closed after the test, and every line it logged. */
export async function testServer(options: TestServerOptions = {}): Promise<{ server: FastifyInstance; log: string[] }> {
  const log: string[] = [];
  const stream = { write: (line: string) => void log.push(line) };
  const metrics = createMetrics({
    liveCalls: () => 0,
    trunks: () => [],
    paths: () => [],
    outOfService: () => [],
    asterisks: () => [],
    callerIds: async () => [],
  });
  const server = await buildServer({
    config: {
      http: {
        host: "127.0.0.1",
        port: 0,
        body_limit_bytes: 16_384,
        request_timeout_ms: 5000,
        trust_proxy: [],
        cors_origins: [],
        rate_limit_per_minute: 1_000_000,
        shed_at_delay_ms: 10_000,
        ...options.http,
      },
      apps: {
        shop: { api_keys_sha256: [apiKeyHash(key)] },
        bank: { api_keys_sha256: [apiKeyHash(otherKey)], allowed_countries: ["GB"] },
      },
      ...(options.admin && { admin: { api_keys_sha256: [apiKeyHash(operatorKey)] } }),
      calls: {
        ring_ms: 5000,
        setup_limit_ms: 20_000,
        max_queue_ms: 2000,
        max_trunks: 3,
        second_call_gap_ms: 3000,
        drain_ms: 30_000,
      },
    },
    verifications: options.verifications ?? standInVerifications().verifications,
    numbers: options.numbers ?? numbers,
    operations: options.operations ?? idleOperations,
    metrics,
    readiness: options.readiness ?? (async () => allReady),
    logger: createLogger({ level: "debug" }, { sandbox: options.sandbox ?? false, stream }),
    clock: systemClock,
    sandbox: options.sandbox ?? false,
    extraPlugins: options.extraPlugins ?? [],
  });
  onTestFinished(() => server.close());
  return { server, log };
}

/** One request with the app's key; JSON body where one is given. */
export async function ask(
  server: FastifyInstance,
  method: "GET" | "POST",
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
) {
  const answer = await server.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json() };
}

/** Refuses everything with this error. */
export function refusing(error: Error): Verifications {
  const refuse = async () => {
    throw error;
  };
  return { start: refuse, get: refuse, check: refuse, resend: refuse, cancel: refuse };
}
