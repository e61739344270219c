import { describe, expect, it } from "vitest";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import type { Verification } from "../../../src/verification/types.ts";
import {
  ask,
  delivery,
  key,
  otherKey,
  prefix,
  secretCallerId,
  secretCode,
  standInVerifications,
  standing,
  testServer,
} from "./support.ts";

const id = standing.id;
/** The delivery of `standing` as the API shows it. */
const ringing = {
  ...{ number: 1, channel: "missed_call", to: "+447911123456", state: "ringing", reason: null },
  ...{ cost: null, started_at: "2026-03-01T12:00:00.000Z", ended_at: null },
  missed_call: {
    caller_id: { prefix, digits: 4, pattern: expect.any(String) },
    ...{ calls: 1, calls_delivered: 0, ring: { ms: 5000, setup_limit_ms: 20_000 }, attempt: null },
  },
};

describe("starting a verification", () => {
  it("answers 201 with what the app needs to wait for the call, and where to find it", async () => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", "/v1/verifications", { to: "+447911123456" });
    expect(answer.status).toBe(201);
    expect(answer.headers.location).toBe(`/v1/verifications/${id}`);
    expect(answer.json()).toEqual({
      id,
      status: "pending",
      reason: null,
      to: "+447911123456",
      country: "GB",
      channel: "missed_call",
      code_length: 4,
      checks_left: 3,
      delivery: ringing,
      deliveries: [ringing],
      next_channels: [{ channel: "call_in", available_at: "2026-03-01T12:00:15.000Z" }],
      proof: null,
      reference: null,
      metadata: null,
      created_at: "2026-03-01T12:00:00.000Z",
      expires_at: "2026-03-01T12:05:00.000Z",
      ended_at: null,
    });
    expect(secretCallerId).toMatch(new RegExp(answer.json().delivery.missed_call.caller_id.pattern));
  });

  it("gives reference and metadata back, and passes everything on under the domain's names", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const metadata = { order: "4711", "": "x" };
    const body = {
      to: "07911 123456",
      country: "GB",
      channel: "missed_call",
      calls: 1,
      code_length: 4,
      reference: "sign-up",
    };
    const refused = await ask(server, "POST", "/v1/verifications", { ...body, metadata });
    expect(refused.json().errors).toEqual([{ pointer: "#/metadata/", detail: "must not be empty" }]);

    const answer = await ask(server, "POST", "/v1/verifications", { ...body, metadata: { order: "4711" } });
    expect(answer.json()).toMatchObject({ reference: "sign-up", metadata: { order: "4711" } });
    expect(asked.start).toEqual([
      [
        "shop",
        {
          to: "07911 123456",
          country: "GB",
          channel: "missed_call",
          calls: 1,
          codeLength: 4,
          reference: "sign-up",
          metadata: { order: "4711" },
        },
        null,
      ],
    ]);
  });

  it("names the number to call instead of what will call, where the person calls in; no code is null, not zero", async () => {
    const details = { number: "+442079460001" };
    const waiting: Verification = {
      ...{ ...standing, status: "pending", codeLength: null, checksLeft: null },
      deliveries: [delivery({ channel: "call_in", state: "waiting", details })],
    };
    const { verifications } = standInVerifications();
    const { server } = await testServer({ verifications: { ...verifications, start: async () => waiting } });
    const answer = await ask(server, "POST", "/v1/verifications", { to: standing.to, channel: "call_in" });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      status: "pending",
      channel: "call_in",
      code_length: null,
      checks_left: null,
    });
    expect(answer.json().delivery).toEqual({
      ...{ number: 1, channel: "call_in", to: standing.to, state: "waiting", reason: null },
      ...{ cost: null, started_at: "2026-03-01T12:00:00.000Z", ended_at: null, call_in: { number: "+442079460001" } },
    });
  });

  it("passes on workflow, code and locale", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const workflow = [
      { channel: "missed_call", wait_seconds: 20 },
      { channel: "sms" },
      { channel: "email", to: "a@b.example" },
    ];
    const answer = await ask(server, "POST", "/v1/verifications", {
      to: standing.to,
      workflow,
      code: "123456",
      locale: "pt-BR",
    });
    expect(answer.status).toBe(201);
    expect(asked.start[0]?.[1]).toEqual({
      to: standing.to,
      workflow: [
        { channel: "missed_call", waitMs: 20_000 },
        { channel: "sms" },
        { channel: "email", to: "a@b.example" },
      ],
      code: "123456",
      locale: "pt-BR",
    });
    expect(answer.text).not.toContain("123456,");
  });

  it("shows each delivery's recipient and price, and nothing of a channel that was refused", async () => {
    const refused = delivery({ number: 1, state: "failed", reason: "capacity", details: null, codeLength: null });
    const sent = delivery({ number: 2, to: "+447911999999", cost: 0.05 });
    const { verifications } = standInVerifications({ deliveries: [refused, sent] });
    const { server } = await testServer({ verifications });
    const { deliveries } = (await ask(server, "GET", `/v1/verifications/${standing.id}`)).json();
    expect(deliveries).toMatchObject([
      { state: "failed", reason: "capacity", cost: null },
      { to: "+447911999999", cost: 0.05, missed_call: {} },
    ]);
    expect(deliveries[0]).not.toHaveProperty("missed_call");
  });

  it("says of a proof whose code it was and whose recipient", async () => {
    const own = delivery({ to: "+447911999999" });
    const ended = { status: "verified" as const, endedAtMs: standing.createdAtMs + 9000, proofDelivery: 1 };
    const { verifications } = standInVerifications({ ...ended, deliveries: [own], appCode: true });
    const { server } = await testServer({ verifications });
    expect((await ask(server, "GET", `/v1/verifications/${standing.id}`)).json().proof).toMatchObject({
      ...{ kind: "phone", value: "+447911999999", channel: "missed_call", code: "app" },
    });
  });

  it("passes on what the app knows of the person's client", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const client = { ip: "2001:db8::7", session: "s1", device: "d1" };
    expect((await ask(server, "POST", "/v1/verifications", { to: standing.to, client })).status).toBe(201);
    expect(asked.start).toMatchObject([["shop", { ip: "2001:db8::7", session: "s1", device: "d1" }, null]]);
  });

  it("bounds metadata in total, not only each value", async () => {
    const { server } = await testServer();
    const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key-${i}`, "x".repeat(256)]));
    const answer = await ask(server, "POST", "/v1/verifications", { to: standing.to, metadata });
    expect(answer.status).toBe(400);
    expect(answer.json().errors).toEqual([{ pointer: "#/metadata", detail: "must be at most 4096 bytes of JSON" }]);
  });

  it("passes the Idempotency-Key on", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    await ask(server, "POST", "/v1/verifications", { to: "+447911123456" }, { "idempotency-key": "a key ~" });
    expect(asked.start[0]?.[2]).toBe("a key ~");
  });

  it.each([
    ["outside ASCII", "é"],
    ["too long", "x".repeat(256)],
    ["empty", ""],
  ])("refuses an Idempotency-Key that is %s", async (_what, idempotencyKey) => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const headers = { "idempotency-key": idempotencyKey };
    const answer = await ask(server, "POST", "/v1/verifications", { to: "+447911123456" }, headers);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ header: "idempotency-key" }] });
    expect(asked.start).toEqual([]);
  });
});

describe("a verification that exists", () => {
  it("tells what is known of its last call, and no number or trunk of it", async () => {
    const call: CallResult = {
      ...{ outcome: "answered", alerted: false, postDialDelayMs: null, ringMs: null, sipStatus: 200, q850Cause: null },
      ...{ endedBy: "us", source: "sip", falseAnswer: true, silent: false, inviteOver: true },
      ...{ progress: false, networkBlocked: false, redressUrl: null },
      attempts: [{ trunk: "secret-carrier", asterisk: "main", outcome: "answered" }],
    };
    const deliveries = [delivery({ state: "rung", reason: "answered", result: call })];
    const { verifications } = standInVerifications({ status: "delivered", deliveries });
    const { server } = await testServer({ verifications });
    const answer = await ask(server, "GET", `/v1/verifications/${id}`);
    expect(answer.json().reason).toBe("answered");
    expect(answer.json().delivery.missed_call.attempt).toEqual({
      ...{ outcome: "answered", alerted: false, post_dial_delay_ms: null, ring_ms: null, sip_status: 200, q850: null },
      ...{ ended_by: "us", false_answer: true, source: "sip" },
    });
    expect(answer.text).not.toContain("secret-carrier");
  });

  it("can be read, until it ended with its end", async () => {
    const { server } = await testServer();
    expect((await ask(server, "GET", `/v1/verifications/${id}`)).json()).toMatchObject({ id, status: "sending" });
    const canceled = await ask(server, "POST", `/v1/verifications/${id}/cancel`);
    expect(canceled.status).toBe(200);
    expect(canceled.json()).toMatchObject({
      status: "canceled",
      reason: "canceled",
      ended_at: "2026-03-01T12:00:09.000Z",
    });
  });

  it("checks a code or a whole caller ID", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const wrong = await ask(server, "POST", `/v1/verifications/${id}/check`, { code: "0000" });
    expect(wrong.status).toBe(200);
    expect(wrong.json()).toEqual({ id, status: "sending", valid: false, checks_left: 2 });
    const right = await ask(server, "POST", `/v1/verifications/${id}/check`, { caller_id: "07700 90 7391" });
    expect(right.json()).toEqual({ id, status: "verified", valid: true, checks_left: 1 });
    expect(asked.guesses).toEqual([{ code: "0000" }, { callerIds: ["07700 90 7391"] }]);
  });

  it("tells of two calls how far they are and how to recognise each, and checks both", async () => {
    const { verifications, asked } = standInVerifications({
      codeLength: 8,
      deliveries: [delivery({ parts: 2, partsDelivered: 1 })],
    });
    const { server } = await testServer({ verifications });
    const answer = await ask(server, "GET", `/v1/verifications/${id}`);
    expect(answer.json()).toMatchObject({
      code_length: 8,
      delivery: { missed_call: { calls: 2, calls_delivered: 1, caller_id: { prefix, digits: 4 } } },
    });
    expect(secretCallerId).toMatch(new RegExp(answer.json().delivery.missed_call.caller_id.pattern));
    const callerIds = ["07700 90 1111", "07700 90 7391"];
    await ask(server, "POST", `/v1/verifications/${id}/check`, { caller_ids: callerIds });
    expect(asked.guesses).toEqual([{ callerIds }]);
  });

  it("says what was proven once it is verified", async () => {
    const known = { status: "verified", proofDelivery: 1, endedAtMs: standing.createdAtMs + 9000 } as const;
    const { verifications } = standInVerifications(known);
    const { server } = await testServer({ verifications });
    const answer = await ask(server, "GET", `/v1/verifications/${id}`);
    expect(answer.json().proof).toEqual({
      ...{ kind: "phone", value: "+447911123456", channel: "missed_call" },
      ...{ at: "2026-03-01T12:00:09.000Z", code: "gateway" },
    });
  });

  it("can be checked by its number, with a session where several are open", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const body = { to: standing.to, session: "s-1", code: "0000" };
    const answer = await ask(server, "POST", "/v1/verifications/check", body);
    expect(answer.json()).toEqual({ id, status: "delivered", valid: false, checks_left: 2 });
    expect(asked.byNumber).toEqual([["shop", standing.to, { code: "0000" }, "s-1"]]);
    const both = await ask(server, "POST", "/v1/verifications/check", { ...body, caller_id: "+442079460123" });
    expect(both.status).toBe(400);
    expect((await ask(server, "POST", "/v1/verifications/check", { to: standing.to })).status).toBe(400);
  });

  it("is sent again by the channel that the person chose", async () => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    await ask(server, "POST", `/v1/verifications/${id}/resend`, { channel: "call_in" });
    await ask(server, "POST", `/v1/verifications/${id}/resend`, {});
    expect(asked.resends).toEqual(["call_in", null]);
    const unknown = await ask(server, "POST", `/v1/verifications/${id}/resend`, { channel: "smoke" });
    expect(unknown.status).toBe(400);
  });

  it("takes a resend or cancel without a body, with an empty one, and with an empty object", async () => {
    const { server } = await testServer();
    const url = `/v1/verifications/${id}/resend`;
    expect((await ask(server, "POST", url)).status).toBe(200);
    expect((await ask(server, "POST", url, undefined, { "content-type": "application/json" })).status).toBe(200);
    expect((await ask(server, "POST", url, {})).status).toBe(200);
    expect((await ask(server, "POST", url, { calls: 2 })).json().errors).toEqual([
      { pointer: "#/calls", detail: "is not a known property" },
    ]);
  });

  it("is unknown to another app", async () => {
    const { server } = await testServer();
    const answer = await ask(server, "GET", `/v1/verifications/${id}`, undefined, {
      authorization: `Bearer ${otherKey}`,
    });
    expect(answer.status).toBe(404);
    expect(answer.json().code).toBe("verification_not_found");
  });

  it.each(["a%20b", "x".repeat(150), "%F0%9F%94%94"])("is not there under the id %s", async (odd) => {
    const { server } = await testServer();
    const answer = await ask(server, "GET", `/v1/verifications/${odd}`);
    expect(answer.status).toBe(404);
    expect(answer.json().code).toBe("verification_not_found");
  });
});

describe("what is asked for wrongly", () => {
  it("is told all at once, by place", async () => {
    const { server } = await testServer();
    const body = { country: "GBR", channel: "smoke", calls: 3, code_length: "4", refrence: "x", "a/b~c": 1 };
    const answer = await ask(server, "POST", "/v1/verifications", body);
    expect(answer.status).toBe(400);
    expect(answer.json().code).toBe("invalid_request");
    const errors: { pointer: string; detail: string }[] = answer.json().errors;
    expect(Object.fromEntries(errors.map(({ pointer, detail }) => [pointer, detail]))).toEqual({
      "#/to": "is missing",
      "#/country": "must be an ISO 3166 country code of two letters, such as GB",
      "#/channel": expect.stringMatching(/^must be .*"missed_call".*"push"$/),
      "#/calls": "must be 1 or 2",
      "#/code_length": "must be an integer",
      "#/refrence": "is not a known property",
      "#/a~1b~0c": "is not a known property",
    });
  });

  it.each([
    [{}],
    [{ code: secretCode, caller_id: secretCallerId }],
    [{ caller_id: secretCallerId, caller_ids: [secretCallerId] }],
    [{ caller_ids: [] }],
    [{ caller_ids: [secretCallerId, secretCallerId, secretCallerId] }],
    [{ caller_ids: secretCallerId }],
    [{ code: 7391 }],
    [{ code: "" }],
    [[]],
    ["7391"],
    [null],
  ])("a check with %j is refused and not counted", async (body) => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const answer = await ask(server, "POST", `/v1/verifications/${id}/check`, body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ code: "invalid_request", errors: [{ pointer: expect.any(String) }] });
    expect(asked.guesses).toEqual([]);
  });

  it.each([
    ["to", { to: "+".padEnd(4097, "1") }],
    ["locale", { to: "+4479", locale: "de_DE" }],
    ["workflow/0/wait_seconds", { to: "+4479", workflow: [{ channel: "sms", wait_seconds: 601 }] }],
    ["workflow", { to: "+4479", workflow: [] }],
    ["reference", { to: "+4479", reference: "x".repeat(129) }],
    ["metadata", { to: "+4479", metadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ""])) }],
    ["metadata/k", { to: "+4479", metadata: { k: "x".repeat(257) } }],
    ["metadata/n", { to: "+4479", metadata: { n: 1 } }],
    [`metadata/${"k".repeat(41)}`, { to: "+4479", metadata: { ["k".repeat(41)]: "" } }],
    ["code_length", { to: "+4479", code_length: 17 }],
  ])("%s has its limit", async (place, body) => {
    const { server } = await testServer();
    const answer = await ask(server, "POST", "/v1/verifications", body);
    expect(answer.status).toBe(400);
    expect(answer.json().errors).toEqual([{ pointer: `#/${place}`, detail: expect.stringMatching(/^must/) }]);
  });
});

