/** The counters and histograms. Labels come from closed sets, so the number of series is bounded; no label is a phone number. */
import type { Logger } from "pino";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { GatewayEvent, GatewayEvents } from "../events/events.ts";
import type { RelayCounts } from "../events/relay.ts";
import type { GuardObserver } from "../guard/observer-port.ts";
import type { HealthObserver } from "../numbers/health/ports.ts";
import type { NetworkObserver } from "../numbers/networks/live-port.ts";
import type { Outcome } from "../telephony/calls/outcome.ts";
import { reachedUser } from "../telephony/calls/user-reached.ts";
import type { WebhookObserver } from "../webhooks/observer-port.ts";
import { addEventMetrics } from "./event-metrics.ts";
import { addGauges, type MetricSources } from "./gauges.ts";
import { addGuardMetrics } from "./guard-metrics.ts";
import { addHealthMetrics } from "./health-metrics.ts";
import { addHumanCheckMetrics, type HumanCheckResult } from "./human-check-metrics.ts";
import { addLiveCheckMetrics, type LiveCheckMetrics } from "./live-check-metrics.ts";
import { addNetworkMetrics } from "./network-metrics.ts";
import { addRecordsMetrics, type RecordsMetrics } from "./records-metrics.ts";
import { addSmsMetrics } from "./sms-metrics.ts";
import { addVerifiedMetrics } from "./verified-metrics.ts";
import { addWebhookMetrics } from "./webhook-metrics.ts";

export interface Metrics {
  readonly registry: Registry;
  /** What a scrape gets; left out: of this registry. */
  readonly scrape?: () => Promise<string>;
  /** Counts what happened. */
  readonly count: (event: GatewayEvent) => void;
  /** Counts what the relay of events did. */
  readonly relay: RelayCounts;
  /** Counts one answered HTTP request. @param route the pattern of the route, not the path */
  httpRequest(route: string, method: string, status: number, seconds: number): void;
  /** Counts one human check. */
  humanCheck(check: string, result: HumanCheckResult): void;
  readonly records: RecordsMetrics;
  readonly webhooks: WebhookObserver;
  readonly guard: GuardObserver;
  readonly health: HealthObserver;
  readonly liveChecks: LiveCheckMetrics;
  readonly networks: NetworkObserver;
}

/** Around the values of ITU-T E.721 for post-selection delay: 3, 5 and 8 s on average, 6, 8 and 11 s for 95 %. */
const postDialDelayBuckets = [0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 11, 15, 20, 30];
/** Fine around the usual ring times of 3 to 6 s; a ring over 10 s means that hang-ups are late. */
const ringBuckets = [0.25, 0.5, 1, 2, 3, 4, 4.5, 5, 5.25, 5.5, 6, 8, 10, 15, 30];
/** A check takes about a millisecond; the store's time-out is near a second. */
const httpBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Countries with a label of their own; the world has about 250, one gateway's traffic comes from a few. */
const maxCountries = 60;
/** Of Node's own metrics, where one busy process would not show in prom-client's mean; and the start, which it leaves out. */
const ofSeveralProcesses = {
  nodejs_eventloop_lag_seconds: "max",
  nodejs_eventloop_lag_mean_seconds: "max",
  nodejs_eventloop_lag_stddev_seconds: "max",
  nodejs_eventloop_lag_p50_seconds: "max",
  nodejs_eventloop_lag_p90_seconds: "max",
  nodejs_eventloop_lag_p99_seconds: "max",
  process_start_time_seconds: "min",
} as const;

