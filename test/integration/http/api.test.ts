/** The API of the whole gateway, with real calls; every answer is held against the OpenAPI document it serves. */
import { once } from "node:events";
import { connect } from "node:net";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { type Answer, apiKey, type Gateway, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import type { SippCarrier } from "../../support/sipp.ts";

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, { content: Record<string, unknown> }> }>>;
}

const runtime = withRuntime();
let carrier: SippCarrier;
let gateway: Gateway;
let redis: RedisServer;
let document: Document;
let ajv: Ajv2020;
let nextCallee = 0;
const callee = () => `+44740077${String(nextCallee++).padStart(4, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
  carrier = await runtime.carrier({ scenario: "ringing" });
  const trunk = {
    name: "carrier",
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp",
    qualifySeconds: 0,
  } as const;
  const asterisk = await runtime.asterisk({ trunks: [trunk] });
  gateway = await startGateway({
    redisUrl: redis.url,
    asterisk,
    config: {
      calls: { ring_ms: "4000", setup_limit_ms: "4000", drain_ms: "1000" },
      verification: { start_gap_seconds: "0" },
    },
  });
  await gateway.waitForHttp("/readyz", 200);
  document = (await gateway.get("/openapi.json")).json as unknown as Document;
  ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", ...document });
});
afterAll(() => gateway.stop());

/** Asks, and holds the answer against what the document says of that route and status. */
async function ask(
  method: "GET" | "POST",
  path: string,
  body?: object,
  headers?: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(gateway.url + path, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  const json = JSON.parse(text) as Record<string, unknown>;
  const route = path.replace(/\/verifications\/[^/]+/, "/verifications/{id}");
  const documented = document.paths[route]?.[method.toLowerCase()]?.responses[response.status];
  const mediaType = response.headers.get("content-type")?.split(";")[0] ?? "";
  expect(documented?.content, `${method} ${route} → ${response.status} ${text}`).toHaveProperty([mediaType]);
  const pointer = [
    "paths",
    route,
    method.toLowerCase(),
    "responses",
    `${response.status}`,
    "content",
    mediaType,
    "schema",
  ];
  const schema = `document#/${pointer.map((part) => encodeURIComponent(part.replaceAll("/", "~1"))).join("/")}`;
  expect(ajv.validate({ $ref: schema }, json), `${text}: ${ajv.errorsText()}`).toBe(true);
  return { status: response.status, text, json, headers: response.headers };
}

async function codeShownTo(to: string): Promise<string> {
  const messages = await carrier.waitFor((all) => all.some(({ startLine }) => startLine.includes(to)));
  const invite = messages.findLast(({ startLine }) => startLine.startsWith("INVITE") && startLine.includes(to));
  return /(\d{4})@/.exec(invite?.header("from")[0] ?? "")?.[1] ?? "";
}

