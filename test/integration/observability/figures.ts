/**
 * The gateway's own metrics on a real HTTP port, led through a good time and a bad one: everything that alerts are about,
 * which a gateway on a real carrier would take days to meet.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Counter } from "prom-client";
import type { GatewayEvents } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/observability/metrics.ts";
import type { Outcome } from "../../../src/telephony/calls/outcome.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import type { SipStatus } from "../../../src/telephony/sip-trunks/status-port.ts";

/** Our own SIP, on one trunk. */
function sipFigures(bad: boolean): SipStatus {
  const failures = Number(bad) * 5;
  return {
    counters: {
      ...{ received: 10, sent: 10, unknownSources: failures, malformed: 0, tooManyConnections: failures },
      ...{
        tooManyOutgoing: 0,
        lostDatagrams: 0,
        failedHandshakes: 0,
        failedConnects: failures,
        deadFlows: 0,
        tooLarge: 0,
      },
    },
    connections: { open: 1, inbound: 0 },
    requests: { reported: 0, qualified: 1, rejected: 0, ambiguous: 0, strangers: 0, limited: failures },
    transactions: { open: 3, refused: failures },
    takeovers: failures,
    names: { hops: 1, stale: 0, failing: 0, penalized: 0 },
    refusedRoutes: 0,
    hep: { sent: 20, dropped: failures },
    trunks: [
      { trunk: "carrier", registered: !bad, reach: bad ? "down" : "up", roundTripMs: 12 },
      { trunk: "quiet", registered: null, reach: "unknown", roundTripMs: null },
    ],
    certificates: [
      { of: "carrier", trunk: "carrier", expiresAtMs: Date.now() + (bad ? 20 : 200) * 86_400_000 },
      { of: "listening", trunk: null, expiresAtMs: Date.now() + (bad ? -1 : 200) * 86_400_000 },
    ],
  };
}

