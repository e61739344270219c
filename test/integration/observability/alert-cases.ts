/** Every alert, with series that raise it and series that do not. */
import { reachedUser } from "../../../src/telephony/calls/user-reached.ts";

/**
 * For every alert of docs/deploy/prometheus-alerts.yml: series on which it fires, and series close to them on which it does
 * not, in promtool's notation at one value a minute (`0+2x60`: 0, 2, 4 … 60 more values).
 */
export interface AlertCase {
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at; a PromQL duration. */
  readonly at: string;
  /** Labels of the one alert that fires, `severity` aside; null: none fires. */
  readonly fires: Readonly<Record<string, string>> | null;
}

const fires = (at: string, labels: Readonly<Record<string, string>>, series: AlertCase["series"]): AlertCase => ({
  ...{ series, at },
  fires: labels,
});
const quiet = (at: string, series: AlertCase["series"]): AlertCase => ({ series, at, fires: null });

const attempts = (outcome: string, reached = reachedUser(outcome, false)) =>
  `onering_call_attempts_total{trunk="a",outcome="${outcome}",reached="${reached}"}`;
const ended = (status: string) =>
  `onering_verifications_by_trunk_total{trunk="a",app="shop",country="GB",status="${status}"}`;
const sources = (source: string) => `onering_call_sources_total{source="${source}"}`;
const inbound = (result: string) => `onering_inbound_calls_total{trunk="a",result="${result}"}`;
const deliveries = (state: string, channel = "sms") =>
  `onering_deliveries_total{channel="${channel}",state="${state}"}`;
const receipts = (result: string) => `onering_message_receipts_total{channel="sms",result="${result}"}`;
const decisions = (rule: string, verdict: string, aMinute: number) => ({
  [`onering_guard_decisions_total{rule="${rule}",verdict="${verdict}"}`]: `0+${aMinute}x60`,
});
const submits = (status: string) => `onering_sms_submitted_total{route="one",status="${status}"}`;
const callerIds = (state: string, instance: string) =>
  `onering_caller_ids{range="block",state="${state}",instance="${instance}"}`;
const refused = (reason: string) => `onering_sip_refused_total{reason="${reason}"}`;
const delay = (le: string) => `onering_post_dial_delay_seconds_bucket{trunk="a",le="${le}"}`;
const webhookDelay = (le: string) => `onering_webhook_delivery_delay_seconds_bucket{le="${le}"}`;
const breaker = (state: string) => `onering_trunk_breaker{trunk="a",asterisk="one",state="${state}"}`;
const trunk = { trunk: "a" };
const sms = { channel: "sms" };
const route = { route: "one" };