describe("who asks", () => {
  it.each([
    ["none", undefined, 'Bearer realm="onering"'],
    ["a wrong one", "Bearer wrong", 'Bearer realm="onering", error="invalid_token"'],
    ["no scheme", key, 'Bearer realm="onering", error="invalid_token"'],
    ["another scheme", `Basic ${key}`, 'Bearer realm="onering", error="invalid_token"'],
    ["one letter more", `Bearer ${key}x`, 'Bearer realm="onering", error="invalid_token"'],
    ["a very long one", `Bearer ${"x".repeat(5000)}`, 'Bearer realm="onering", error="invalid_token"'],
  ])("must hold a key, not %s", async (_what, authorization, challenge) => {
    const { verifications, asked } = standInVerifications();
    const { server } = await testServer({ verifications });
    const headers = { "content-type": "application/json", ...(authorization !== undefined && { authorization }) };
    const answer = await server.inject({
      method: "POST",
      url: "/v1/verifications",
      headers,
      payload: { to: "+447911" },
    });
    expect(answer.statusCode).toBe(401);
    expect(answer.json().code).toBe("unauthorized");
    expect(answer.headers["www-authenticate"]).toBe(challenge);
    expect(asked.start).toEqual([]);
  });

  it("is not told what is wrong with a request before", async () => {
    const { server } = await testServer();
    const payload = { nonsense: true };
    const answers = await Promise.all([
      server.inject({ method: "POST", url: "/v1/verifications", payload }),
      server.inject({ method: "POST", url: "/v1/numbers/lookup", payload: "{", headers: { "content-type": "x/y" } }),
    ]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401]);
  });

  it("may write the scheme in any case", async () => {
    const { server } = await testServer();
    const headers = { authorization: `bEARER ${key}` };
    expect((await ask(server, "GET", `/v1/verifications/${id}`, undefined, headers)).status).toBe(200);
  });
});
