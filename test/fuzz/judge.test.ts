/** The judge of the fuzz sees what is wrong with an answer: a run without faults says as much as its judge. */
import { describe, expect, it } from "vitest";
import { testServer } from "../unit/http/support.ts";
import { type ApiDocument, readDocument } from "./document.ts";
import type { Reply } from "./wire.ts";

const id = "9f31c0aa02-4f";
const problem = (status: number, code: string, more: object = {}) => ({
  ...{ type: `urn:onering:problem:${code}`, title: "t", status, detail: "d", code },
  ...{ instance: `urn:onering:request:${id}`, ...more },
});

let reading: Promise<ApiDocument> | null = null;

async function read(): Promise<ApiDocument> {
  const { server } = await testServer({ admin: true });
  return readDocument((await server.inject("/openapi.json")).body);
}

async function judging() {
  reading ??= read();
  const document = await reading;
  const judge = (operationId: string, status: number, body: unknown, headers: Record<string, string> = {}) => {
    const operation = document.operations.find((one) => one.id === operationId) ?? null;
    const type = status >= 400 ? "application/problem+json; charset=utf-8" : "application/json; charset=utf-8";
    const reply: Reply = {
      ...{ status, isHead: false, body: typeof body === "string" ? body : JSON.stringify(body) },
      headers: { "content-type": type, "x-request-id": id, ...headers },
    };
    return document.judge(operation, reply);
  };
  return { judge };
}

describe("the judge", () => {
  it("has nothing against answers that are documented", async () => {
    const { judge } = await judging();
    const answer = { id: "v", status: "failed", valid: false, checks_left: 0 };
    expect(judge("checkVerification", 200, answer)).toBeNull();
    expect(judge("checkVerification", 404, problem(404, "verification_not_found"))).toBeNull();
    expect(judge("checkVerification", 415, problem(415, "invalid_request"))).toBeNull();
    expect(judge("checkVerification", 429, problem(429, "rate_limited"), { "retry-after": "3" })).toBeNull();
  });

  it.each([
    ["a server error", 500, problem(500, "internal_error"), {}, "a server error"],
    ["a code that this operation does not have", 409, problem(409, "conflict"), {}, "409 conflict is not documented"],
    ["a status that the body denies", 404, problem(409, "verification_ended"), {}, "a problem that says 409"],
    [
      "an answer of another type",
      404,
      problem(404, "verification_not_found"),
      { "content-type": "text/html" },
      "text/html",
    ],
    [
      "another request's id",
      404,
      problem(404, "verification_not_found", { instance: "urn:onering:request:x" }),
      {},
      "another request",
    ],
    [
      "a stack",
      404,
      problem(404, "verification_not_found", { detail: "at f (/app/node_modules/x.js:1)" }),
      {},
      "inside",
    ],
    ["429 without Retry-After", 429, problem(429, "rate_limited"), {}, "no Retry-After"],
    ["a body that lacks a key", 200, { id: "v", status: "failed", valid: false }, {}, "not as its schema says"],
    [
      "a body of a wrong type",
      200,
      { id: "v", status: "failed", valid: "no", checks_left: 0 },
      {},
      "not as its schema says",
    ],
    ["text for JSON", 200, "ok", {}, "not JSON"],
    ["a success that is not documented", 202, {}, {}, "202 is not documented"],
  ])("sees %s", async (_what, status, body, headers: Record<string, string>, expected) => {
    const { judge } = await judging();
    expect(judge("checkVerification", status, body, headers)).toContain(expected);
  });
});
