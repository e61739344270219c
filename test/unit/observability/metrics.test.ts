import { describe, expect, it } from "vitest";
import type { GatewayEvent, GatewayEvents } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import type { BreakerState } from "../../../src/telephony/trunks/breaker.ts";

const idle = {
  braked: () => [],
  overloadLimit: () => null,
  liveCalls: () => 0,
  trunks: () => [],
  paths: () => [],
  outOfService: () => [],
  asterisks: () => [],
  callerIds: async () => [],
  redisMemory: async () => null,
};
/** An event as the bus hands it on. */
const event = <Type extends keyof GatewayEvents>(type: Type, data: GatewayEvents[Type]) =>
  ({ id: "e1", type, at: "2026-03-01T12:00:00.000Z", seq: null, app: "shop", data }) as GatewayEvent;
const started = (country: string) =>
  event("verification.started", { verification: "v1", channel: "missed_call", country, state: "calling" });
const callEnded = (trunk: string, result: CallResult) =>
  event("call.ended", { verification: "v1", country: "GB", trunk, result });
const rang: CallResult = {
  outcome: "rang",
  alerted: true,
  postDialDelayMs: 2400,
  ringMs: 5001,
  sipStatus: 487,
  q850Cause: 16,
  endedBy: "us",
  source: "sip",
  falseAnswer: false,
  silent: false,
  inviteOver: false,
  progress: false,
  networkBlocked: false,
  redressUrl: null,
  attempts: [],
};