/** @param logger logs when a trunk is suspected not to verify */
export function createMetrics(sources: MetricSources, logger?: Pick<Logger, "warn">): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [name, aggregator] of Object.entries(ofSeveralProcesses)) {
    Object.assign(registry.getSingleMetric(name) ?? {}, { aggregator });
  }
  const country = boundedLabel(/^[A-Z]{2}$/, maxCountries);

  const started = new Counter({
    name: "onering_verifications_started_total",
    help: "Verifications started.",
    labelNames: ["channel", "country"] as const,
    registers,
  });
  const ended = new Counter({
    name: "onering_verifications_ended_total",
    help: "Verifications ended, by status and by the newest delivery's reason.",
    labelNames: ["channel", "status", "reason", "country"] as const,
    registers,
  });
  const deliveries = new Counter({
    name: "onering_deliveries_total",
    help: "Deliveries by the states that they reached; a state that was passed within a moment may be left out.",
    labelNames: ["channel", "state"] as const,
    registers,
  });
  const checks = new Counter({
    name: "onering_checks_total",
    help: "Checks that were compared, by result.",
    labelNames: ["valid"] as const,
    registers,
  });
  const attempts = new Counter({
    name: "onering_call_attempts_total",
    help: "Finished INVITEs by outcome, each on its own trunk where a call failed over. `reached`: it counts for the NER (ITU-T E.425).",
    labelNames: ["trunk", "outcome", "reached"] as const,
    registers,
  });
  const inboundCalls = new Counter({
    name: "onering_inbound_calls_total",
    help: "Inbound calls (all are rejected unanswered), by result.",
    labelNames: ["trunk", "result"] as const,
    registers,
  });
  const receipts = new Counter({
    name: "onering_message_receipts_total",
    help: "Receipts of messages: `early` ones belong to no message that is known, `claimed` counts those whose message was known soon after; the rest of `early` is unknown or forged.",
    labelNames: ["channel", "result"] as const,
    registers,
  });
  const callSources = new Counter({
    name: "onering_call_sources_total",
    help: "Finished calls, by source of their outcome: captured SIP messages, or Asterisk's events alone.",
    labelNames: ["source"] as const,
    registers,
  });
  const falseAnswers = new Counter({
    name: "onering_false_answers_total",
    help: "Answered without prior ringing (false answer supervision, voicemail).",
    labelNames: ["trunk"] as const,
    registers,
  });
  const postDialDelay = new Histogram({
    name: "onering_post_dial_delay_seconds",
    help: "Post-dial delay: INVITE to the first 180.",
    labelNames: ["trunk"] as const,
    buckets: postDialDelayBuckets,
    registers,
  });
  const ring = new Histogram({
    name: "onering_ring_seconds",
    help: "Ring time of missed calls: first 180 to the end of the call.",
    labelNames: ["trunk"] as const,
    buckets: ringBuckets,
    registers,
  });
  const cooldowns = new Counter({
    name: "onering_caller_id_cooldowns_total",
    help: "Caller IDs that went into cool-down: `flagged` by a network (607, 608), or `silent` while others ring.",
    labelNames: ["range", "reason"] as const,
    registers,
  });
  const http = new Histogram({
    name: "onering_http_request_duration_seconds",
    help: "Time from a request's arrival to the end of its response.",
    labelNames: ["route", "method", "status"] as const,
    buckets: httpBuckets,
    registers,
  });
  addGauges(sources, registry);
  const countVerified = addVerifiedMetrics(registry, { country, warn: (fields, text) => logger?.warn(fields, text) });

  const countAttempt = (trunk: string, outcome: Outcome, alerted: boolean) =>
    attempts.inc({ trunk, outcome, reached: String(reachedUser(outcome, alerted)) });

  const counters: { readonly [Type in keyof GatewayEvents]: (data: GatewayEvents[Type]) => void } = {
    "verification.started": (data) => {
      started.inc({ channel: data.channel, country: country(data.country) });
      deliveries.inc({ channel: data.channel, state: data.state });
    },
    "verification.ended": ({ channel, status, state, reason, country: of }) => {
      ended.inc({ channel, status, reason: reason ?? "none", country: country(of) });
      // Its last delivery failed with it, which no other event says.
      if (status === "undeliverable") deliveries.inc({ channel, state });
    },
    "verification.checked": ({ valid }) => checks.inc({ valid: String(valid) }),
    ...addSmsMetrics(registry),
    "delivery.updated": ({ channel, state }) => deliveries.inc({ channel, state }),
    "caller_id.cooldown": ({ range, reason }) => cooldowns.inc({ range, reason }),
    "inbound_call.received": ({ trunk, result }) => inboundCalls.inc({ trunk, result }),
    "message.receipt": ({ channel, result }) => receipts.inc({ channel, result }),
    // Its time is reported at the end, as post-dial delay.
    "call.ringing": () => undefined,
    "call.ended": ({ trunk: reserved, result, kept }) => {
      const { attempts: made } = result;
      // A call without an INVITE counts for the trunk of its slot.
      const trunk = made.at(-1)?.trunk ?? reserved;
      // No call fails over once its phone rings: only the last attempt may have.
      for (const one of made.slice(0, -1)) countAttempt(one.trunk, one.outcome, false);
      countAttempt(trunk, made.at(-1)?.outcome ?? result.outcome, result.alerted);
      callSources.inc({ source: result.source });
      if (result.falseAnswer) falseAnswers.inc({ trunk });
      if (result.postDialDelayMs !== null) postDialDelay.observe({ trunk }, result.postDialDelayMs / 1000);
      // How long it rings until somebody answers is no sign of late hang-ups.
      if (result.ringMs !== null && kept !== true) ring.observe({ trunk }, result.ringMs / 1000);
    },
  };

  return {
    registry,
    records: addRecordsMetrics(registry, () => sources.records?.()),
    guard: addGuardMetrics(registry),
    health: addHealthMetrics(registry),
    liveChecks: addLiveCheckMetrics(registry),
    networks: addNetworkMetrics(registry, sources.networks ?? (() => ({ rows: null, sources: [] }))),
    webhooks: addWebhookMetrics(registry, async () => (await sources.webhooks?.()) ?? null),
    relay: addEventMetrics(registry, async () => (await sources.outbox?.()) ?? []),
    count(event) {
      // A test, or the guard's shadow answer: nothing was sent.
      if ("simulated" in event.data) return;
      const counter = counters[event.type] as (data: unknown) => void;
      counter(event.data);
      countVerified(event);
    },
    httpRequest(route, method, status, seconds) {
      http.observe({ route, method, status }, seconds);
    },
    humanCheck: addHumanCheckMetrics(registry),
  };
}

/** The first `limit` values of the right shape keep their name, all others share one label. */
function boundedLabel(shape: RegExp, limit: number): (value: string | null) => string {
  const known = new Set<string>();
  return (value) => {
    if (value === null) return "none";
    if (known.has(value)) return value;
    if (known.size >= limit || !shape.test(value)) return "other";
    known.add(value);
    return value;
  };
}
