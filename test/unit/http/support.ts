/** A server with a small stand-in for the domain. The real one answers in test/integration/http. */
import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import { onTestFinished } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { LiveAppDirectory } from "../../../src/apps/directory.ts";
import type { AppsService } from "../../../src/apps/service.ts";
import type { Audit } from "../../../src/audit/port.ts";
import type { VerificationFinder } from "../../../src/cdr/search.ts";
import { callInExample } from "../../../src/channels/call-in/example.ts";
import { callInMachine } from "../../../src/channels/call-in/machine.ts";
import { CallInBody } from "../../../src/channels/call-in/schema.ts";
import { createDescription } from "../../../src/channels/missed-call/describe.ts";
import { missedCallExample } from "../../../src/channels/missed-call/example.ts";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { MissedCallBody } from "../../../src/channels/missed-call/schema.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { CdrParts } from "../../../src/http/cdr/routes.ts";
import type { GuardRoutesParts } from "../../../src/http/guard/routes.ts";
import type { OptOutParts } from "../../../src/http/opt-outs/routes.ts";
import type { Readiness } from "../../../src/http/probes/readiness.ts";
import { buildServer } from "../../../src/http/server/server.ts";
import type { WebhookRoutesParts } from "../../../src/http/webhooks/routes.ts";
import { createLiveStreams, type LiveOptions } from "../../../src/live/index.ts";
import { createLookup } from "../../../src/numbers/lookup/lookup.ts";
import type { Lookup } from "../../../src/numbers/lookup/ports.ts";
import type { Numbers } from "../../../src/numbers/ports.ts";
import type { Scrubs } from "../../../src/numbers/scrubs/ports.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { Operations } from "../../../src/operations/operations.ts";
import type { Proofs } from "../../../src/proofs/index.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { Subjects } from "../../../src/subjects/subjects.ts";
import type { FindTraces } from "../../../src/telephony/call-control/trace.ts";
import type { OpenChannel } from "../../../src/verification/channel-set.ts";
import {
  type Delivery,
  newestOf,
  type StartRequest,
  type Verification,
  type Verifications,
} from "../../../src/verification/types.ts";
import type { Webhooks } from "../../../src/webhooks/service.ts";
import { configuredApps } from "../../support/apps.ts";
import { memoryCdrs } from "../../support/cdr-store.ts";
import { MemoryStreams } from "../../support/memory-streams.ts";
import { memoryUses } from "../../support/start-token-uses.ts";

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
  status: "sending",
  codeLength: 4,
  checksLeft: 3,
  attempts: 1,
  deliveries: [
    {
      ...{ number: 1, channel: "missed_call", state: "ringing", reason: null, parts: 1, partsDelivered: 0 },
      ...{ to: "+447911123456", codeLength: 4, cost: null, guardDecision: null, guardMicros: null },
      ...{ details: { prefix, digits: 4 }, result: null, startedAtMs: Date.UTC(2026, 2, 1, 12), endedAtMs: null },
    },
  ],
  proofDelivery: null,
  reference: null,
  metadata: null,
  createdAtMs: Date.UTC(2026, 2, 1, 12, 0, 0),
  expiresAtMs: Date.UTC(2026, 2, 1, 12, 5, 0),
  endedAtMs: null,
  seq: 1,
  ...{
    locale: null,
    generation: null,
    workflow: null,
    appCode: false,
    sealedCode: null,
    sealedSession: null,
    client: null,
    simulated: null,
  },
};

/** The newest delivery of `standing`, changed. */
export const delivery = (changed: Partial<Delivery>): Delivery => ({ ...newestOf(standing), ...changed });

/** The gateway's channels, as far as the API shows them. */
export const channels = [
  {
    name: "missed_call",
    machine: missedCallMachine,
    schema: MissedCallBody,
    example: missedCallExample,
    describe: createDescription({ ms: 5000, setup_limit_ms: 20_000 }),
    read: async () => ({ code: "", codeLength: 4 }),
  },
  {
    name: "call_in",
    machine: callInMachine,
    schema: CallInBody,
    example: callInExample,
    describe: ({ details }: Delivery) => details,
  },
].map((channel) => ({ ...channel, proves: "phone", enabled: true }) as unknown as OpenChannel);

