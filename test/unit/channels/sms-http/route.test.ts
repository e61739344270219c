/** A route before a simulated aggregator: what is sent, what answers and receipts mean, and when the next may go. */
import { createHmac } from "node:crypto";
import { fastify } from "fastify";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Receipt } from "../../../../src/channels/messages/provider-port.ts";
import type { MessageAdmission, MessageTurn } from "../../../../src/channels/sms/admission-port.ts";
import { SmsHttp, type SmsHttpConfig } from "../../../../src/channels/sms/http/config.ts";
import { smsHttpProblems } from "../../../../src/channels/sms/http/config-checks.ts";
import { createSmsHttpRoute } from "../../../../src/channels/sms/http/route.ts";
import { smsHttpWebhooks } from "../../../../src/channels/sms/http/webhook.ts";
import type { SmsMessage } from "../../../../src/channels/sms/route-port.ts";
import { answerError } from "../../../../src/http/errors/handler.ts";
import { createOutgoingHttp } from "../../../../src/outgoing-http/client.ts";
import { smsHttpRouteConfig } from "../../../../src/sandbox/providers/http-sms.ts";
import { startSmsHttp } from "../../../../src/sandbox/providers/sms-http-server.ts";
import { systemClock } from "../../../../src/shared/clock.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import type { Problem } from "../../../../src/typed-yaml/errors.ts";
import { readValue } from "../../../../src/typed-yaml/read.ts";
import { nodeOf } from "../../../../src/typed-yaml/schema-node.ts";
import { freeMessageAdmission } from "../../../support/free-message-admission.ts";
import { noJitter } from "../../../support/http-providers.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { secretCode } from "../../../support/outgoing-message.ts";

const token = "aggregator-token-1b2c3d";
const signingKey = "signing-key-9f8e7d6c";
const to = "+447911123456";
const message: SmsMessage = {
  ...{ deliveryId: "v00ff.1", app: "shop", to, country: "GB", locale: "en", sender: "Shop" },
  ...{ text: `${secretCode} is your code`, validityMs: 300_000 },
};

function configOf(document: object): { readonly config: SmsHttpConfig; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const config = readValue(nodeOf(SmsHttp), document, [], (problem) => problems.push(problem)) as SmsHttpConfig;
  if (problems.length > 0) return { config, problems };
  return { config, problems: smsHttpProblems(["sms", "routes", "a", "http"], config, () => true) };
}

async function route(
  options: {
    readonly failureOf?: (to: string) => string | null;
    readonly own?: object;
    readonly clock?: typeof systemClock;
    readonly admission?: MessageAdmission;
  } = {},
) {
  const { failureOf = () => null, own = {}, clock = systemClock, admission = freeMessageAdmission } = options;
  const service = await startSmsHttp({ token, signingKey, failureOf });
  onTestFinished(() => service.close());
  const document = { ...smsHttpRouteConfig({ url: service.url, token, signingKey }), request_timeout_ms: 1000, ...own };
  const { config, problems } = configOf(document);
  expect(problems).toEqual([]);
  const http = createOutgoingHttp({ clock: systemClock, allowPrivate: true, deadlineMs: config.request_timeout_ms });
  const created = createSmsHttpRoute({
    name: "a",
    config,
    segmentsOf: () => 1,
    shareOf: () => ({ weight: 2, shares: false }),
    admission,
    logger: pino({ level: "silent" }),
    clock,
    random: noJitter,
    http,
  });
  onTestFinished(() => created.stop(0));
  const send = async (own: Partial<SmsMessage> = {}) => {
    const place = await created.reserve({ ...message, ...own });
    return "none" in place ? place : await place.submit({ ...message, ...own });
  };
  return { service, route: created, send, config };
}

