import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { addSipMetrics, type SipState } from "../../../src/observability/sip-metrics.ts";

const counters = {
  ...{ received: 7, sent: 5, unknownSources: 3, malformed: 2, tooManyConnections: 1, failedHandshakes: 4 },
  ...{ failedConnects: 6, deadFlows: 8, tooLarge: 9 },
};

it("SIP sockets and trunks are shown as they are at each scrape; without SIP nothing is", async () => {
  const registry = new Registry();
  let state: SipState | null = null;
  addSipMetrics(registry, () => state);
  expect(await registry.metrics()).not.toMatch(/^onering_sip/m);
  const trunks = [
    { trunk: "a", registered: true, roundTripMs: 12 },
    { trunk: "b", registered: null, roundTripMs: null },
  ];
  state = { counters, connections: { open: 3, inbound: 1 }, trunks };
  await registry.metrics();
  const text = await registry.metrics();
  for (const line of [
    'onering_sip_messages_total{direction="in"} 7',
    'onering_sip_messages_total{direction="out"} 5',
    'onering_sip_refused_total{reason="unknown_source"} 3',
    'onering_sip_refused_total{reason="too_large"} 9',
    'onering_sip_connections{opened_by="us"} 2',
    'onering_sip_connections{opened_by="far_end"} 1',
    'onering_sip_trunk_registered{trunk="a"} 1',
    'onering_sip_trunk_options_seconds{trunk="a"} 0.012',
  ]) {
    expect(text).toContain(line);
  }
  expect(text).not.toContain('trunk="b"');
});
