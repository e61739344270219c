/** Examples in the API document. */
import { exampleNumber } from "../schemas.ts";

export const cdrExample = {
  ...{ verification: "v03f9mUq0cR2kZs7XbT1yWaJd4", number: 1, app: "shop", channel: "missed_call", to: exampleNumber },
  ...{ country: "GB", prefix: "+4474001", network: null, trunk: "carrier-b", asterisk: "pbx", range: "mobile-block" },
  ...{ caller_ids: ["+447700900123"], route: null, segments: null },
  attempts: [
    { trunk: "carrier-a", asterisk: "pbx", outcome: "congestion", post_dial_delay_ms: null },
    { trunk: "carrier-b", asterisk: "pbx", outcome: "rang", post_dial_delay_ms: 1930 },
  ],
  ...{ outcome: "rang", alerted: true, post_dial_delay_ms: 1930, ring_ms: 5004, answered: false, talk_ms: null },
  ...{ false_answer: false, sip_status: 487, q850: null, ended_by: "us", source: "sip" },
  ...{ state: "rung", reason: "rang", delivered: true, verified: true, status: "verified", checks_used: 1 },
  ...{ cost: null, guard_decision: null, test: false, reference: "order-8154" },
  ...{ started_at: "2026-11-02T12:00:00.000Z", ended_at: "2026-11-02T12:00:07.412Z" },
  ...{ verification_started_at: "2026-11-02T12:00:00.000Z", verification_ended_at: "2026-11-02T12:00:19.030Z" },
};

const figures = {
  ...{ verifications: 1000, started: 1040, delivered: 1012, verified: 871, conversion: 0.8375 },
  ...{ attempts: 1080, answered: 6, asr: 0.005556, ner: 0.963, pdd_ms: { p50: 2110, p95: 4350 } },
  ...{ cost: 1.66, cost_per_verified: 0.001906 },
};

export const statsExample = {
  ...{ from: "2026-11-01T00:00:00.000Z", to: "2026-11-02T00:00:00.000Z", by: ["day", "country"] },
  stats: [{ day: "2026-11-01T00:00:00.000Z", country: "GB", ...figures }],
  total: figures,
};

export const foundExample = {
  verifications: [
    {
      ...{ id: cdrExample.verification, app: "shop", status: "verified", reason: "rang", to: exampleNumber },
      ...{ country: "GB", channel: "missed_call", reference: "order-8154" },
      ...{ created_at: cdrExample.verification_started_at, ended_at: cdrExample.verification_ended_at },
      deliveries: [
        {
          ...{ number: 1, channel: "missed_call", to: exampleNumber, state: "rung", reason: "rang", verified: true },
          ...{ started_at: cdrExample.started_at, ended_at: cdrExample.ended_at },
        },
      ],
    },
  ],
  next: null,
};
