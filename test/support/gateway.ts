/** The whole gateway as production composes it, on real Redis, Asterisk and SIPp, for tests of all parts together. */
import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { type App, type AppOptions, buildApp } from "../../src/app.ts";
import { apiKeyHash } from "../../src/apps/api-keys.ts";
import { resolveConfig } from "../../src/config/load.ts";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../src/observability/log.ts";
import { stepOf } from "./step.ts";

export const apiKey = "or_test-key-that-only-this-test-run-knows";
export const trunkName = "carrier";

export interface GatewayParts {
  readonly redisUrl: string;
  /** Left out: `config` brings trunks with `sip`. */
  readonly asterisk?: AsteriskServer;
  /** Merged over the configuration, section by section. */
  readonly config?: Record<string, Record<string, unknown> | readonly unknown[]>;
  /** Beside the configuration. */
  readonly options?: Omit<AppOptions, "logger">;
}

export interface Gateway {
  readonly url: string;
  /** Every line logged so far, at level debug. */
  log(): string;
  post(path: string, body?: unknown): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Starts a verification. @throws where that is refused */
  start(to: string): Promise<Record<string, unknown> & { id: string }>;
  /** Asks until the verification is at one of these steps (see `stepOf`). @throws after `deadlineMs`, default 10 s */
  waitForStatus(id: string, statuses: readonly string[], deadlineMs?: number): Promise<Record<string, unknown>>;
  /** Asks until the answer of a path has this HTTP status. @throws after `deadlineMs`, default 20 s */
  waitForHttp(path: string, status: number, deadlineMs?: number): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: Record<string, unknown>;
  readonly headers: Headers;
}

const pollMs = 25;
const requestDeadlineMs = 20_000;

/** The configuration of a gateway on these programs; valid as a file too. */
export function gatewayDocument({ redisUrl, asterisk, config = {} }: GatewayParts): Record<string, unknown> {
  const document: Record<string, Record<string, unknown> | unknown[]> = {
    // Tests run side by side on few cores: late is no failure here.
    http: { port: "0", shed_at_delay_ms: "10000", shutdown_linger_ms: "0" },
    redis: { url: redisUrl, command_timeout_ms: "5000" },
    // Tests start several gateways on one Redis, which a SQLite file does not permit.
    records: { url: "off" },
    secrets: { hmac_key: randomBytes(32).toString("hex") },
    ...(asterisk === undefined ? {} : { asterisks: { local: asteriskSection(asterisk) } }),
    trunks: { [trunkName]: { asterisk: "local", endpoint: trunkName, ranges: ["block"] } },
    ranges: { block: { prefix: "+44770090", digits: "4" } },
    routes: [{ prefix: "+", trunks: [trunkName] }],
    apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)] } },
    calls: { ring_ms: "1000", setup_limit_ms: "4000", drain_ms: "3000" },
    log: { level: "debug" },
  };
  for (const [section, values] of Object.entries(config)) {
    // A list stands in place of the one before.
    const before = document[section] as Record<string, unknown> | undefined;
    document[section] = Array.isArray(values) ? [...values] : { ...before, ...values };
  }
  return document;
}

function asteriskSection({ ari, ami }: AsteriskServer) {
  return {
    ...{ ari_url: ari.url, ari_user: ari.user, ari_password: ari.password },
    ami: { host: ami.host, port: String(ami.port), user: ami.user, password: ami.password },
  };
}

export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const config = resolveConfig({ name: "test", document: gatewayDocument(parts), env: {} });
  let logged = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      logged += String(chunk);
      done();
    },
  });
  const app: App = await buildApp(config, { ...parts.options, logger: createLogger(config.log, { stream }) });
  const { url } = await app.start();
  return { ...gatewayClient(url), log: () => logged, stop: () => app.stop() };
}

/** Talks to a gateway wherever it runs, with the key of the test's app or another one. */
export function gatewayClient(url: string, key = apiKey): Omit<Gateway, "log" | "stop"> {
  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestDeadlineMs),
    });
    const text = await response.text();
    const isJson = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, text, json: isJson ? JSON.parse(text) : {}, headers: response.headers };
  }
  async function until(path: string, deadlineMs: number, done: (answer: Answer) => boolean): Promise<Answer> {
    const giveUpAtMs = performance.now() + deadlineMs;
    for (;;) {
      const answer = await ask("GET", path);
      if (done(answer)) return answer;
      if (performance.now() > giveUpAtMs)
        throw new Error(`still ${answer.status} ${answer.text} after ${deadlineMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
  return {
    url,
    post: (path, body) => ask("POST", path, body),
    get: (path) => ask("GET", path),
    async start(to) {
      const answer = await ask("POST", "/v1/verifications", { to });
      if (answer.status !== 201) throw new Error(`start refused: ${answer.status} ${answer.text}`);
      return answer.json as Record<string, unknown> & { id: string };
    },
    async waitForStatus(id, statuses, deadlineMs = 10_000) {
      const answer = await until(`/v1/verifications/${id}`, deadlineMs, ({ json }) => statuses.includes(stepOf(json)));
      return answer.json;
    },
    waitForHttp: (path, status, deadlineMs = 20_000) => until(path, deadlineMs, (answer) => answer.status === status),
  };
}