describe("the conversation", () => {
  test("start, wrong code, right code, and no more after that", async () => {
    const to = callee();
    const started = await ask("POST", "/v1/verifications", { to, reference: "sign-up", metadata: { order: "4711" } });
    expect(started.status).toBe(201);
    expect(started.json).toMatchObject({
      to,
      reference: "sign-up",
      metadata: { order: "4711" },
      code_length: 4,
      delivery: { missed_call: { caller_id: { prefix: "+44770090", digits: 4 } } },
      checks_left: 3,
    });
    const { id, delivery } = started.json as {
      id: string;
      delivery: { missed_call: { caller_id: { pattern: string } } };
    };
    const { caller_id: callerId } = delivery.missed_call;
    const path = `/v1/verifications/${id}`;
    expect(started.headers.get("location")).toBe(path);

    const code = await codeShownTo(to);
    expect(`+44770090${code}`).toMatch(new RegExp(callerId.pattern));
    const wrong = await ask("POST", `${path}/check`, { code: code === "0000" ? "0001" : "0000" });
    expect(wrong.json).toMatchObject({ id, valid: false, checks_left: 2 });
    const right = await ask("POST", `${path}/check`, { code });
    expect(right.json).toMatchObject({ id, status: "verified", valid: true });

    const again = await ask("POST", `${path}/check`, { code });
    expect([again.status, again.json.code]).toEqual([409, "verification_ended"]);
    const read = await ask("GET", path);
    expect(read.json).toMatchObject({
      status: "verified",
      ended_at: expect.any(String),
      proof: { kind: "phone", value: to },
    });
    expect([started.text, wrong.text, right.text, read.text].join("")).not.toContain(`+44770090${code}`);
  });

  test("the whole caller ID, as the phone shows it, will do", async () => {
    const to = callee();
    const { id } = (await ask("POST", "/v1/verifications", { to })).json;
    const shown = `07700 90 ${await codeShownTo(to)}`;
    expect((await ask("POST", `/v1/verifications/${id}/check`, { caller_id: shown })).json.valid).toBe(true);
  });

  test("cancel ends it; resend and cancel after the end are refused", async () => {
    const { id } = (await ask("POST", "/v1/verifications", { to: callee() })).json;
    const path = `/v1/verifications/${id}`;
    const canceled = await ask("POST", `${path}/cancel`);
    expect([canceled.status, canceled.json.status]).toEqual([200, "canceled"]);
    expect((await ask("POST", `${path}/resend`)).json.code).toBe("verification_ended");
  });

  test("resend rings again with another code", async () => {
    const to = callee();
    const { id } = (await ask("POST", "/v1/verifications", { to })).json;
    const first = await codeShownTo(to);
    await gateway.waitForStatus(String(id), ["rung"]);
    expect((await ask("POST", `/v1/verifications/${id}/resend`, {})).status).toBe(200);
    await carrier.waitFor(
      (all) => all.filter(({ startLine }) => startLine.startsWith("INVITE") && startLine.includes(to)).length > 1,
    );
    const second = await codeShownTo(to);
    expect(second).not.toBe(first);
    expect((await ask("POST", `/v1/verifications/${id}/check`, { code: first })).json.valid).toBe(false);
    expect((await ask("POST", `/v1/verifications/${id}/check`, { code: second })).json.valid).toBe(true);
  });
});

describe("a start whose client is gone", () => {
  // As a gateway finds it that stood still: the request, and behind it the end of the connection.
  test("places no call: it rang a phone for a code that nobody waited for any more", async () => {
    const to = callee();
    const body = JSON.stringify({ to });
    const head = [
      ...["POST /v1/verifications HTTP/1.1", "host: gateway", `authorization: Bearer ${apiKey}`],
      ...["content-type: application/json", `content-length: ${body.length}`],
    ];
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    process.kill(redis.pid, "SIGSTOP");
    try {
      socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
      await once(socket.resume(), "end");
    } finally {
      process.kill(redis.pid, "SIGCONT");
    }
    // Its callee is as free as any, and only this call comes.
    expect((await ask("POST", "/v1/verifications", { to })).status).toBe(201);
    await codeShownTo(to);
    const invites = (await carrier.messages()).filter(({ startLine }) => startLine.startsWith(`INVITE sip:${to}`));
    expect(invites).toHaveLength(1);
  });
});

describe("an Idempotency-Key", () => {
  test("gives the same answer and no second call; another body with it is refused", async () => {
    const to = callee();
    const headers = { "idempotency-key": "try 1" };
    const first = await ask("POST", "/v1/verifications", { to }, headers);
    const second = await ask("POST", "/v1/verifications", { to }, headers);
    expect([second.status, second.json.id]).toEqual([201, first.json.id]);
    const other = await ask("POST", "/v1/verifications", { to: callee() }, headers);
    expect([other.status, other.json.code]).toEqual([422, "idempotency_key_reused"]);
    await codeShownTo(to);
    const invites = (await carrier.messages()).filter(({ startLine }) => startLine.startsWith(`INVITE sip:${to}`));
    expect(invites).toHaveLength(1);
  });
});