describe("a message", () => {
  it("is sent as described, and its receipts name it", async () => {
    const { service, send } = await route();
    expect(await send()).toEqual({ kind: "taken", receiptId: `a:${service.messages[0]?.id}` });
    expect(service.messages).toMatchObject([{ to, text: message.text }]);
  });

  it("as a form", async () => {
    const { service, send } = await route({ own: { json: undefined, form: { to: "{to}", text: "{text}" } } });
    expect(await send({ text: "a&to=+1=é" })).toMatchObject({ kind: "taken" });
    expect(service.messages).toMatchObject([{ to, text: "a&to=+1=é" }]);
  });

  it("whose answer is lost is asked for once more where the provider sends it once, and arrives once", async () => {
    const { service, send } = await route({ failureOf: () => "lost_answer" });
    expect(await send()).toMatchObject({ kind: "taken" });
    expect([service.requests, service.messages.length]).toEqual([2, 1]);
  });

  it("is never sent again otherwise", async () => {
    const { service, send } = await route({ failureOf: () => "lost_answer", own: { idempotency_header: undefined } });
    expect(await send()).toEqual({ kind: "unknown" });
    expect(service.requests).toBe(1);
  });

  it("which a server between answers with 504 may arrive all the same: no other route sends it a second time", async () => {
    const own = { idempotency_header: undefined };
    const { service, send, route: created } = await route({ failureOf: () => "timed_out", own });
    for (let i = 1; i <= 3; i++) expect(await send()).toEqual({ kind: "unknown" });
    expect(service.messages).toHaveLength(3);
    expect(created.health().up).toBe(false);
  });

  it("which it answers so is asked for once more where the provider sends it once, and arrives once", async () => {
    const { service, send } = await route({ failureOf: () => "timed_out" });
    expect(await send()).toMatchObject({ kind: "taken" });
    expect([service.requests, service.messages.length]).toEqual([2, 1]);
  });

  it("without an answer is unknown within submitLimitMs", async () => {
    const { route: created, send } = await route({ failureOf: () => "no_answer" });
    const startedMs = performance.now();
    expect(await send()).toEqual({ kind: "unknown" });
    expect(performance.now() - startedMs).toBeLessThan(created.submitLimitMs);
  });

  it("is not sent by a process that was frozen while it waited for its turn: another delivery may have begun", async () => {
    const clock = manualClock();
    const admission = {
      ...freeMessageAdmission,
      reserve: async () => ({ kind: "taken", bind: 0, waitMs: 500 }) as const,
    };
    const { service, send } = await route({ clock, admission });
    const answer = send();
    await expect.poll(() => clock.pending).toBe(1);
    clock.freeze(60_000);
    expect(await answer).toEqual({ kind: "refused", reason: "provider_down", elsewhere: true });
    expect(service.requests).toBe(0);
  });

  it("without a connection goes elsewhere", async () => {
    const { service, send } = await route();
    await service.close();
    expect(await send()).toEqual({ kind: "refused", reason: "provider_down", elsewhere: true });
  });
});

/** The answer; then the next reservation. */
describe("each failure", () => {
  const refused = (reason: string, elsewhere: boolean) => ({ kind: "refused", reason, elsewhere });
  it.each([
    ["invalid_number", refused("invalid_recipient", false), null],
    ["blocked", refused("blocked", false), null],
    ["throttled", refused("throttled", true), { none: "throttled", retryAfterMs: 10_000 }],
    ["no_credit", refused("rejected", true), null],
    ["unavailable", refused("provider_down", true), null],
  ])("%s", async (named, answer, next) => {
    const clock = manualClock();
    const { route: created, send } = await route({ clock, failureOf: () => named });
    expect(await send()).toEqual(answer);
    const place = await created.reserve(message);
    if (next === null) expect(place).toHaveProperty("submit");
    else expect(place).toEqual(next);
  });

  it("a wrong token takes the route down at once", async () => {
    const { route: created, send } = await route({ own: { bearer: "wrong" } });
    expect(await send()).toEqual(refused("rejected", true));
    expect(await send()).toMatchObject({ none: "provider_down" });
    expect(created.health()).toMatchObject({ up: false, detail: expect.stringContaining("credentials") });
  });

  it.each([
    [
      "a value in the answer says that it failed",
      { success_value: { pointer: "/message/status" }, success_values: ["delivered"] },
      refused("rejected", true),
    ],
    [
      "and that it was taken",
      { success_value: { pointer: "/message/status" }, success_values: ["queued"] },
      { kind: "taken" },
    ],
    [
      "the id by a regular expression",
      { message_id: { regex: '"id":"([^"]+)"' } },
      { kind: "taken", receiptId: expect.stringMatching(/^a:[0-9a-f-]{36}$/) },
    ],
    ["no id where one was expected", { message_id: { pointer: "/nowhere" } }, { kind: "taken", receiptId: null }],
    [
      "a row by the status alone",
      { success_statuses: [299], failures: [{ status: 201, reason: "blocked" }] },
      refused("blocked", false),
    ],
  ])("%s", async (_, own, expected) => {
    const { send } = await route({ own });
    expect(await send()).toMatchObject(expected);
  });
});

