/** The closed set behind each label of each metric: what is not in it would let a user add series without end. */

import { METHODS } from "node:http";
import { inboundCallResults } from "../../../src/channels/call-in/events.ts";
import { callInMachine } from "../../../src/channels/call-in/machine.ts";
import { receiptResults } from "../../../src/channels/messages/events.ts";
import { messageMachine } from "../../../src/channels/messages/machine.ts";
import { messageFailures } from "../../../src/channels/messages/provider-port.ts";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { voiceMachine } from "../../../src/channels/voice/machine.ts";
import type { Config } from "../../../src/config/schema.ts";
import { verdicts } from "../../../src/guard/decisions.ts";
import { answerKinds } from "../../../src/numbers/health/ports.ts";
import { healthStates } from "../../../src/numbers/lookup/health-view.ts";
import { suspicions } from "../../../src/observability/trunk-suspicion.ts";
import { outcomes } from "../../../src/telephony/calls/outcome.ts";
import { brakeReasons } from "../../../src/telephony/trunks/brakes.ts";
import { breakerStates } from "../../../src/telephony/trunks/breaker.ts";
import { statuses } from "../../../src/verification/machine.ts";
import { webhookResults } from "../../../src/webhooks/observer-port.ts";

type Allowed = RegExp | readonly string[];

const channels = ["missed_call", "call_in", "voice", "sms", "whatsapp", "email", "push"];
const machines = [missedCallMachine, callInMachine, voiceMachine, messageMachine];
const number = /^(\+Inf|[\d.]+)$/;

/** `metric label` first, else `label`. */
function allowedBy({ trunks, asterisks, ranges, apps, sms }: Config): Readonly<Record<string, Allowed>> {
  const names = { trunks: Object.keys(trunks), asterisks: Object.keys(asterisks), apps: Object.keys(apps) };
  const routes = Object.entries(sms?.routes ?? {});
  return {
    trunk: [...names.trunks, "none"],
    // The gateway's own SIP among them.
    asterisk: [...names.asterisks, "sip"],
    range: Object.keys(ranges),
    app: [...names.apps, "none"],
    channel: channels,
    country: /^([A-Z]{2}|none|other)$/,
    status: statuses,
    outcome: outcomes,
    reason: [...outcomes, ...messageFailures, "not_confirmed", "none"],
    state: [...machines.flatMap(({ states }) => Object.keys(states))],
    valid: ["true", "false"],
    reached: ["true", "false"],
    source: ["sip", "events"],
    suspicion: suspicions,
    le: number,
    of: ["used", "max"],
    version: /^[\w.+-]{1,40}$/,
    node: /^\d+\.\d+\.\d+$/,
    "onering_caller_id_cooldowns_total reason": ["flagged", "silent"],
    "onering_caller_ids state": ["all", "resting", "at_cap"],
    "onering_trunk_breaker state": breakerStates,
    "onering_processes state": ["serving", "starting"],
    process: /^\d{1,2}$/,
    "onering_out_of_service kind": ["trunk", "asterisk"],
    "onering_out_of_service name": [...names.trunks, ...names.asterisks],
    "onering_braked kind": ["app", "prefix"],
    "onering_braked app": [...names.apps, ""],
    "onering_braked reason": brakeReasons,
    "onering_inbound_calls_total result": inboundCallResults,
    rule: [
      ...["none", "block_list", "allow_list", "opt_out", "number_health", "approval", "fallback", "ip_countries"],
      ...["cap_gateway", "cap_gateway_country", "cap_app", "cap_app_country"],
      ...["prefix", "range", "address", "domain", "country", "app", "ip", "session", "device", "network"].flatMap(
        (name) => [`${name}_limit`, `${name}_learned`],
      ),
    ],
    verdict: verdicts,
    "onering_numbering_metadata_info source": ["built_in", "file"],
    "onering_number_health_evidence_total kind": [...answerKinds, "text_read", "text_unread"],
    "onering_number_health_disbelieved_total kind": answerKinds,
    "onering_number_health_reordered_total state": healthStates,
    direction: ["in", "out"],
    opened_by: ["us", "far_end"],
    "onering_sip_refused_total reason": [
      ...["unknown_source", "stranger", "ambiguous", "malformed", "handshake", "connect", "dead_flow", "too_large"],
      ...["lost_datagram", "route"],
      ...["too_many_requests", "too_many_connections", "too_many_outgoing", "too_many_transactions"],
    ],
    "onering_sip_names state": ["known", "stale", "failing", "penalized"],
    "onering_sip_hep_copies_total result": ["sent", "dropped"],
    "onering_hang_ups_asked_total result": ["sent", "unheard", "failed"],
    "onering_sip_certificate_expiry_timestamp_seconds of": ["listening", "client", "carrier", "signing"],
    "onering_sip_certificate_expiry_timestamp_seconds trunk": [...names.trunks, ""],
    cursor: ["live", "records"],
    backend: ["sqlite", "postgres"],
    "onering_records_batches_total result": ["written", "unavailable", "failed"],
    "onering_event_sink_failures_total sink": ["streams", "webhooks", "records"],
    "onering_webhook_deliveries_total result": webhookResults,
    "onering_webhook_endpoints_disabled_total reason": ["gone", "failing"],
    "onering_webhook_endpoints state": ["enabled", "disabled", "down"],
    "onering_message_receipts_total result": receiptResults,
    "onering_sms_submitted_total route": routes.map(([name]) => name),
    "onering_sms_submitted_total status": /^(ESME_[A-Z_]+|0x000004[0-9a-f]{2}|no_answer|other|[a-z_]{2,31}|\d{3})$/,
    "onering_sms_dropped_total route": routes.map(([name]) => name),
    "onering_sms_dropped_total what": ["message", "unreadable", "shed", "late_response"],
    "onering_sms_bind_up route": routes.map(([name]) => name),
    "onering_sms_bind_up bind": routes.flatMap(([, { smpp }]) => Object.keys(smpp?.binds ?? {})),
    // Patterns of routes: no digit but the version's.
    "onering_http_request_duration_seconds route": /^(unknown|\*|\/(v1\/)?[a-z_:*/.-]*)$/,
    "onering_http_request_duration_seconds method": METHODS,
    "onering_http_request_duration_seconds status": /^[1-5]\d\d$/,
  };
}

/** @returns every label of `metrics` (Prometheus' text format) that is not in the table or has another value */
export function labelProblems(metrics: string, config: Config): readonly string[] {
  const table = allowedBy(config);
  const problems = new Set<string>();
  for (const [, series = "", labels = ""] of metrics.matchAll(/^(onering_\w+)\{([^}]*)\} /gm)) {
    const metric = series.replace(/_(bucket|sum|count)$/, "");
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      const allowed = table[`${metric} ${label}`] ?? table[label];
      if (allowed === undefined) problems.add(`${metric}: no rule for the label ${label}`);
      else if (allowed instanceof RegExp ? !allowed.test(value) : !allowed.includes(value))
        problems.add(`${metric}: ${label}="${value}"`);
    }
  }
  return [...problems];
}