export const alertCases: Readonly<Record<string, readonly AlertCase[]>> = {
  OneRingGatewayDown: [
    fires("3m", { job: "onering", instance: "g1" }, { 'up{job="onering",instance="g1"}': "1 0x5" }),
    quiet("3m", { 'up{job="onering",instance="g1"}': "1 0 1x5", 'up{job="node",instance="g1"}': "0x5" }),
  ],
  OneRingProcessRestarts: [
    fires(
      "20m",
      { instance: "g1", process: "1" },
      { 'onering_process_restarts_total{instance="g1",process="1"}': "0+1x20" },
    ),
    quiet("20m", { 'onering_process_restarts_total{instance="g1",process="1"}': "0x10 1x10" }),
  ],
  OneRingUnavailable: [
    fires(
      "12m",
      {},
      { 'onering_http_request_duration_seconds_count{status="503",route="/v1/verifications"}': "0+60x15" },
    ),
    quiet("12m", {
      'onering_http_request_duration_seconds_count{status="503",route="/readyz"}': "0+60x15",
      'onering_http_request_duration_seconds_count{status="201",route="/v1/verifications"}': "0+60x15",
    }),
  ],
  OneRingRedisMemory: [
    fires(
      "20m",
      {},
      { 'onering_redis_memory_bytes{of="used"}': "90x30", 'onering_redis_memory_bytes{of="max"}': "100x30" },
    ),
    quiet("20m", {
      'onering_redis_memory_bytes{of="used"}': "70x30",
      'onering_redis_memory_bytes{of="max"}': "100x30",
    }),
    quiet("20m", { 'onering_redis_memory_bytes{of="used"}': "90x30" }),
  ],
  OneRingOverloaded: [
    fires("8m", { instance: "g1" }, { 'onering_overload_calls_per_second{instance="g1"}': "20x10" }),
    quiet("8m", { 'onering_overload_calls_per_second{instance="g1"}': "20 20 20 _x10" }),
  ],
  OneRingBraked: [
    fires(
      "12m",
      { kind: "app", app: "shop", reason: "answered" },
      {
        'onering_braked{kind="app",app="shop",reason="answered",instance="g1"}': "1x15",
        'onering_braked{kind="app",app="shop",reason="answered",instance="g2"}': "1x15",
      },
    ),
    quiet("12m", { 'onering_braked{kind="app",app="shop",reason="answered",instance="g1"}': "1x5 _x10" }),
  ],
  OneRingGuardDenying: [
    fires(
      "45m",
      { rule: "prefix_limit" },
      { ...decisions("prefix_limit", "denied", 3), ...decisions("none", "allowed", 20) },
    ),
    quiet("45m", { ...decisions("prefix_limit", "recorded", 1), ...decisions("none", "allowed", 60) }),
  ],
  OneRingGuardBlind: [
    fires("15m", { instance: "g1" }, { 'onering_guard_counters_unavailable_total{instance="g1"}': "0+2x30" }),
    quiet("15m", { 'onering_guard_counters_unavailable_total{instance="g1"}': "0x10 1x20" }),
  ],
  OneRingGuessing: [
    fires(
      "20m",
      {},
      {
        'onering_checks_total{valid="false"}': "0+40x30",
        'onering_verifications_started_total{channel="sms",country="GB"}': "0+10x30",
      },
    ),
    // A gateway that was just started has no series of starts yet.
    fires("20m", {}, { 'onering_checks_total{valid="false"}': "0+40x30" }),
    quiet("20m", {
      'onering_checks_total{valid="false"}': "0+20x30",
      'onering_verifications_started_total{channel="sms",country="GB"}': "0+10x30",
    }),
  ],

  OneRingTrunkDown: [
    fires("4m", trunk, { 'onering_trunk_usable{trunk="a"}': "1 0x5", 'onering_trunk_usable{trunk="b"}': "1x6" }),
    // Drained, by any gateway's account.
    quiet("4m", {
      'onering_trunk_usable{trunk="a",instance="g1"}': "1 0x5",
      'onering_out_of_service{kind="trunk",name="a",instance="g2"}': "1x6",
    }),
    quiet("2m", { 'onering_trunk_usable{trunk="a"}': "1 0x5" }),
  ],
  OneRingAsteriskDown: [
    fires("4m", { asterisk: "one" }, { 'onering_asterisk_connected{asterisk="one"}': "1 0x5" }),
    quiet("4m", { 'onering_asterisk_connected{asterisk="one"}': "1 0 1x5" }),
  ],
  OneRingCircuitOpen: [
    fires("40m", { trunk: "a", asterisk: "one", state: "open" }, { [breaker("open")]: "0x10 1x40" }),
    quiet("40m", { [breaker("open")]: "0x30 1x10", [breaker("half_open")]: "1x50" }),
  ],
  OneRingDrainForgotten: [
    fires("1500m", { kind: "trunk", name: "a" }, { 'onering_out_of_service{kind="trunk",name="a"}': "1x1600" }),
    quiet("1400m", { 'onering_out_of_service{kind="trunk",name="a"}': "1x1600" }),
  ],
  OneRingTrunkSuspected: [
    fires(
      "8m",
      { trunk: "a", suspicion: "caller_id" },
      { 'onering_trunk_suspected{trunk="a",suspicion="caller_id"}': "1x10" },
    ),
    quiet("8m", { 'onering_trunk_suspected{trunk="a",suspicion="caller_id"}': "0x10" }),
  ],
  OneRingNotVerifying: [
    fires("60m", trunk, { [ended("verified")]: "0+1x60", [ended("expired")]: "0+4x60" }),
    // A trunk on which none has verified yet has no series of that status.
    fires("60m", trunk, { [ended("expired")]: "0+4x60" }),
    quiet("60m", { [ended("verified")]: "0+2x60", [ended("expired")]: "0+2x60", [ended("canceled")]: "0+90x60" }),
    // Too few to say.
    quiet("60m", { [ended("expired")]: "0 0 0 1+1x40" }),
  ],
  OneRingUnallocated: [
    fires("30m", trunk, { [attempts("unallocated")]: "0+2x30", [attempts("invalid_format")]: "0+3x30" }),
    quiet("30m", { [attempts("unallocated")]: "0+5x30", [attempts("rang")]: "0+5x30" }),
    quiet("30m", { [attempts("unallocated")]: "0+0.5x30" }),
  ],
  OneRingNerLow: [
    fires("50m", trunk, { [attempts("rang")]: "0+1x60", [attempts("congestion")]: "0+3x60" }),
    // No call has rung on it yet.
    fires("50m", trunk, { [attempts("congestion")]: "0+3x60" }),
    quiet("50m", { [attempts("rang")]: "0+1x60", [attempts("busy")]: "0+2x60", [attempts("congestion")]: "0+1x60" }),
    // Each code was typed while the phone rang.
    quiet("50m", { [attempts("canceled", true)]: "0+3x60" }),
    quiet("50m", { [attempts("congestion")]: "0+1x60" }),
  ],
  OneRingAnswered: [
    fires("50m", trunk, { [attempts("rang")]: "0+8x60", [attempts("answered")]: "0+2x60" }),
    quiet("50m", { [attempts("rang")]: "0+19x60", [attempts("answered")]: "0+1x60" }),
  ],
  OneRingFalseAnswers: [
    fires("50m", trunk, { [attempts("rang")]: "0+10x60", 'onering_false_answers_total{trunk="a"}': "0+1x60" }),
    quiet("50m", { [attempts("rang")]: "0+50x60", 'onering_false_answers_total{trunk="a"}': "0+1x60" }),
  ],
  OneRingPostDialDelay: [
    fires("40m", trunk, { [delay("8")]: "0+5x50", [delay("11")]: "0+10x50", [delay("+Inf")]: "0+10x50" }),
    quiet("40m", { [delay("5")]: "0+5x50", [delay("8")]: "0+10x50", [delay("+Inf")]: "0+10x50" }),
  ],
  OneRingCallerIdsLow: [
    // The same figures at both gateways count once.
    fires(
      "20m",
      { range: "block" },
      {
        [callerIds("all", "g1")]: "100x30",
        [callerIds("all", "g2")]: "100x30",
        [callerIds("resting", "g1")]: "30x30",
        [callerIds("resting", "g2")]: "30x30",
        [callerIds("at_cap", "g1")]: "15x30",
      },
    ),
    quiet("20m", {
      [callerIds("all", "g1")]: "100x30",
      [callerIds("resting", "g1")]: "25x30",
      [callerIds("resting", "g2")]: "25x30",
    }),
  ],
  OneRingCaptureSilent: [
    fires("120m", {}, { [sources("sip")]: "0+2x60 120x120", [sources("events")]: "0+2x180" }),
    // The gateway was started anew, and its capture has counted nothing since.
    fires("120m", {}, { [sources("sip")]: "0+2x60 _x120", [sources("events")]: "0+2x180" }),
    // There was never one.
    quiet("120m", { [sources("events")]: "0+2x180" }),
    quiet("120m", { [sources("sip")]: "0+2x180", [sources("events")]: "0+2x180" }),
  ],

  OneRingSipRegistrationLost: [
    fires(
      "5m",
      { trunk: "a", instance: "g1" },
      {
        'onering_sip_trunk_registered{trunk="a",instance="g1"}': "1 0x10",
        'onering_sip_trunk_registered{trunk="a",instance="g2"}': "1x10",
      },
    ),
    quiet("5m", { 'onering_sip_trunk_registered{trunk="a",instance="g1"}': "1 0 0 1x10" }),
  ],
  OneRingSipNoOptions: [
    fires("4m", { trunk: "a", instance: "g1" }, { 'onering_sip_trunk_answers{trunk="a",instance="g1"}': "1 0x10" }),
    quiet("4m", { 'onering_sip_trunk_answers{trunk="a",instance="g1"}': "0 0 1x10" }),
  ],
  OneRingSipCertificateEnds: [
    // Time begins at 0: it ends in 29 days. The same in both gateways.
    fires(
      "10m",
      { of: "carrier", trunk: "a" },
      {
        'onering_sip_certificate_expiry_timestamp_seconds{of="carrier",trunk="a",instance="g1"}': "2505600x20",
        'onering_sip_certificate_expiry_timestamp_seconds{of="carrier",trunk="a",instance="g2"}': "2505600x20",
      },
    ),
    // Of all trunks, and ended.
    fires(
      "10m",
      { of: "listening" },
      { 'onering_sip_certificate_expiry_timestamp_seconds{of="listening",trunk=""}': "60x20" },
    ),
    quiet("10m", { 'onering_sip_certificate_expiry_timestamp_seconds{of="signing",trunk=""}': "2678400x20" }),
  ],
  OneRingSipLimits: [
    fires(
      "20m",
      { reason: "too_many_transactions" },
      { [refused("too_many_transactions")]: "0x10 7x20", [refused("unknown_source")]: "0+9x30" },
    ),
    fires("20m", { reason: "too_many_requests" }, { [refused("too_many_requests")]: "_x10 3x20" }),
    quiet("20m", { [refused("unknown_source")]: "0+9x30", [refused("too_many_connections")]: "4x30" }),
  ],
  OneRingSipTakeover: [
    fires("20m", {}, { 'onering_sip_takeovers_total{instance="g2"}': "0x10 5x20" }),
    // By one that started again and found its own.
    fires("20m", {}, { 'onering_sip_takeovers_total{instance="g1"}': "_x10 5x20" }),
    quiet("20m", { 'onering_sip_takeovers_total{instance="g2"}': "5x30" }),
  ],
  OneRingInboundUnreadable: [
    fires(
      "30m",
      { trunk: "a", result: "wrong_format" },
      {
        [inbound("wrong_format")]: "0+3x40",
        [inbound("verified")]: "0+1x40",
      },
    ),
    quiet("30m", { [inbound("wrong_format")]: "0+3x40", [inbound("verified")]: "0+4x40" }),
  ],
  OneRingInboundScan: [
    fires("30m", trunk, { [inbound("no_match")]: "0+20x40", [inbound("verified")]: "0+1x40" }),
    quiet("30m", { [inbound("no_match")]: "0+4x40", [inbound("verified")]: "0+1x40" }),
  ],
  OneRingInboundForged: [
    fires("20m", trunk, { [inbound("forged")]: "0x10 1x30" }),
    // The very first one of this gateway.
    fires("20m", trunk, { [inbound("forged")]: "_x10 1x30" }),
    quiet("100m", { [inbound("forged")]: "_x10 1x130" }),
    quiet("20m", { [inbound("verified")]: "0+1x40", [inbound("forged")]: "0x40" }),
  ],

  OneRingDeliveriesFail: [
    fires("30m", sms, { [deliveries("sent")]: "0+6x40", [deliveries("failed")]: "0+3x40" }),
    quiet("30m", {
      [deliveries("sent")]: "0+8x40",
      [deliveries("failed")]: "0+2x40",
      [deliveries("queued")]: "0+9x40",
    }),
    quiet("30m", { [deliveries("failed")]: "0+0.5x40" }),
  ],
  OneRingReceiptsMissing: [
    fires("60m", sms, { [deliveries("sent")]: "0+1x90", [deliveries("delivered")]: "0x90" }),
    fires("60m", sms, { [deliveries("sent")]: "0+1x90" }),
    quiet("60m", { [deliveries("sent")]: "0+1x90", [deliveries("delivered")]: "0+0.5x90" }),
    quiet("60m", { [deliveries("sent", "email")]: "0+5x90" }),
  ],
  OneRingReceiptsUnknown: [
    fires("60m", sms, { [receipts("early")]: "0+2x90" }),
    fires("60m", sms, { [receipts("early")]: "0+4x90", [receipts("claimed")]: "0+2x90" }),
    quiet("60m", { [receipts("early")]: "0+2x90", [receipts("claimed")]: "0+2x90" }),
  ],
  OneRingReceiptsLost: [
    fires("20m", sms, { [receipts("dropped")]: "0+1x30", [receipts("failed")]: "0+1x30" }),
    quiet("20m", { [receipts("dropped")]: "0+0.5x30", [receipts("applied")]: "0+9x30" }),
  ],
  OneRingSmsBindDown: [
    fires("8m", { route: "one", bind: "one.a" }, { 'onering_sms_bind_up{route="one",bind="one.a"}': "1 0x10" }),
    quiet("8m", { 'onering_sms_bind_up{route="one",bind="one.a"}': "0 0 0 1x10" }),
  ],
  OneRingSmsUnanswered: [
    fires("30m", route, { [submits("ESME_ROK")]: "0+8x40", [submits("no_answer")]: "0+1x40" }),
    quiet("30m", { [submits("ESME_ROK")]: "0+30x40", [submits("no_answer")]: "0+1x40" }),
  ],
  OneRingSmsThrottled: [
    fires("20m", route, { [submits("ESME_RTHROTTLED")]: "0+2x30" }),
    quiet("20m", { [submits("ESME_RTHROTTLED")]: "0+1x30", [submits("ESME_ROK")]: "0+9x30" }),
  ],

  OneRingEventsWaiting: [
    fires(
      "10m",
      { cursor: "records" },
      {
        'onering_outbox_oldest_seconds{cursor="records",instance="g1"}': "0+60x20",
        'onering_outbox_oldest_seconds{cursor="live",instance="g1"}': "1x20",
        'onering_outbox_oldest_seconds{cursor="records",instance="g2"}': "0+60x20",
      },
    ),
    quiet("10m", { 'onering_outbox_oldest_seconds{cursor="records"}': "50x20" }),
  ],
  OneRingEventsBacklog: [
    fires("3m", { cursor: "records" }, { 'onering_outbox_events{cursor="records"}': "300000x5" }),
    quiet("3m", { 'onering_outbox_events{cursor="records"}': "200000x5" }),
  ],
  OneRingEventsLost: [
    fires("20m", { cursor: "records" }, { 'onering_outbox_lost_total{cursor="records"}': "_x10 40x20" }),
    fires("20m", { cursor: "live" }, { 'onering_outbox_lost_total{cursor="live"}': "5x10 40x20" }),
    quiet("90m", { 'onering_outbox_lost_total{cursor="records"}': "_x5 40x120" }),
  ],
  OneRingEventsUnreadable: [
    fires("20m", { cursor: "live" }, { 'onering_events_unreadable_total{cursor="live"}': "_x10 1x20" }),
    quiet("90m", { 'onering_events_unreadable_total{cursor="live"}': "1x120" }),
  ],
  OneRingRecordsDown: [
    fires("5m", { backend: "postgres" }, { 'onering_records_up{backend="postgres"}': "1 0x10" }),
    quiet("5m", { 'onering_records_up{backend="postgres"}': "0 0 1x10" }),
  ],
  OneRingRecordsFailing: [
    fires("20m", {}, { 'onering_records_batches_total{result="failed"}': "0+1x30" }),
    quiet("20m", {
      'onering_records_batches_total{result="unavailable"}': "0+5x30",
      'onering_records_batches_total{result="failed"}': "2x30",
    }),
  ],
  OneRingWebhooksLate: [
    fires(
      "40m",
      {},
      { [webhookDelay("60")]: "0+5x50", [webhookDelay("600")]: "0+10x50", [webhookDelay("+Inf")]: "0+10x50" },
    ),
    // One dead endpoint among many.
    quiet("40m", {
      [webhookDelay("0.5")]: "0+95x50",
      [webhookDelay("600")]: "0+95x50",
      [webhookDelay("+Inf")]: "0+100x50",
    }),
  ],
  OneRingWebhooksGivenUp: [
    fires("20m", { result: "dead_letter" }, { 'onering_webhook_deliveries_total{result="dead_letter"}': "_x10 3x20" }),
    fires("20m", { result: "dropped" }, { 'onering_webhook_deliveries_total{result="dropped"}': "0x10 3x20" }),
    quiet("20m", {
      'onering_webhook_deliveries_total{result="delivered"}': "0+9x30",
      'onering_webhook_deliveries_total{result="refused"}': "0+9x30",
    }),
  ],
  OneRingWebhookEndpointsDown: [
    fires("90m", {}, { 'onering_webhook_endpoints{state="down"}': "1x100" }),
    quiet("90m", {
      'onering_webhook_endpoints{state="down"}': "1x50 0x50",
      'onering_webhook_endpoints{state="disabled"}': "1x100",
    }),
  ],
};
