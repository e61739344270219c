/** What Prometheus can ask. Labels come from closed sets, so the number of series is bounded; no number is ever one. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";
import type { Report } from "../events/events.ts";
import { addGauges, type MetricSources } from "./gauges.ts";

export interface Metrics {
  readonly registry: Registry;
  /** Counts what happened. Never throws. */
  readonly report: Report;
  /** Counts one answered HTTP request. @param route the pattern of the route, not the path */
  httpRequest(route: string, method: string, status: number, seconds: number): void;
}

/** Around the figures of ITU-T E.721 for post-selection delay: 3, 5 and 8 s on average, 6, 8 and 11 s for 95 %. */
const postDialDelayBuckets = [0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 11, 15, 20, 30];
/** Fine around the usual ring times of 3 to 6 s; a ring over 10 s means that hang-ups come late. */
const ringBuckets = [0.25, 0.5, 1, 2, 3, 4, 4.5, 5, 5.25, 5.5, 6, 8, 10, 15, 30];
/** A check takes about a millisecond; the store's time-out is near a second. */
const httpBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Countries with a label of their own; the world has about 250, one gateway's traffic comes from a few. */
const maxCountries = 60;

export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const country = boundedLabel(/^[A-Z]{2}$/, maxCountries);

  const started = new Counter({
    name: "onering_verifications_started_total",
    help: "Verifications started.",
    labelNames: ["country"] as const,
    registers,
  });
  const ended = new Counter({
    name: "onering_verifications_ended_total",
    help: "Verifications ended, by status and by how the last call went.",
    labelNames: ["status", "reason", "country"] as const,
    registers,
  });
  const checks = new Counter({
    name: "onering_checks_total",
    help: "Guesses that were compared.",
    labelNames: ["valid"] as const,
    registers,
  });
  const attempts = new Counter({
    name: "onering_call_attempts_total",
    help: "INVITEs that ended, each on its own trunk where a call failed over. The share of `answered` is the alarm for fraud.",
    labelNames: ["trunk", "outcome"] as const,
    registers,
  });
  const callsIn = new Counter({
    name: "onering_calls_in_total",
    help: "Calls that came in and were refused, by what they proved.",
    labelNames: ["trunk", "result"] as const,
    registers,
  });
  const evidence = new Counter({
    name: "onering_call_evidence_total",
    help: "Call attempts that ended, by what is known of them: SIP messages that the tap saw, or Asterisk's events alone.",
    labelNames: ["evidence"] as const,
    registers,
  });
  const falseAnswers = new Counter({
    name: "onering_false_answers_total",
    help: "Calls that were answered with no ringing before: voicemail, or an answer that nobody gave.",
    labelNames: ["trunk"] as const,
    registers,
  });
  const postDialDelay = new Histogram({
    name: "onering_post_dial_delay_seconds",
    help: "INVITE to the first 180.",
    labelNames: ["trunk"] as const,
    buckets: postDialDelayBuckets,
    registers,
  });
  const ring = new Histogram({
    name: "onering_ring_seconds",
    help: "First 180 to the end of the call.",
    labelNames: ["trunk"] as const,
    buckets: ringBuckets,
    registers,
  });
  const rested = new Counter({
    name: "onering_caller_ids_rested_total",
    help: "Caller IDs that began to rest: `flagged` by a network (607, 608), or `silent` while others ring.",
    labelNames: ["range", "reason"] as const,
    registers,
  });
  const http = new Histogram({
    name: "onering_http_request_duration_seconds",
    help: "Time from a request's arrival to the end of its answer.",
    labelNames: ["route", "method", "status"] as const,
    buckets: httpBuckets,
    registers,
  });
  addGauges(sources, registry);

  return {
    registry,
    report(event) {
      switch (event.type) {
        case "verification_started":
          started.inc({ country: country(event.country) });
          break;
        case "verification_ended":
          ended.inc({ status: event.status, reason: event.reason ?? "none", country: country(event.country) });
          break;
        case "caller_id_cooldown":
          rested.inc({ range: event.range, reason: event.reason });
          break;
        case "check":
          checks.inc({ valid: String(event.valid) });
          break;
        case "call_in":
          callsIn.inc({ trunk: event.trunk, result: event.result });
          break;
        case "attempt_ringing":
          // Its time comes with the end, as post-dial delay.
          break;
        case "attempt_ended": {
          const { result } = event;
          const { tries } = result;
          // A call that no trunk took counts where its line was.
          const trunk = tries.at(-1)?.trunk ?? event.trunk;
          if (tries.length === 0) attempts.inc({ trunk, outcome: result.outcome });
          for (const one of tries) attempts.inc({ trunk: one.trunk, outcome: one.outcome });
          evidence.inc({ evidence: result.evidence });
          if (result.falseAnswer) falseAnswers.inc({ trunk });
          if (result.postDialDelayMs !== null) postDialDelay.observe({ trunk }, result.postDialDelayMs / 1000);
          if (result.ringMs !== null) ring.observe({ trunk }, result.ringMs / 1000);
          break;
        }
      }
    },
    httpRequest(route, method, status, seconds) {
      http.observe({ route, method, status }, seconds);
    },
  };
}

/** The first `limit` values of the right shape keep their name, the others share one. */
function boundedLabel(shape: RegExp, limit: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit || !shape.test(value)) return "other";
    known.add(value);
    return value;
  };
}