describe("the rate, which all gateways share", () => {
  const at = (answer: MessageTurn) => {
    const given: (readonly [string, number])[] = [];
    const asked: (readonly [string, number, number])[] = [];
    const admission: MessageAdmission = {
      async reserve({ binds: [bind], messages, maxWaitMs, app, weight }) {
        asked.push([`${bind?.name} ${bind?.messagesPerSecond} ${app} ${weight}`, messages, maxWaitMs]);
        return answer;
      },
      async giveBack({ name }, messages) {
        given.push([name, messages]);
      },
    };
    return { admission, asked, given };
  };

  it("a message waits for its turn", async () => {
    const clock = manualClock();
    const { admission, asked } = at({ kind: "taken", bind: 0, waitMs: 400 });
    const { service, send } = await route({ clock, admission, own: { messages_per_second: 5 } });
    const answer = send();
    await expect.poll(() => clock.pending).toBe(1);
    expect(service.requests).toBe(0);
    clock.pass(400);
    expect(await answer).toMatchObject({ kind: "taken" });
    expect(asked).toEqual([["a.http 5 shop 2", 1, 1000]]);
  });

  it("without a turn soon there is no place here", async () => {
    const { admission } = at({ kind: "full", retryAfterMs: 700 });
    const { send } = await route({ admission });
    expect(await send()).toEqual({ none: "throttled", retryAfterMs: 700 });
  });

  it("a turn that is not used is returned", async () => {
    const { admission, given } = at({ kind: "taken", bind: 0, waitMs: 0 });
    const { route: created } = await route({ admission });
    const place = await created.reserve(message);
    if ("release" in place) place.release();
    expect(given).toEqual([["a.http", 1]]);
  });

  it("while the store is away nothing is sent", async () => {
    const refusal = new Refusal("store_unavailable", "Redis is unreachable.");
    const admission = { ...freeMessageAdmission, reserve: () => Promise.reject(refusal) };
    const { service, send } = await route({ admission });
    await expect(send()).rejects.toBe(refusal);
    expect(service.requests).toBe(0);
  });
});

