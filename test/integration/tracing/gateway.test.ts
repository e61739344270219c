/** Traces of a whole gateway on real Redis, Asterisk and SIPp, at a receiver that reads OTLP. */

import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { OutgoingHttp } from "../../../src/outgoing-http/request.ts";
import { createTraceStore } from "../../../src/redis/trace-store.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type { Tracing } from "../../../src/shared/tracing.ts";
import { startTracing } from "../../../src/tracing/index.ts";
import { createSender } from "../../../src/webhooks/sender.ts";
import type { Endpoint } from "../../../src/webhooks/types.ts";
import { apiKey, type Gateway, startGateway } from "../../support/gateway.ts";
import { type MemoryProvider, memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../support/otlp-receiver.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

const runtime = withRuntime();
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
let receiver: OtlpReceiver;
let carrier: SippCarrier;
let gateway: Gateway;
let provider: MemoryProvider;
let redisUrl: string;
let folder: string;
let callees = 0;
const callee = () => `+44740076${String(5000 + callees++)}`;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url);
  vi.stubEnv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test");
  vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "50");
  redisUrl = (await runtime.redis()).url;
  folder = await mkdtemp(path.join(tmpdir(), "onering-tracing-"));
  carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: "carrier",
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 0,
  } as const;
  const asterisk = await runtime.asterisk({ trunks: [trunk] });
  provider = memoryProvider();
  gateway = await startGateway({
    ...{ redisUrl, asterisk },
    // Eight digits: a code that is found anywhere was really written there.
    config: {
      ranges: { block: { prefix: "+4477", digits: "8" } },
      verification: { start_gap_seconds: "0" },
      records: { url: `sqlite:${path.join(folder, "records.sqlite")}` },
      webhooks: { allow_private: "true" },
    },
    options: {
      tracing: await startTracing(process.env, pino({ level: "silent" })),
      extraMessageChannels: [memoryChannel(provider)],
    },
  });
  await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await gateway?.stop();
  await receiver?.stop();
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});
let before = 0;
beforeEach(() => {
  before = receiver.spans.length;
});

/** Starts with a header of the app's. */
async function start(
  body: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = { traceparent },
) {
  const response = await fetch(`${gateway.url}/v1/verifications`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(201);
  return (await response.json()) as { id: string };
}
const newSpans = () => receiver.spans.slice(before);
const spanOf = (name: string, id?: string) =>
  newSpans().find((span) => span.name === name && (id === undefined || span.attributes["onering.verification"] === id));
async function received(name: string, id?: string): Promise<ReceivedSpan> {
  await expect.poll(() => spanOf(name, id)).toBeDefined();
  return spanOf(name, id) as ReceivedSpan;
}
const childrenOf = (parent: ReceivedSpan) =>
  newSpans()
    .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .map(({ name }) => name);

test("the app's trace goes on: its request, the scripts, and the call with its outcome", async () => {
  const { id } = await start({ to: callee() });
  await gateway.waitForStatus(id, ["rung"]);
  const request = await received("POST /v1/verifications", id);
  expect(request).toMatchObject({
    ...{ traceId, parentSpanId: "00f067aa0ba902b7", kind: 2 },
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/verifications",
      "http.response.status_code": 201,
      "onering.app": "test",
    },
    resource: { "service.name": "onering", "deployment.environment.name": "test" },
  });
  const call = await received("call", id);
  expect(call).toMatchObject({
    ...{ traceId, parentSpanId: request.spanId, kind: 3 },
    attributes: {
      "onering.trunk": "carrier",
      "onering.asterisk": "local",
      "onering.range": "block",
      "onering.outcome": "rang",
      "onering.alerted": true,
    },
  });
  expect(call.events.map(({ name }) => name)).toEqual(["calling", "ringing", "INVITE"]);
  expect(call.events.at(-1)?.attributes).toEqual({
    ...{ "onering.trunk": "carrier", "onering.asterisk": "local", "onering.outcome": "rang" },
  });
  // It rang for a second: 1 s is in the span.
  const ms = (Number(call.endTimeUnixNano) - Number(call.startTimeUnixNano)) / 1e6;
  expect(ms).toBeGreaterThan(1000);
  expect(childrenOf(request)).toEqual(expect.arrayContaining(["redis missed_call.start", "call"]));
  // The log's line of the request leads to the trace.
  expect(gateway.log()).toMatch(new RegExp(`"verification":"${id}".*"trace":"${traceId}"`));
});

