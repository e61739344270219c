/** The configuration of the gateways: production's own, with everything as short as the schema allows. */
import { randomBytes } from "node:crypto";
import { apiKeyHash } from "../../src/apps/api-keys.ts";
import { secondCallMarginMs } from "../../src/channels/missed-call/calls.ts";
import { resolveConfig } from "../../src/config/load.ts";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";
import { longestCallMs } from "../../src/telephony/calls/call-times.ts";
import { apiKey } from "../support/gateway.ts";
import { ringMs, secondCallGapMs, setupLimitMs } from "./states.ts";

/** A gateway is frozen for up to 15 s, and a busy machine is late with all that comes before and after. */
export const ttlMs = 45_000;
const manyCalls = 10_000;

/** Config's own names. */
export const drivers = ["ari-websocket", "ari-client", "asterisk-manager", "sip"] as const;
export type Driver = (typeof drivers)[number];

/** Those that place calls through an Asterisk. */
export type AsteriskDriver = Exclude<Driver, "sip">;

export interface Trunk {
  /** Those that it is reached by; null: the gateway's own SIP reaches it. */
  readonly asterisks: readonly string[] | null;
  /** A carrier on 127.0.0.1, for the gateway's own SIP. */
  readonly sip?: { readonly port: number; readonly transport: "udp" | "tcp" };
  readonly callsPerSecond?: number;
}

export interface Layout {
  readonly redisUrl: string;
  /** Deadline of its commands; left out: the default. */
  readonly redisTimeoutMs?: number;
  /** By name in the configuration. */
  readonly asterisks: Readonly<Record<string, Pick<AsteriskServer, "ari" | "ami">>>;
  readonly driver: AsteriskDriver | null;
  /** The gateway's own end of SIP; left out: it has none. */
  readonly sip?: { readonly udpPort: number };
  /** By name, which is the endpoint's too. */
  readonly trunks: Readonly<Record<string, Trunk>>;
  readonly routes: readonly { readonly prefix: string; readonly trunks: readonly string[] }[];
  /** Whether a carrier that is congested all the time is a part of the plan: then no breaker takes it out. */
  readonly congestedOnPurpose?: boolean;
}

export type Document = Readonly<Record<string, unknown>>;

const hmacKey = randomBytes(32).toString("hex");

/** @param ariApp another one for each gateway on the same Asterisk */
export function documentOf(layout: Layout, ariApp: string): Document {
  const { redisUrl, asterisks, driver, trunks, routes, sip, congestedOnPurpose = false } = layout;
  const most = { max_concurrent_calls: manyCalls, calls_per_second: manyCalls };
  return {
    http: { port: 0, rate_limit_per_minute: 1_000_000, shed_at_delay_ms: 10_000, shutdown_linger_ms: 0 },
    redis: { url: redisUrl, ...(layout.redisTimeoutMs !== undefined && { command_timeout_ms: layout.redisTimeoutMs }) },
    // Two gateways on one Redis, which a SQLite file does not permit.
    records: { url: "off" },
    secrets: { hmac_key: hmacKey },
    asterisks: Object.fromEntries(
      Object.entries(asterisks).map(([name, { ari, ami }]) => [
        name,
        {
          ...(driver === null ? {} : { driver }),
          ...{ ari_url: ari.url, ari_user: ari.user, ari_password: ari.password, ari_app: ariApp },
          ami: { host: ami.host, port: ami.port, user: ami.user, password: ami.password },
          ...{ request_timeout_ms: 1000, ...most },
        },
      ]),
    ),
    // RFC 3261's timers as they are; our end of a call waits long enough for a CANCEL that was repeated twice.
    ...(sip === undefined ? {} : { sip: { host: "127.0.0.1", udp_port: sip.udpPort, end_wait_ms: 3500, ...most } }),
    trunks: Object.fromEntries(
      Object.entries(trunks).map(([name, { asterisks: names, sip: carrier, callsPerSecond = manyCalls }]) => [
        name,
        {
          ...(names === null
            ? { sip: { host: "127.0.0.1", qualify_seconds: 0, ...carrier } }
            : { asterisks: names, endpoint: name }),
          ...{ ranges: ["block"], ...most, calls_per_second: callsPerSecond },
        },
      ]),
    ),
    ranges: { block: { prefix: "+44770090", digits: 4 } },
    routes,
    ...(congestedOnPurpose
      ? { routing: { breaker: { failures: 100, failing_percent: 100, window_calls: 1000 } } }
      : {}),
    apps: { test: { api_keys_sha256: [apiKeyHash(apiKey)] } },
    // A machine that is slow for all parts at once is no overload of the gateway: a refusal needs a kill as its reason.
    limits: { overload: { event_loop_delay_ms: 10_000, originate_ms: 30_000, ring_overrun_ms: 30_000 } },
    verification: { ttl_seconds: ttlMs / 1000 },
    calls: {
      ...{ ring_ms: ringMs, setup_limit_ms: setupLimitMs, max_queue_ms: 500, drain_ms: 3000 },
      second_call_gap_ms: secondCallGapMs,
    },
    log: { level: "info" },
  };
}

/**
 * Longest that a call of this configuration, and so any lease of it, can last; Asterisk ends what we lost by then too.
 * @param calls of one code: the callee's lease covers the gap before the second, too
 */
export function longestLeaseMs(document: Document, calls: 1 | 2 = 1): number {
  const config = resolveConfig({ name: "chaos", document, env: {} });
  const gapMs = calls === 2 ? config.calls.second_call_gap_ms + secondCallMarginMs : 0;
  return config.calls.max_queue_ms + longestCallMs(config) + gapMs;
}
