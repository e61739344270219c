import { describe, expect, it } from "vitest";
import type { GatewayEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { Outcome } from "../../../src/telephony/calls/outcome.ts";
import type { Status } from "../../../src/verification/machine.ts";

const nothing = {
  liveCalls: () => 0,
  trunks: () => [],
  paths: () => [],
  outOfService: () => [],
  asterisks: () => [],
  callerIds: async () => [],
  redisMemory: async () => null,
  braked: () => [],
  overloadLimit: () => null,
};

function watched() {
  const log: string[] = [];
  const metrics = createMetrics(nothing, {
    warn: (fields: object, text: string) => log.push(`${JSON.stringify(fields)} ${text}`),
  } as never);
  const happened = (type: string, app: string | null, data: object) =>
    metrics.count({ id: "e", type, at: "", seq: null, app, data } as unknown as GatewayEvent);
  let last = 0;
  const attempt = (outcome: Outcome, trunk = "carrier") => {
    const id = `v${last++}`;
    const result = {
      outcome,
      alerted: outcome === "rang",
      source: "sip",
      falseAnswer: false,
      postDialDelayMs: null,
      ringMs: null,
      attempts: [{ trunk, asterisk: "main", outcome }],
    };
    happened("call.ended", null, { verification: id, country: "GB", trunk, result });
    return id;
  };
  const ends = (id: string, status: Status, app = "shop") =>
    happened("verification.ended", app, {
      verification: id,
      channel: "missed_call",
      country: "GB",
      status,
      reason: null,
    });
  const times = (count: number, act: () => void) => Array.from({ length: count }).forEach(act);
  return { log, metrics, attempt, ends, times, text: () => metrics.registry.metrics() };
}

describe("a trunk with a wrong number_format", () => {
  it("is suspected when nearly every number is unallocated, though its breaker sees nothing wrong", async () => {
    const { log, attempt, times, text } = watched();
    times(29, () => attempt("unallocated"));
    expect(log).toEqual([]);
    attempt("invalid_format");
    expect(log).toEqual([expect.stringContaining("check its number_format")]);
    expect(await text()).toContain('onering_trunk_suspected{trunk="carrier",suspicion="number_format"} 1');
    times(4, () => attempt("rang"));
    expect(log).toHaveLength(2);
    expect(await text()).toContain('onering_trunk_suspected{trunk="carrier",suspicion="number_format"} 0');
  });

  it("is not, where only some numbers are dead", () => {
    const { log, attempt, times } = watched();
    times(50, () => {
      attempt("unallocated");
      attempt("rang");
    });
    expect(log).toEqual([]);
  });
});

describe("a trunk whose carrier replaces or strips the caller ID", () => {
  it("is suspected when 50 phones rang and nobody verified", async () => {
    const { log, attempt, ends, times, text } = watched();
    times(25, () => ends(attempt("rang"), "expired"));
    times(24, () => ends(attempt("rang"), "failed"));
    expect(log).toEqual([]);
    ends(attempt("rang"), "failed");
    expect(log).toEqual([expect.stringMatching(/"trunk":"carrier".*check that caller IDs arrive/)]);
    expect(await text()).toContain('onering_trunk_suspected{trunk="carrier",suspicion="caller_id"} 1');
  });

  it("is not, where some verify, nobody was rung, or the app cancels", () => {
    const { log, attempt, ends, times } = watched();
    times(49, () => ends(attempt("rang"), "expired"));
    ends(attempt("rang"), "verified");
    times(100, () => ends(attempt("busy"), "undeliverable"));
    times(100, () => ends(attempt("rang"), "canceled"));
    expect(log).toEqual([]);
  });
});

it("tells what verified by trunk, app and country", async () => {
  const { attempt, ends, text } = watched();
  ends(attempt("rang", "a"), "verified");
  ends(attempt("rang", "b"), "expired", "bank");
  ends(attempt("busy", "a"), "undeliverable");
  const metrics = await text();
  expect(metrics).toContain(
    'onering_verifications_by_trunk_total{trunk="a",app="shop",country="GB",status="verified"} 1',
  );
  expect(metrics).toContain(
    'onering_verifications_by_trunk_total{trunk="b",app="bank",country="GB",status="expired"} 1',
  );
  expect(metrics).toContain(
    'onering_verifications_by_trunk_total{trunk="none",app="shop",country="GB",status="undeliverable"} 1',
  );
});
