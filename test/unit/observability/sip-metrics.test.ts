import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { addSipMetrics } from "../../../src/observability/sip-metrics.ts";
import type { SipStatus } from "../../../src/telephony/sip-trunks/status-port.ts";

const counters = {
  ...{ received: 7, sent: 5, unknownSources: 3, malformed: 2, tooManyConnections: 1, failedHandshakes: 4 },
  ...{ failedConnects: 6, deadFlows: 8, tooLarge: 9, tooManyOutgoing: 11, lostDatagrams: 18 },
};
const requests = { reported: 1, qualified: 1, rejected: 1, ambiguous: 12, strangers: 13, limited: 14 };

it("SIP sockets and trunks are shown as they are at each scrape; without SIP nothing is", async () => {
  const registry = new Registry();
  let state: SipStatus | null = null;
  addSipMetrics(registry, () => state);
  expect(await registry.metrics()).not.toMatch(/^onering_sip/m);
  const trunks = [
    { trunk: "a", registered: true, reach: "down" as const, roundTripMs: 12 },
    { trunk: "b", registered: null, reach: "unknown" as const, roundTripMs: null },
  ];
  state = {
    ...{ counters, requests, trunks, connections: { open: 3, inbound: 1 }, takeovers: 2 },
    ...{ refusedRoutes: 19, names: { hops: 4, stale: 1, failing: 2, penalized: 3 } },
    ...{ transactions: { open: 21, refused: 15 }, hep: { sent: 16, dropped: 17 } },
    certificates: [
      { of: "carrier", trunk: "a", expiresAtMs: 1_800_000_000_000 },
      { of: "listening", trunk: null, expiresAtMs: 1_900_000_000_000 },
    ],
  };
  await registry.metrics();
  const text = await registry.metrics();
  for (const line of [
    'onering_sip_messages_total{direction="in"} 7',
    'onering_sip_messages_total{direction="out"} 5',
    'onering_sip_refused_total{reason="unknown_source"} 3',
    'onering_sip_refused_total{reason="too_large"} 9',
    'onering_sip_refused_total{reason="stranger"} 13',
    'onering_sip_refused_total{reason="ambiguous"} 12',
    'onering_sip_refused_total{reason="too_many_requests"} 14',
    'onering_sip_refused_total{reason="too_many_outgoing"} 11',
    'onering_sip_refused_total{reason="too_many_transactions"} 15',
    'onering_sip_refused_total{reason="lost_datagram"} 18',
    'onering_sip_refused_total{reason="route"} 19',
    'onering_sip_names{state="known"} 4',
    'onering_sip_names{state="stale"} 1',
    'onering_sip_names{state="failing"} 2',
    'onering_sip_names{state="penalized"} 3',
    "onering_sip_transactions 21",
    "onering_sip_takeovers_total 2",
    'onering_sip_hep_copies_total{result="sent"} 16',
    'onering_sip_hep_copies_total{result="dropped"} 17',
    'onering_sip_trunk_answers{trunk="a"} 0',
    'onering_sip_certificate_expiry_timestamp_seconds{of="carrier",trunk="a"} 1800000000',
    'onering_sip_certificate_expiry_timestamp_seconds{of="listening",trunk=""} 1900000000',
    'onering_sip_connections{opened_by="us"} 2',
    'onering_sip_connections{opened_by="far_end"} 1',
    'onering_sip_trunk_registered{trunk="a"} 1',
    'onering_sip_trunk_options_seconds{trunk="a"} 0.012',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).not.toContain('trunk="b"');
});