describe("what is refused before any call", () => {
  test.each([
    ["+44", 422, "number_too_short"],
    ["+447400770000123456", 422, "number_too_long"],
    ["+442079460000", 422, "number_is_landline"],
    ["+449098790000", 422, "number_not_callable"],
    ["+440000000000", 422, "number_invalid"],
    ["call me", 422, "number_invalid"],
    ["+44 07400 770000", 422, "number_invalid"],
  ])("%s is %i %s", async (to, status, code) => {
    const before = (await carrier.messages()).filter(({ method }) => method === "INVITE").length;
    const refused = await ask("POST", "/v1/verifications", { to });
    expect([refused.status, refused.json.code]).toEqual([status, code]);
    const looked = await ask("POST", "/v1/numbers/lookup", { number: to });
    expect([looked.status, looked.json.callable, looked.json.reason]).toEqual([200, false, code]);
    expect((await carrier.messages()).filter(({ method }) => method === "INVITE").length).toBe(before);
  });

  test("what was probably meant is in the refusal of the start and in the lookup, alone and in a list", async () => {
    const to = "+44 07400 770000";
    const suggestions = [{ number: "+447400770000", reason: "national_prefix" }];
    expect((await ask("POST", "/v1/verifications", { to })).json.suggestions).toEqual(suggestions);
    expect((await ask("POST", "/v1/numbers/lookup", { number: to })).json).toMatchObject({ number: null, suggestions });
    const list = await ask("POST", "/v1/numbers/lookup", { numbers: [to, callee()], locale: "de" });
    expect(list.json.numbers).toMatchObject([
      { suggestions, message: "Prüfen Sie die Ziffern direkt nach der Landesvorwahl." },
      { callable: true, message: null },
    ]);
  });

  test("an unknown verification, a guess that is none, a body of nonsense", async () => {
    expect((await ask("GET", "/v1/verifications/v0000AAAAAAAAAAAAAAAAAAAAAA")).json.code).toBe(
      "verification_not_found",
    );
    expect((await ask("GET", "/v1/verifications/nothing")).json.code).toBe("verification_not_found");
    const { id } = (await ask("POST", "/v1/verifications", { to: callee() })).json;
    const noGuess = await ask("POST", `/v1/verifications/${id}/check`, { code: "abcd" });
    expect([noGuess.status, noGuess.json.code]).toEqual([400, "invalid_request"]);
    expect((await ask("GET", `/v1/verifications/${id}`)).json.checks_left).toBe(3);
    const nonsense = await ask("POST", "/v1/verifications", { to: [], code_length: 99, x: null });
    expect(nonsense.json.errors).toHaveLength(3);
  });
});

describe("figures", () => {
  test("count what happened here", async () => {
    const { text } = await gateway.get("/metrics");
    expect(text).toMatch(/^onering_verifications_started_total{channel="missed_call",country="GB"} [1-9]/m);
    expect(text).toMatch(
      /^onering_verifications_ended_total{channel="missed_call",status="verified",reason="[a-z_]+",country="GB"} [1-9]/m,
    );
    expect(text).toMatch(/^onering_checks_total{valid="true"} [1-9]/m);
    expect(text).toMatch(/^onering_call_attempts_total{trunk="carrier",outcome="rang",reached="true"} [1-9]/m);
    expect(text).toContain('onering_trunk_usable{trunk="carrier"} 1');
    expect(text).toContain('onering_trunk_breaker{trunk="carrier",asterisk="local",state="closed"} 1');
    expect(text).toContain('onering_asterisk_connected{asterisk="local"} 1');
    expect(text).toMatch(/route="\/v1\/verifications\/:id\/check",method="POST",status="200"/);
    expect(text).not.toMatch(/44740077/);
  });
});

describe("stopping", () => {
  test("a call under way may ring on for drain_ms, new ones are refused meanwhile", async () => {
    const to = callee();
    const { id } = await gateway.start(to);
    await gateway.waitForStatus(id, ["ringing"]);
    const stopped = gateway.stop();
    const refused = await ask("POST", "/v1/verifications", { to: callee() });
    expect([refused.status, refused.json.code, refused.headers.get("connection")]).toEqual([503, "capacity", "close"]);
    expect((await gateway.get("/readyz")).json).toMatchObject({ ready: false, draining: true });
    await stopped;
    await expect(gateway.get("/healthz")).rejects.toThrow();
    await carrier.waitFor((all) => all.some(({ startLine }) => startLine.startsWith(`CANCEL sip:${to}@`)));
  });
});