test("a message's submit is part of the trace, with what the provider answered", async () => {
  const { id } = await start({ to: callee(), channel: "memory" });
  const submit = await received("message submit", id);
  expect(submit).toMatchObject({
    traceId,
    attributes: { "onering.channel": "memory", "onering.route": "memory", "onering.outcome": "sent" },
  });
  provider.answer(() => ({ report: { state: "failed", reason: "throttled" }, receiptId: null }));
  const failed = await start({ to: callee(), channel: "memory" });
  expect((await received("message submit", failed.id)).attributes["onering.outcome"]).toBe("throttled");
});

test("a refused request names its refusal, and each request without a header is a trace of its own", async () => {
  await gateway.post("/v1/verifications", { to: "+442079460000" });
  await gateway.post("/v1/verifications/check", { to: callee(), code: "12345678" });
  const start = await received("POST /v1/verifications");
  expect(start.attributes["onering.refusal"]).toBe("number_is_landline");
  expect(start.parentSpanId).toBeUndefined();
  const check = await received("POST /v1/verifications/check");
  expect(check.traceId).not.toBe(start.traceId);
  expect(childrenOf(check).length).toBeGreaterThan(0);
});

test("a trace that the app does not sample is not sampled, and probes are none", async () => {
  await start({ to: callee(), channel: "memory" }, { traceparent: `00-${"a".repeat(32)}-00f067aa0ba902b7-00` });
  for (const path of ["/readyz", "/healthz", "/metrics"]) await gateway.get(path);
  await gateway.post("/v1/numbers/lookup", { to: callee() });
  await received("POST /v1/numbers/lookup");
  // Kind 2: a server's.
  expect(newSpans().filter(({ kind }) => kind === 2)).toMatchObject([{ name: "POST /v1/numbers/lookup" }]);
});

test("background work makes no traces of its own, but for the batches of events", async () => {
  await start({ to: callee(), channel: "memory" });
  // The records' batches come too, each in its own time.
  const sinks = () =>
    newSpans().flatMap(({ name, attributes }) => (name === "events append" ? [attributes["onering.sink"]] : []));
  await expect.poll(sinks).toContain("streams");
  const roots = receiver.spans.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name);
  expect(roots.filter((name) => !/^((GET|POST) \/|events append$)/.test(name))).toEqual([]);
});

test("no number, code, caller ID, key or path is in a span", async () => {
  provider.answer((message) => ({ report: { state: "sent" }, receiptId: provider.receiptOf(message) }));
  const to = Array.from({ length: 4 }, callee);
  const secrets: string[] = [apiKey, ...to.map((number) => number.slice(1))];
  for (const number of to.slice(0, 2)) {
    const { id } = await start({ to: number, reference: "order-4711", metadata: { user: "ana@example.com" } });
    await gateway.waitForStatus(id, ["rung"]);
    const invites = (await carrier.messages()).filter(({ method }) => method === "INVITE");
    const shown = /\+(\d+)@/.exec(invites.at(-1)?.header("from")[0] ?? "")?.[1] ?? "";
    secrets.push(shown, shown.slice(-8));
    await gateway.post(`/v1/verifications/${id}/check`, { code: "00000000" });
    await gateway.post(`/v1/verifications/${id}/check`, { code: shown.slice(-8) });
  }
  for (const number of to.slice(2)) {
    const { id } = await start({ to: number, channel: "memory", code_length: 10 });
    await expect.poll(() => provider.sent.at(-1)?.to).toBe(number);
    secrets.push(provider.sent.at(-1)?.code ?? "");
    await gateway.get(`/v1/verifications/${number}`);
    await gateway.post(`/v1/verifications/${id}/check`, { code: provider.sent.at(-1)?.code });
  }
  await gateway.get(`/v1/numbers/${to[0]}?to=${to[1]}`);
  await received("GET");
  await expect.poll(() => newSpans().filter(({ name }) => name === "call").length).toBe(2);
  // Times are long numbers in which a code may be found by chance.
  const sent = receiver.bodies.join("\n").replaceAll(/"(start|end)?[tT]imeUnixNano":"?\d+"?/g, "");
  expect(secrets.every((secret) => secret.length >= 8)).toBe(true);
  expect([...secrets, "order-4711", "ana@example.com"].filter((secret) => sent.includes(secret))).toEqual([]);
});