export async function startFigures() {
  let bad = false;
  const metrics = createMetrics({
    callerIds: async () => [{ range: "block", size: 100, unavailable: bad ? 45 : 5, coolingDown: bad ? 30 : 5 }],
    liveCalls: () => 1,
    trunks: () => [{ trunk: "carrier", usable: !bad }],
    paths: () => [{ trunk: "carrier", asterisk: "one", breaker: { state: bad ? "open" : "closed" } }],
    outOfService: () => (bad ? [{ kind: "trunk", name: "old" }] : []),
    braked: () => (bad ? [{ kind: "app", name: "shop", reason: "answered" }] : []),
    overloadLimit: () => (bad ? 20 : null),
    redisMemory: async () => ({ used: bad ? 90 : 10, max: 100 }),
    asterisks: () => [["one", !bad]],
    sip: () => sipFigures(bad),
    records: () => ({ backend: "sqlite", up: !bad }),
    outbox: async () => [{ cursor: "records", waiting: bad ? 300_000 : 1, oldestMs: bad ? 90_000 : 10 }],
    webhooks: async () => ({
      ...{ queued: 1, oldestMs: 10 },
      endpoints: { enabled: 2, disabled: 0, down: bad ? 1 : 0 },
    }),
  });
  // Of gateways of several processes alone (summed-metrics.ts).
  const restarts = new Counter({
    ...{ name: "onering_process_restarts_total", help: "As in production." },
    ...{ labelNames: ["process"] as const, registers: [metrics.registry] },
  });
  const server = createServer((_request, response) => {
    void metrics.registry
      .metrics()
      .then((text) => response.setHeader("content-type", metrics.registry.contentType).end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let count = 0;

  function publish<Type extends keyof GatewayEvents>(type: Type, data: GatewayEvents[Type]): void {
    const about = { id: `e${count++}`, at: "2026-03-01T12:00:00.000Z", seq: null, app: "shop" };
    metrics.count({ ...about, type, data } as Parameters<typeof metrics.count>[0]);
  }
  const times = (many: number, what: () => void) => {
    for (let index = 0; index < many; index++) what();
  };
  function call(trunk: string, outcome: Outcome, own: Partial<CallResult> = {}): string {
    const verification = `v${count++}`;
    const attempts = [{ trunk, asterisk: "one", outcome }];
    const result = { ...callResult, outcome, attempts, ...own };
    publish("call.ended", { verification, country: "GB", trunk, result });
    return verification;
  }
  const end = (verification: string, status: "verified" | "expired") =>
    publish("verification.ended", {
      ...{ verification, channel: "missed_call", country: "GB", status, state: "rung", reason: "rang", appCode: false },
    });
  const delivery = (channel: string, state: string) =>
    publish("delivery.updated", { verification: "v", status: "sending", channel, state });
  const request = (status: number) => metrics.httpRequest("/v1/verifications", "POST", status, 0.01);

  /** Everything once, the bad and the good: a counter's first value is no increase. */
  function once(): void {
    for (const trunk of ["carrier", "format", "answered", "caller_id"]) {
      for (const outcome of ["rang", "unallocated", "answered"] as const) {
        const falseAnswer = outcome === "answered";
        end(call(trunk, outcome, { falseAnswer, alerted: outcome === "rang", postDialDelayMs: 1000 }), "verified");
      }
      end(call(trunk, "rang", { alerted: true, postDialDelayMs: 1000 }), "expired");
    }
    for (const valid of [true, false]) publish("verification.checked", { verification: "v", valid });
    for (const result of ["verified", "no_match", "wrong_format"] as const) {
      for (const trunk of ["carrier", "format", "scanned"]) publish("inbound_call.received", { trunk, result });
    }
    publish("inbound_call.received", { trunk: "attacked", result: "verified" });
    for (const [channel, state] of [
      ["sms", "sent"],
      ["sms", "failed"],
      ["whatsapp", "sent"],
    ] as const)
      delivery(channel, state);
    for (const result of ["applied", "early", "dropped"] as const)
      publish("message.receipt", { channel: "sms", result });
    for (const status of ["ESME_ROK", "no_answer", "ESME_RTHROTTLED"])
      publish("sms.submitted", { route: "one", status });
    publish("sms.bind_changed", { route: "one", bind: "a", up: true });
    for (const status of [201, 503]) request(status);
    for (const result of ["written", "failed"] as const) metrics.records.wrote(result, 1, 0.01);
    metrics.webhooks.result("delivered", 1);
    metrics.webhooks.delivered(50);
    metrics.relay.relayed("live", 1);
    metrics.guard.decided("prefix_limit", "denied");
    metrics.guard.decided(null, "allowed");
    restarts.inc({ process: "1" }, 0);
  }

  return {
    /** host:port of /metrics. */
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    good(): void {
      once();
      // Fewer than OneRingCaptureSilent counts, for which the capture has been silent all along.
      times(10, () => {
        publish("verification.started", { verification: "v", channel: "missed_call", country: "GB", state: "calling" });
        end(call("carrier", "rang", { alerted: true, postDialDelayMs: 1500 }), "verified");
        request(201);
      });
    },
    bad(): void {
      bad = true;
      restarts.inc({ process: "1" }, 5);
      times(100, () => {
        call("format", "unallocated");
        call("answered", "answered", { falseAnswer: true });
        end(call("caller_id", "rang", { alerted: true, postDialDelayMs: 9000 }), "expired");
        times(4, () => publish("verification.checked", { verification: "v", valid: false }));
        publish("inbound_call.received", { trunk: "format", result: "wrong_format" });
        publish("inbound_call.received", { trunk: "scanned", result: "no_match" });
        delivery("sms", "failed");
        delivery("whatsapp", "sent");
        for (const result of ["early", "dropped"] as const) publish("message.receipt", { channel: "sms", result });
        for (const status of ["no_answer", "ESME_RTHROTTLED"]) publish("sms.submitted", { route: "one", status });
        request(503);
        metrics.records.wrote("failed", 0, 0.01);
        metrics.webhooks.delivered(60_000);
        metrics.guard.decided("prefix_limit", "denied");
        metrics.guard.countersUnavailable();
      });
      metrics.webhooks.result("dead_letter", 1);
      metrics.relay.lost("records", 40);
      metrics.relay.unreadable("live");
      publish("inbound_call.received", { trunk: "attacked", result: "forged" });
      publish("sms.bind_changed", { route: "one", bind: "a", up: false });
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A call as it ends without a SIP capture. */
const callResult: CallResult = {
  outcome: "rang",
  alerted: false,
  progress: false,
  postDialDelayMs: null,
  ringMs: null,
  sipStatus: null,
  q850Cause: null,
  endedBy: "us",
  source: "events",
  falseAnswer: false,
  silent: false,
  inviteOver: true,
  networkBlocked: false,
  redressUrl: null,
  attempts: [],
};