describe("receipts", () => {
  async function webhook(own: object = {}, stored = true) {
    const clock = manualClock(Date.UTC(2026, 0, 1));
    const { route: created } = await route({ own, clock });
    const receipts: Receipt[] = [];
    created.onReceipt(async (receipt) => {
      receipts.push(receipt);
      return stored;
    });
    const server = fastify();
    server.setErrorHandler(answerError);
    for (const key of ["refusal", "app"]) server.decorateRequest(key, null);
    server.decorateRequest("quiet", false);
    await server.register(smsHttpWebhooks([created], clock), { prefix: "/webhooks/sms" });
    const seconds = String(clock.nowMs() / 1000);
    const post = async (body: string, headers: Readonly<Record<string, string>> = signed(body, seconds)) =>
      (await server.inject({ method: "POST", url: "/webhooks/sms/a", payload: body, headers })).statusCode;
    return { post, receipts, seconds };
  }
  const signed = (body: string, timestamp: string, key = signingKey) => ({
    "content-type": "application/json",
    "x-timestamp": timestamp,
    "x-signature": `v1=${createHmac("sha256", key).update(`${timestamp}.${body}`).digest("base64")}`,
  });
  const delivered = { receiptId: "a:m1", report: { state: "delivered" } };
  const body = '{"id":"m1","status":"delivered"}';

  it.each([
    ["delivered", [body], [delivered]],
    ["accepted is sent", ['{"id":"m1","status":"accepted"}'], [{ receiptId: "a:m1", report: { state: "sent" } }]],
    [
      "failed, with its reason",
      ['{"id":"m1","status":"undelivered","error":"absent"}'],
      [{ receiptId: "a:m1", report: { state: "failed", reason: "not_reachable" } }],
    ],
    [
      "failed, with one that is not known",
      ['{"id":"m1","status":"undelivered","error":"toString"}'],
      [{ receiptId: "a:m1", report: { state: "failed", reason: "not_reachable" } }],
    ],
    [
      "doubled and out of order: passed on as they come",
      [body, body, '{"id":"m1","status":"accepted"}'],
      [delivered, delivered, { receiptId: "a:m1", report: { state: "sent" } }],
    ],
    ["a number as id", ['{"id":77,"status":"delivered"}'], [{ ...delivered, receiptId: "a:77" }]],
    [
      "a number with more digits than a double keeps: not another message's",
      ['{"id":1234567890123456785,"status":"delivered"}', '{"id":1234567890123456786,"status":"delivered"}'],
      [
        { ...delivered, receiptId: "a:1234567890123456785" },
        { ...delivered, receiptId: "a:1234567890123456786" },
      ],
    ],
    [
      "an unknown id: the store does not know it",
      ['{"id":"unknown","status":"delivered"}'],
      [{ ...delivered, receiptId: "a:unknown" }],
    ],
    ["a state without a meaning", ['{"id":"m1","status":"constructor"}'], []],
    ["no id", ['{"status":"delivered"}'], []],
    ["an object as id", ['{"id":{},"status":"delivered"}'], []],
    ["nothing of it", ['{"id":null}', "[]", "{}"], []],
  ] as const)("%s", async (_, bodies, expected) => {
    const { post, receipts } = await webhook();
    for (const one of bodies) expect(await post(one)).toBe(200);
    expect(receipts).toEqual(expected);
  });

  it("a list, and a form", async () => {
    const list = await webhook({ receipts: { ...receiptsConfig, items: "/results" } });
    expect(await list.post('{"results":[{"id":"m1","status":"delivered"},{"id":"m2","status":"delivered"}]}')).toBe(
      200,
    );
    expect(list.receipts.map(({ receiptId }) => receiptId)).toEqual(["a:m1", "a:m2"]);
    const form = await webhook({
      receipts: { ...receiptsConfig, body: "form", message_id: "/MessageSid", state: "/MessageStatus" },
    });
    expect(await form.post("MessageSid=m1&MessageStatus=delivered")).toBe(200);
    expect(form.receipts).toEqual([delivered]);
  });
  const receiptsConfig = smsHttpRouteConfig({ url: "http://x", token, signingKey }).receipts;

  it("forged: 401, and nothing is taken", async () => {
    const { post, receipts, seconds } = await webhook();
    const right = signed(body, seconds);
    const old = String(Number(seconds) - 301);
    const forged: readonly Readonly<Record<string, string>>[] = [
      { "content-type": "application/json" },
      signed(body, seconds, "another-key"),
      signed(`${body} `, seconds),
      signed(body, old),
      signed(body, String(Number(seconds) + 301)),
      { ...right, "x-timestamp": String(Number(seconds) + 1) },
      { ...right, "x-signature": right["x-signature"].slice(3) },
      { ...right, "x-signature": "v1=" },
      { ...right, "x-signature": "v1=%%%" },
      { ...right, "x-timestamp": "" },
      { ...right, "x-timestamp": "now" },
    ];
    for (const headers of forged) expect(await post(body, headers)).toBe(401);
    expect(receipts).toEqual([]);
    expect(await post(body, right)).toBe(200);
  });

  it.each([
    ["milliseconds", (ms: number) => String(ms)],
    ["RFC 3339", (ms: number) => new Date(ms).toISOString()],
  ])("the time of signing in %s", async (_, write) => {
    const { post, seconds } = await webhook();
    expect(await post(body, signed(body, write(Number(seconds) * 1000)))).toBe(200);
    expect(await post(body, signed(body, write((Number(seconds) - 400) * 1000)))).toBe(401);
  });

  it("what is no JSON: 400; while the store is away: 503, so that it comes again", async () => {
    const { post } = await webhook();
    expect(await post("{")).toBe(400);
    const away = await webhook({}, false);
    expect(await away.post(body)).toBe(503);
  });

  it("of a real round trip", async () => {
    const { service, route: created, send } = await route();
    const receipts: Receipt[] = [];
    created.onReceipt(async (receipt) => receipts.push(receipt) > 0);
    const server = fastify();
    await server.register(smsHttpWebhooks([created], systemClock), { prefix: "/webhooks/sms" });
    onTestFinished(() => server.close());
    service.setWebhook(`${await server.listen({ port: 0, host: "127.0.0.1" })}/webhooks/sms/a`);
    const answer = await send();
    await expect.poll(() => receipts).toHaveLength(1);
    expect(receipts[0]).toEqual({
      receiptId: "receiptId" in answer ? answer.receiptId : "",
      report: { state: "delivered" },
    });
  });
});