/** Knows one verification of the app `shop`, whose code is `secretCode`. Remembers what it was asked. */
export function standInVerifications(known: Partial<Verification> = {}) {
  const asked: {
    start: [string, StartRequest, string | null][];
    guesses: unknown[];
    byNumber: unknown[];
    resends: (string | null)[];
  } = { start: [], guesses: [], byNumber: [], resends: [] };
  let current: Verification = { ...standing, ...known };
  const find = (app: string, id: string) => {
    if (id !== current.id || app !== current.app) {
      throw new Refusal("verification_not_found", "No verification has this id.");
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
      const left = (checksLeft ?? 0) - 1;
      current = { ...current, status: valid ? "verified" : current.status, checksLeft: left };
      return { id, status: current.status, valid, checksLeft: left, proven: valid ? current : null };
    },
    async checkByNumber(app, { to }, guess, session) {
      asked.byNumber.push([app.name, to, guess, session]);
      return { id: standing.id, status: "delivered", valid: false, checksLeft: 2, proven: null };
    },
    async resend(app, id, channel = null) {
      asked.resends.push(channel);
      return { ...find(app.name, id), attempts: 2 };
    },
    async cancel(app, id) {
      current = {
        ...find(app.name, id),
        status: "canceled",
        deliveries: [delivery({ state: "failed", reason: "canceled" })],
        endedAtMs: standing.createdAtMs + 9000,
      };
      return current;
    },
    nextChannels: () => [{ channel: "call_in", availableAtMs: standing.createdAtMs + 15_000 }],
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
    rfc3966: "tel:+44-7911-123456",
    callable: true,
    refusal: null,
  }),
};

export const allReady: Readiness = {
  ready: true,
  redis: true,
  trunks: [{ trunk: "carrier", usable: true, reachable: true, why: "reachable" }],
  draining: false,
};

const idleOperations: Operations = {
  status: async () => [],
  outOfService: async () => [],
  report: async () => [],
  drain: async () => null,
  undrain: async () => null,
};

const nothingKept: Subjects = {
  export: async () => ({ kept: {}, next: null }),
  erase: async () => ({ subject: "", erased: {}, next: null }),
};
const idleFinder: VerificationFinder = { recipient: (to) => to, find: async () => ({ rows: [], next: null }) };

export interface TestServerOptions {
  readonly traces?: FindTraces;
  /** Default: results are not signed. */
  readonly proofs?: Proofs;
  readonly http?: Partial<Config["http"]>;
  /** Beside `shop` and `bank`. */
  readonly apps?: Config["apps"];
  /** Default: `shop`, `bank` and `apps`. */
  readonly directory?: LiveAppDirectory;
  readonly humanChecks?: Config["human_checks"];
  /** Of tokens. */
  readonly tokenClock?: Clock;
  readonly verifications?: Verifications;
  readonly numbers?: Numbers;
  readonly scrubs?: Scrubs;
  readonly lookup?: Lookup;
  readonly readiness?: () => Promise<Readiness>;
  readonly sandbox?: boolean;
  readonly operations?: Operations;
  readonly cdr?: Partial<CdrParts>;
  readonly webhooks?: Partial<WebhookRoutesParts>;
  /** Default: keeps nothing. */
  readonly guard?: Partial<GuardRoutesParts>;
  /** Default: knows no app. */
  readonly keptApps?: AppsService;
  readonly audit?: Pick<Audit, "read">;
  readonly subjects?: Subjects;
  /** The operator's API is there, with `operatorKey`. */
  readonly admin?: boolean;
  readonly extraPlugins?: readonly FastifyPluginAsync[];
  readonly streams?: MemoryStreams;
  readonly streamLimits?: Partial<LiveOptions["limits"]>;
  /** Of event streams. */
  readonly streamClock?: Clock;
}

const noKeptApps: AppsService = {
  list: async () => ({ apps: [], next: null }),
  find: async () => null,
  create: async () => {
    throw new Refusal("store_unavailable", "no store");
  },
  change: async () => null,
  remove: async () => null,
  addKey: async () => null,
  rotateKey: async () => null,
  revokeKey: async () => null,
};

/** An app without endpoints. */
const noWebhooks: Webhooks = {
  list: async () => [],
  find: async () => null,
  create: async () => {
    throw new Refusal("store_unavailable", "no store");
  },
  change: async () => null,
  remove: async () => false,
  rotate: async () => null,
  test: async () => null,
  tries: async () => null,
  deadLetters: async () => null,
  replay: async () => null,
};