test("receivers of webhooks get the app's trace", async () => {
  const seen: { readonly type: unknown; readonly traceparent: unknown }[] = [];
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ type: JSON.parse(body).type, traceparent: request.headers.traceparent });
      response.writeHead(204).end();
    });
  });
  onTestFinished(() => void hook.close());
  await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
  const { port } = hook.address() as AddressInfo;
  const webhook = await gateway.post("/v1/webhooks", { url: `http://127.0.0.1:${port}/hook?token=secret` });
  expect(webhook.status).toBe(201);
  const { id } = await start({ to: callee(), channel: "memory" });
  await gateway.post(`/v1/verifications/${id}/cancel`);
  await expect.poll(() => seen.map(({ type }) => type)).toContain("verification.ended");
  expect(seen.map(({ traceparent: own }) => String(own).slice(3, 35))).toEqual(seen.map(() => traceId));
  const delivery = await received("webhook delivery", id);
  expect(delivery.attributes).toMatchObject({ "onering.webhook": webhook.json.id, "http.response.status_code": 204 });
  expect(receiver.bodies.join()).not.toContain("token=secret");
  const headers = { authorization: `Bearer ${apiKey}` };
  await fetch(`${gateway.url}/v1/webhooks/${webhook.json.id}`, { method: "DELETE", headers });
});

test("a webhook that another gateway delivers continues the app's trace, also for its receiver", async () => {
  const { id } = await start({ to: callee(), channel: "memory" });
  const request = await received("POST /v1/verifications", id);
  const other = (await startTracing(process.env, pino({ level: "silent" }))) as Tracing;
  const redis = new Redis(redisUrl);
  other.verifications.useStore(createTraceStore(redis));
  const sent: Record<string, string>[] = [];
  const http = {
    request: async ({ headers = {} }: { readonly headers?: Readonly<Record<string, string>> }) => {
      sent.push(headers);
      return { status: 500, headers: {}, body: Buffer.alloc(0) };
    },
  } as unknown as OutgoingHttp;
  const endpoint = {
    ...{
      id: "wh_1",
      app: "test",
      url: new URL("https://example.com/hook?token=secret"),
      secret: `whsec_${"a".repeat(43)}=`,
      previousSecret: null,
      row: {},
    },
  } as unknown as Endpoint;
  const of = (event: string) => createSender(http, systemClock, other).send(endpoint, event, "{}");
  await of(`evt_${id}_2`);
  await of("evt_of-no-verification");
  await other.stop();
  redis.disconnect();
  const delivery = await received("webhook delivery", id);
  expect(delivery).toMatchObject({
    ...{ traceId, parentSpanId: request.spanId, kind: 3, status: { code: 2 } },
    attributes: { "onering.webhook": "wh_1", "http.response.status_code": 500, "error.type": "500" },
  });
  expect(sent[0]?.traceparent).toBe(`00-${traceId}-${delivery.spanId}-01`);
  expect(sent[1]?.traceparent).not.toContain(traceId);
  expect(receiver.bodies.join()).not.toContain("token=secret");
});

describe("a collector that is away", () => {
  test("costs its spans, is named in the log, and holds up neither requests nor the end", async () => {
    const lines: unknown[] = [];
    const log = (fields: unknown, line?: string) => void lines.push(line ?? fields);
    receiver.answer(400);
    const tracing = (await startTracing(process.env, { info: log, warn: log })) as Tracing;
    await tracing.within("lost", {}, async () => undefined);
    await expect.poll(() => lines).toContain("the trace collector did not take spans; they are lost");
    receiver.answer(200);
    await receiver.stop();
    await tracing.within("lost too", {}, async () => undefined);
    const startedMs = performance.now();
    await tracing.stop();
    expect(performance.now() - startedMs).toBeLessThan(4000);
    expect((await gateway.get("/healthz")).status).toBe(200);
  });
});
