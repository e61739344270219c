import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { problemKinds } from "../../../src/http/errors/problems.ts";
import { Refusal, refusalCodes } from "../../../src/shared/refusal.ts";
import { ask, key, refusing, secretCallerId, secretCode, standing, testServer } from "./support.ts";

const url = `/v1/verifications/${standing.id}`;

/** What an app may count on, written down apart from the code's own table. */
const contract = {
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  number_invalid: 422,
  number_too_short: 422,
  number_too_long: 422,
  number_is_landline: 422,
  number_not_callable: 422,
  country_not_allowed: 403,
  quiet_hours: 403,
  number_inactive: 422,
  configuration_invalid: 422,
  processes_unavailable: 503,
  rate_limited: 429,
  capacity: 503,
  delivery_denied: 403,
  verification_not_found: 404,
  proof_not_found: 404,
  verification_ended: 409,
  verification_ambiguous: 409,
  not_supported: 400,
  conflict: 409,
  idempotency_key_reused: 422,
  code_not_available: 422,
  human_check_failed: 403,
  human_check_unavailable: 503,
  telephony_unavailable: 503,
  channel_unavailable: 503,
  store_unavailable: 503,
  records_unavailable: 503,
  approval_unavailable: 503,
} as const;

describe("a refusal", () => {
  it.each(refusalCodes)("%s is a problem with its status", async (code) => {
    const { server } = await testServer({ verifications: refusing(new Refusal(code, "because of this")) });
    const answer = await ask(server, "GET", url);
    expect(answer.status).toBe(contract[code]);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(answer.json()).toEqual({
      type: `urn:onering:problem:${code}`,
      title: problemKinds[code].title,
      status: contract[code],
      detail: "because of this",
      code,
      instance: `urn:onering:request:${answer.headers["x-request-id"]}`,
    });
    expect("retry-after" in answer.headers).toBe(answer.status === 429 || answer.status === 503);
  });

  it("says when to come back, rounded up to whole seconds", async () => {
    const retryAfter = async (ms: number) => {
      const { server } = await testServer({ verifications: refusing(new Refusal("rate_limited", "later", ms)) });
      return (await ask(server, "GET", url)).headers["retry-after"];
    };
    expect(await retryAfter(14_001)).toBe("15");
    expect(await retryAfter(0)).toBe("1");
  });
});

describe("a failure of our own", () => {
  it("is a masked 500; the log has it, without numbers", async () => {
    const failure = Object.assign(new Error(`cannot ring ${secretCallerId}`), {
      command: { name: "evalsha", args: [secretCode, "+447911123456"] },
    });
    const { server, log } = await testServer({ verifications: refusing(failure) });
    const answer = await ask(server, "POST", `${url}/check`, { code: secretCode });
    expect(answer.status).toBe(500);
    expect(answer.json().code).toBe("internal_error");
    expect(answer.text).not.toMatch(/cannot ring|Error|\.ts|7391/);
    const logged = log.join("");
    expect(logged).toContain("cannot ring …91");
    expect(logged).toContain(String(answer.headers["x-request-id"]));
    expect(logged).not.toMatch(/7391|447911/);
  });
});