/** Signs nothing. */
const noProofs: Proofs = {
  enabled: false,
  tokenOf: () => null,
  keys: () => [],
  redeem: () => Promise.reject(new Refusal("not_supported", "Results are not signed.")),
  reload: () => undefined,
};

const noOptOuts: OptOutParts = {
  service: {
    isOut: async () => false,
    optOut: async () => undefined,
    optOutHash: async () => undefined,
    lift: async () => false,
    remove: async () => 0,
    find: async () => [],
  },
  links: { make: () => null, look: () => null, act: async () => null },
  audit: { act: async (_act, run) => (await run()).result },
  identify: (to) => ({ to, callee: { bucket: "0000", hash: "A".repeat(22) } }),
};

/** A server that is closed after the test, and every line it logged. */
export async function testServer(options: TestServerOptions = {}): Promise<{ server: FastifyInstance; log: string[] }> {
  const log: string[] = [];
  const stream = { write: (line: string) => void log.push(line) };
  const metrics = createMetrics({
    braked: () => [],
    overloadLimit: () => null,
    liveCalls: () => 0,
    trunks: () => [],
    paths: () => [],
    outOfService: () => [],
    asterisks: () => [],
    callerIds: async () => [],
    redisMemory: async () => null,
  });
  const logger = createLogger({ level: "debug" }, { sandbox: options.sandbox ?? false, stream });
  const verifications = options.verifications ?? standInVerifications().verifications;
  const streams = options.streams ?? new MemoryStreams();
  const live = createLiveStreams({
    ...{ streams, history: streams.history, verifications, random: cryptoRandom, logger },
    clock: options.streamClock ?? systemClock,
    limits: { max_streams: 100, max_streams_per_app: 10, ...options.streamLimits },
  });
  const apps =
    options.directory ??
    configuredApps({
      shop: { api_keys_sha256: [apiKeyHash(key)] },
      bank: { api_keys_sha256: [apiKeyHash(otherKey)], allowed_countries: ["GB"] },
      ...options.apps,
    });
  const server = await buildServer({
    config: {
      http: {
        host: "127.0.0.1",
        port: 0,
        body_limit_bytes: 16_384,
        request_timeout_ms: 5000,
        max_connections: 10_000,
        max_connections_per_address: 1000,
        shutdown_linger_ms: 0,
        trust_proxy: [],
        cors_origins: [],
        rate_limit_per_minute: 1_000_000,
        shed_at_delay_ms: 10_000,
        ...options.http,
      },
      secrets: { hmac_key: "k9Xw2pQz7LmN4vRt8JhB3sDf6GyC1eUa" },
      human_checks: options.humanChecks ?? {},
      ...(options.admin && { admin: { api_keys_sha256: [apiKeyHash(operatorKey)] } }),
    },
    apps,
    channels,
    ...{ startTokenUses: memoryUses(), random: cryptoRandom },
    verifications,
    live,
    numbers: options.numbers ?? numbers,
    scrubs: options.scrubs ?? null,
    lookup: options.lookup ?? createLookup({ numbers: options.numbers ?? numbers }),
    operations: options.operations ?? idleOperations,
    keptApps: { service: () => options.keptApps ?? noKeptApps },
    webhooks: { service: noWebhooks, urlsMayBePrivate: false, ...options.webhooks },
    audit: options.audit ?? { read: async () => ({ entries: [], next: null }) },
    subjects: options.subjects ?? nothingKept,
    proofs: options.proofs ?? noProofs,
    optOuts: noOptOuts,
    ...(options.traces && { traces: options.traces }),
    reload: { reload: async () => ({ applied: [], needsRestart: [], heldBack: [] }) },
    cdr: { store: memoryCdrs(), finder: idleFinder, ...options.cdr },
    guard: { lists: null, decisions: null, hidden: new Map(), ...options.guard },
    metrics,
    readiness: options.readiness ?? (async () => allReady),
    logger,
    clock: options.tokenClock ?? systemClock,
    sandbox: options.sandbox ?? false,
    extraPlugins: options.extraPlugins ?? [],
  });
  onTestFinished(() => server.close());
  return { server, log };
}

/** One request with the app's key; JSON body where one is given. */
export async function ask(
  server: FastifyInstance,
  method: "GET" | "POST" | "PATCH" | "DELETE",
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
  return {
    ...{ start: refuse, get: refuse, check: refuse, checkByNumber: refuse, resend: refuse, cancel: refuse },
    nextChannels: () => [],
  };
}