describe("the configuration", () => {
  const least = { url: "https://sms.test/send", json: '{"to":"{to}","text":"{text}"}' };
  it("the least that is needed", () => {
    expect(configOf(least).problems).toEqual([]);
  });

  it.each([
    ["http", { url: "http://sms.test/send" }, "https://"],
    ["json and form", { form: { a: "b" } }, "at most one of json and form"],
    ["basic and bearer", { basic: { user: "a", password: "b" }, bearer: "c" }, "at most one of basic and bearer"],
    ["a body with GET", { method: "GET" }, "POST or PUT"],
    ["what is no JSON", { json: '{"to":{to},"text":"{text}"}' }, "JSON, with placeholders inside its strings"],
    ["an unknown placeholder", { json: '{"to":"{to}","text":"{txt}{text}"}' }, "{validity_seconds}"],
    ["no text", { json: '{"to":"{to}"}' }, "{text}"],
    ["no recipient", { json: '{"text":"{text}"}' }, "{to}"],
    ["the header Host", { headers: { Host: "internal" } }, "another header"],
    ["a header with a line break", { headers: { "X-A": "a\r\nb" } }, "printable ASCII"],
    ["a text in a header", { headers: { "X-A": "{text}" } }, "{id} as the only placeholder"],
    ["no header's name", { headers: { "X(A)": "a" } }, "name of a header"],
    ["two places of one value", { message_id: { pointer: "/a", regex: "(b)" } }, "exactly one of pointer and regex"],
    ["a regular expression without a group", { message_id: { regex: "abc" } }, "one group"],
    ["a broken one", { message_id: { regex: "(" } }, "one group"],
    ["a success value without values", { success_value: { pointer: "/a" } }, "success_value that mean success"],
    [
      "receipts without an id",
      {
        receipts: {
          secret: "12345678",
          signature_header: "X",
          message_id: "/i",
          state: "/s",
          states: { d: "delivered" },
        },
      },
      "where the message id is",
    ],
    [
      "a time that is not signed",
      {
        message_id: { pointer: "/i" },
        receipts: {
          secret: "12345678",
          signature_header: "X",
          timestamp_header: "T",
          message_id: "/i",
          state: "/s",
          states: { d: "delivered" },
        },
      },
      "proves nothing",
    ],
  ])("refused: %s", (_, own, expected) => {
    const text = JSON.stringify(configOf({ ...least, ...own }).problems);
    expect(text).toContain(expected);
  });
});