describe("a request that is none", () => {
  const post = async (payload: string | Buffer, contentType: string | null, path = "/v1/verifications") => {
    const { server } = await testServer({ http: { body_limit_bytes: 1024 } });
    const headers = { authorization: `Bearer ${key}`, ...(contentType !== null && { "content-type": contentType }) };
    return await server.inject({ method: "POST", url: path, headers, payload });
  };

  it.each([
    ["malformed JSON", "{", "application/json", 400],
    ["a key that reaches for the prototype", '{"to":"+44","__proto__":{"x":1}}', "application/json", 400],
    ["a body over the limit", JSON.stringify({ to: "x".repeat(2000) }), "application/json", 413],
    ["text", "+447911123456", "text/plain", 415],
    ["a form", "to=%2B447911123456", "application/x-www-form-urlencoded", 415],
    ["a body of no type", Buffer.from("{}"), null, 415],
    ["a type that is none", "{}", "json", 415],
  ])("%s is an invalid_request with its exact status", async (_what, payload, contentType, status) => {
    const answer = await post(payload, contentType);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(answer.json()).toMatchObject({ code: "invalid_request", status });
  });

  it("an unknown path is 404, a known one with another method 405 with Allow", async () => {
    const { server } = await testServer();
    const missing = await ask(server, "GET", "/v1/nothing");
    expect([missing.status, missing.json().code]).toEqual([404, "invalid_request"]);
    for (const [method, path, allow] of [
      ["DELETE", url, "GET, HEAD, OPTIONS"],
      ["GET", `${url}/check`, "OPTIONS, POST"],
      ["PUT", "/v1/verifications", "OPTIONS, POST"],
      ["POST", "/readyz", "GET, HEAD, OPTIONS"],
    ] as const) {
      const answer = await server.inject({ method, url: path });
      expect([answer.statusCode, answer.headers.allow, answer.json().code]).toEqual([405, allow, "invalid_request"]);
    }
  });

  it("OPTIONS of a known path is 204 with Allow, without a key; of an unknown one 404", async () => {
    const { server } = await testServer();
    for (const [path, allow] of [
      ["/v1/verifications", "OPTIONS, POST"],
      [url, "GET, HEAD, OPTIONS"],
      ["/healthz", "GET, HEAD, OPTIONS"],
    ] as const) {
      const answer = await server.inject({ method: "OPTIONS", url: path });
      expect([answer.statusCode, answer.headers.allow, answer.body]).toEqual([204, allow, ""]);
      expect(answer.headers).toHaveProperty("x-content-type-options");
    }
    expect((await server.inject({ method: "OPTIONS", url: "/v1/nothing" })).statusCode).toBe(404);
  });

  it.each(["/v1/verifications/%", `/v1/verifications/${"x".repeat(300)}`, "/%c0"])(
    "the path %s is a problem",
    async (path) => {
      const { server } = await testServer();
      const answer = await ask(server, "GET", path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.json()).toMatchObject({ code: "invalid_request", status: answer.status });
    },
  );
});

describe("no body, however odd", () => {
  const paths = ["/v1/verifications", `${url}/check`, `${url}/resend`, `${url}/cancel`, "/v1/numbers/lookup"];
  const knownKey = fc.constantFrom(
    "to",
    "country",
    "channel",
    "calls",
    "code_length",
    "reference",
    "metadata",
    "code",
    "caller_id",
    "number",
  );
  const oddObject = fc.dictionary(fc.oneof(knownKey, fc.string({ unit: "binary" })), fc.jsonValue({ maxDepth: 3 }));
  const oddBody = fc.oneof(
    oddObject.map((value) => JSON.stringify(value)),
    fc.json(),
    fc.string({ unit: "binary", maxLength: 200 }),
  );

  it("gives a 5xx, a stack trace or anything but JSON of ours", async () => {
    const { server } = await testServer();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), oddBody, async (path, payload) => {
        const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
        const answer = await server.inject({ method: "POST", url: path, headers, payload });
        expect(answer.statusCode).toBeLessThan(500);
        expect(answer.body).not.toMatch(/node_modules|\.ts:|at [A-Z][a-z]+ \(/);
        if (answer.statusCode >= 400) {
          const problem = answer.json();
          expect(problem.status).toBe(answer.statusCode);
          expect(problem.code in contract).toBe(true);
          for (const error of problem.errors ?? []) expect(() => decodeURI(error.pointer)).not.toThrow();
        }
      }),
      { numRuns: 400 },
    );
  });

  it("breaks the pointers, not even half a character as key", async () => {
    const { server } = await testServer();
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const answer = await server.inject({ method: "POST", url: "/v1/verifications", headers, payload: '{"\\ud800":1}' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toContainEqual({ pointer: "#/%EF%BF%BD", detail: "is not a known property" });
  });

  it("comes back in an error: neither a wrong code nor a number is repeated", async () => {
    const { server, log } = await testServer();
    const bodies = [
      { code: secretCode, caller_id: secretCallerId },
      { code: [secretCode] },
      { to: [secretCallerId] },
      { to: secretCallerId, code_length: secretCode },
    ];
    for (const [index, body] of bodies.entries()) {
      const path = index < 2 ? `${url}/check` : "/v1/verifications";
      const answer = await ask(server, "POST", path, body);
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain(secretCode);
    }
    expect(log.join("")).not.toContain(secretCode);
  });

  it("grows the answer: a body of unknown keys is told twenty of them", async () => {
    const { server } = await testServer();
    const body = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`key${n}${"x".repeat(5)}`, 1]));
    const answer = await ask(server, "POST", "/v1/verifications", body);
    expect(answer.json().errors).toHaveLength(20);
  });
});