describe("the metrics", () => {
  it("blame the trunk that failed, not the one that the call went on to", async () => {
    const { count, registry } = createMetrics(idle);
    const attempts = [
      { trunk: "cheap", asterisk: "main", outcome: "congestion" as const },
      { trunk: "carrier", asterisk: "main", outcome: "rang" as const },
    ];
    count(callEnded("cheap", { ...rang, attempts }));
    const text = await registry.metrics();
    expect(text).toContain('onering_call_attempts_total{trunk="cheap",outcome="congestion",reached="false"} 1');
    expect(text).toContain('onering_call_attempts_total{trunk="carrier",outcome="rang",reached="true"} 1');
    expect(text).toContain('onering_post_dial_delay_seconds_count{trunk="carrier"} 1');
  });

  it("count a call that was canceled while the phone rang as one that reached the user", async () => {
    const { count, registry } = createMetrics(idle);
    count(callEnded("carrier", { ...rang, outcome: "canceled" }));
    const silent = { alerted: false, postDialDelayMs: null, ringMs: null };
    count(callEnded("carrier", { ...rang, ...silent, outcome: "canceled" }));
    const text = await registry.metrics();
    expect(text).toContain('onering_call_attempts_total{trunk="carrier",outcome="canceled",reached="true"} 1');
    expect(text).toContain('onering_call_attempts_total{trunk="carrier",outcome="canceled",reached="false"} 1');
  });

  it("count what happened", async () => {
    const { count, registry } = createMetrics(idle);
    count(started("GB"));
    count(event("verification.checked", { verification: "v1", valid: false }));
    count(event("verification.checked", { verification: "v1", valid: true }));
    count(event("call.ringing", { verification: "v1", country: "GB", trunk: "carrier" }));
    count(callEnded("carrier", rang));
    const falseAnswer: CallResult = { ...rang, outcome: "answered", falseAnswer: true, source: "events" };
    count(callEnded("other", falseAnswer));
    count(
      event("verification.ended", {
        verification: "v1",
        channel: "missed_call",
        country: "GB",
        status: "verified",
        state: "rung",
        appCode: false,
        reason: "rang",
      }),
    );
    count(
      event("verification.ended", {
        verification: "v2",
        channel: "missed_call",
        country: "GB",
        status: "expired",
        state: "rung",
        appCode: false,
        reason: null,
      }),
    );
    const text = await registry.metrics();
    for (const line of [
      'onering_verifications_started_total{channel="missed_call",country="GB"} 1',
      'onering_checks_total{valid="false"} 1',
      'onering_checks_total{valid="true"} 1',
      'onering_call_attempts_total{trunk="carrier",outcome="rang",reached="true"} 1',
      'onering_call_sources_total{source="sip"} 1',
      'onering_call_sources_total{source="events"} 1',
      'onering_false_answers_total{trunk="other"} 1',
      'onering_post_dial_delay_seconds_bucket{le="2",trunk="carrier"} 0',
      'onering_post_dial_delay_seconds_bucket{le="3",trunk="carrier"} 1',
      'onering_ring_seconds_sum{trunk="carrier"} 5.001',
      'onering_verifications_ended_total{channel="missed_call",status="verified",reason="rang",country="GB"} 1',
      'onering_verifications_ended_total{channel="missed_call",status="expired",reason="none",country="GB"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it("leave out times that never were", async () => {
    const { count, registry } = createMetrics(idle);
    const busy: CallResult = { ...rang, outcome: "busy", alerted: false, postDialDelayMs: null, ringMs: null };
    count(callEnded("carrier", busy));
    const text = await registry.metrics();
    expect(text).toContain('outcome="busy",reached="true"} 1');
    expect(text).not.toMatch(/onering_(ring|post_dial_delay)_seconds_count{/);
  });

  it("names the numbering plans in use, and when they were published where that is known", async () => {
    let released: string | null = "2026-11-10";
    const { registry } = createMetrics({
      ...idle,
      metadata: () => ({ version: "9.0.43", source: "built_in", released }),
    });
    const text = await registry.metrics();
    expect(text).toContain('onering_numbering_metadata_info{version="9.0.43",source="built_in"} 1\n');
    expect(text).toContain(`onering_numbering_metadata_released_timestamp_seconds ${Date.UTC(2026, 10, 10) / 1000}\n`);
    released = null;
    expect(await registry.metrics()).not.toMatch(/^onering_numbering_metadata_released_timestamp_seconds /m);
  });

  it("look at calls, trunks and Asterisks when they are asked", async () => {
    let calls = 3;
    let out = 0;
    const { registry } = createMetrics({
      ...idle,
      braked: () => [],
      overloadLimit: () => null,
      liveCalls: () => calls,
      trunks: () => [
        { trunk: "one", usable: true },
        { trunk: "two", usable: false },
      ],
      outOfService: () => [{ kind: "trunk", name: "two" }].slice(0, out),
      asterisks: () => [["main", true]],
    });
    expect(await registry.metrics()).toContain("onering_live_calls 3\n");
    calls = 0;
    out = 1;
    const text = await registry.metrics();
    expect(text).toContain("onering_live_calls 0\n");
    expect(text).toContain('onering_trunk_usable{trunk="one"} 1\n');
    expect(text).toContain('onering_trunk_usable{trunk="two"} 0\n');
    expect(text).toContain('onering_out_of_service{kind="trunk",name="two"} 1\n');
    out = 0;
    expect(await registry.metrics()).not.toContain("onering_out_of_service{");
    expect(text).toContain('onering_asterisk_connected{asterisk="main"} 1\n');
  });

  it("tell the one state that each path's breaker is in now", async () => {
    let state: BreakerState = "open";
    const { registry } = createMetrics({
      ...idle,
      paths: () => [
        { trunk: "carrier", asterisk: "one", breaker: { state } },
        { trunk: "carrier", asterisk: "two", breaker: { state: "closed" } },
      ],
    });
    const breakersNow = async () => {
      const text = await registry.metrics();
      const found = text.matchAll(/^onering_trunk_breaker{trunk="carrier",asterisk="(\w+)",state="(\w+)"} (\d)$/gm);
      return [...found].map(([, asterisk, of, value]) => `${asterisk} ${of} ${value}`);
    };
    const two = ["two closed 1", "two open 0", "two half_open 0"];
    expect(await breakersNow()).toEqual(["one closed 0", "one open 1", "one half_open 0", ...two]);
    state = "half_open";
    expect(await breakersNow()).toEqual(["one closed 0", "one open 0", "one half_open 1", ...two]);
  });

  it("tell how many ranges the file of networks has, and nothing where none is configured: it was 0", async () => {
    let rows: number | null = null;
    const { registry } = createMetrics({ ...idle, networks: () => ({ rows, sources: [] }) });
    expect(await registry.metrics()).not.toMatch(/^onering_network_file_rows /m);
    rows = 7;
    expect(await registry.metrics()).toMatch(/^onering_network_file_rows 7$/m);
    rows = null;
    expect(await registry.metrics()).not.toMatch(/^onering_network_file_rows /m);
  });

  it("tell how many caller IDs of each range are out, and nothing where that is not known", async () => {
    let known = true;
    const { count, registry } = createMetrics({
      ...idle,
      async callerIds() {
        if (!known) throw new Error("the store is away");
        return [{ range: "block", size: 10_000, unavailable: 30, coolingDown: 10 }];
      },
    });
    count(event("caller_id.cooldown", { range: "block", trunk: "carrier", reason: "flagged" }));
    const text = await registry.metrics();
    expect(text).toContain('onering_caller_ids{range="block",state="all"} 10000\n');
    expect(text).toContain('onering_caller_ids{range="block",state="resting"} 10\n');
    expect(text).toContain('onering_caller_ids{range="block",state="at_cap"} 20\n');
    expect(text).toContain('onering_caller_id_cooldowns_total{range="block",reason="flagged"} 1\n');
    known = false;
    expect(await registry.metrics()).not.toContain("onering_caller_ids{");
  });

  it("tell how full Redis is, and nothing where it does not answer", async () => {
    let memory: { used: number; max: number | null } | null = { used: 400_000_000, max: 500_000_000 };
    const { registry } = createMetrics({ ...idle, redisMemory: async () => memory });
    const text = await registry.metrics();
    expect(text).toContain('onering_redis_memory_bytes{of="used"} 400000000\n');
    expect(text).toContain('onering_redis_memory_bytes{of="max"} 500000000\n');
    memory = { used: 1, max: null };
    expect(await registry.metrics()).not.toContain('{of="max"}');
    memory = null;
    expect(await registry.metrics()).not.toContain("onering_redis_memory_bytes{");
  });

  it("tell what gateways ask of each other", async () => {
    const hangUps = () => ({ asked: { sent: 7, unheard: 1, failed: 0 }, received: 5 });
    const text = await createMetrics({ ...idle, hangUps }).registry.metrics();
    expect(text).toContain('onering_hang_ups_asked_total{result="sent"} 7\n');
    expect(text).toContain('onering_hang_ups_asked_total{result="unheard"} 1\n');
    expect(text).toContain("onering_hang_ups_received_total 5\n");
  });

  it("never grow without bound, and never hold a number", async () => {
    const { count, registry } = createMetrics(idle);
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    for (const first of letters) for (const second of letters) count(started(first + second));
    count(started("+447911123456"));
    const text = await registry.metrics();
    const series = [
      ...text.matchAll(/^onering_verifications_started_total{channel="missed_call",country="([^"]+)"}/gm),
    ];
    expect(series.length).toBe(61);
    expect(text).toContain('country="other"} 617\n');
    expect(text).not.toContain("447911");
  });
});
