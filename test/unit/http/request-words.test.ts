/** Errors of requests say what is wanted in words: never a regular expression, one error for each place. */
import { describe, expect, it } from "vitest";
import { jsonErrorPosition } from "../../../src/http/errors/json-position.ts";
import type { Scrubs } from "../../../src/numbers/scrubs/ports.ts";
import { callRoutes } from "../../../src/sandbox/call-routes.ts";
import type { Phone } from "../../../src/sandbox/phone.ts";
import { ask, key, operatorKey, testServer } from "./support.ts";

const operator = { authorization: `Bearer ${operatorKey}` };

// biome-ignore lint/suspicious/noExplicitAny: the document is walked freely
type Json = Record<string, any>;

/** Where a schema has a pattern, and no words for it. */
function wordless(node: unknown, path: string): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  const { pattern, format, "x-expected": words } = node as Json;
  const isBare = typeof (pattern ?? format) === "string" && typeof words !== "string";
  const within = Object.entries(node).flatMap(([name, inner]) => wordless(inner, `${path}/${name}`));
  return isBare ? [path, ...within] : within;
}

describe("every request", () => {
  it("has words for each of its patterns and formats", async () => {
    const { server } = await testServer({ admin: true, scrubs: {} as Scrubs });
    const document: Json = (await server.inject("/openapi.json")).json();
    const component = ({ $ref }: Json) => document.components.schemas[String($ref).split("/").at(-1) ?? ""];
    const found: string[] = [];
    let looked = 0;
    for (const [path, methods] of Object.entries(document.paths as Json)) {
      for (const [method, operation] of Object.entries(methods as Json)) {
        const bodies = Object.values<Json>((operation as Json).requestBody?.content ?? {}).map(({ schema }) => schema);
        const parts = [
          ...((operation as Json).parameters ?? []),
          ...bodies.map((one) => (one?.$ref ? component(one) : one)),
        ];
        looked += parts.length;
        found.push(...parts.flatMap((part, index) => wordless(part, `${method} ${path} ${part?.name ?? index}`)));
      }
    }
    expect(looked).toBeGreaterThan(80);
    expect(found).toEqual([]);
  });

  const limit = "must be a whole number from 1 to 1000";
  const time = "must be a time such as 2026-11-01T00:00:00Z, or a date; in a URL write + as %2B";
  it.each([
    ["/v1/cdrs?limit=x", limit],
    ["/v1/lists?limit=0", limit],
    ["/v1/decisions?limit=1e3", limit],
    ["/v1/admin/audit?limit=1001", limit],
    ["/v1/webhooks/wh_1/deliveries?limit=101", "must be a whole number from 1 to 100"],
    ["/v1/cdrs?from=yesterday", time],
    ["/v1/stats?from=yesterday", time],
    ["/v1/decisions?from=yesterday", time],
    ["/v1/admin/audit?to=yesterday", time],
    ["/v1/cdrs?limit=1&limit=2", "must be given once"],
    [
      "/v1/stats?by=week",
      "must be some of hour, day, app, channel, country, prefix, network, trunk, range, separated by commas",
    ],
    ["/v1/lists?cursor=x", "must be `next` of the page before"],
    ["/v1/admin/audit?until=2026-01-01", "is not a known parameter"],
    [
      "/v1/admin/apps/Shop",
      "must be a name of 1 to 40 lowercase letters, digits, - and _ that starts with a letter or digit",
    ],
  ])("GET %s", async (url, detail) => {
    const { server } = await testServer({ admin: true });
    const answer = await ask(server, "GET", url, undefined, url.startsWith("/v1/admin/") ? operator : {});
    expect(answer.json()).toMatchObject({
      status: 400,
      errors: [{ parameter: expect.stringMatching(/^[a-z]+$/), detail }],
    });
    const where = url.includes("?")
      ? "The query string is invalid; see `errors`."
      : "The path is invalid; see `errors`.";
    expect(answer.json().detail).toBe(where);
  });

  it.each([
    [
      "/v1/verifications",
      { to: "+4479", channel: null },
      "#/channel",
      expect.stringMatching(/^must be one of "missed_call", /),
    ],
    ["/v1/verifications", { to: "+4479", locale: "de_DE" }, "#/locale", "must be a language tag such as en or en-GB"],
    ["/v1/verifications", { to: "+4479", code: 8290 }, "#/code", "must be a string: 4 to 10 digits"],
    ["/v1/verifications", { to: "+4479", metadata: null }, "#/metadata", "must be an object"],
    [
      "/v1/admin/apps/shop/keys",
      { scopes: ["verify"], expires_at: "tomorrow" },
      "#/expires_at",
      "must be a time such as 2027-03-01T00:00:00Z, or null",
    ],
    [
      "/v1/admin/apps/shop/keys",
      { scopes: ["verify"], expires_at: 1 },
      "#/expires_at",
      "must be a string: a time such as 2027-03-01T00:00:00Z, or null",
    ],
    [
      "/v1/admin/apps",
      { name: "web", allowed_countries: ["gb"] },
      "#/allowed_countries/0",
      "must be an ISO 3166 country of two capital letters, for instance GB",
    ],
    [
      "/v1/admin/apps",
      { name: "web", number_health: "x" },
      "#/number_health",
      'must be one of "refuse", "record", "off"',
    ],
    ["/v1/webhooks/wh_1/replay", { since: "x" }, "#/since", time],
  ])("POST %s %j", async (url, body, pointer, detail) => {
    const { server } = await testServer({ admin: true });
    const answer = await ask(server, "POST", url, body, url.startsWith("/v1/admin/") ? operator : {});
    expect(answer.json()).toMatchObject({ status: 400, errors: [{ pointer, detail }] });
    expect(answer.json().errors).toHaveLength(1);
  });

  it("of the sandbox's phone too", async () => {
    const { server } = await testServer({ extraPlugins: [callRoutes({} as Phone)] });
    const answer = await ask(server, "POST", "/sandbox/calls/1/keys", { digits: "z" });
    expect(answer.json().errors).toEqual([
      { pointer: "#/digits", detail: "must be 1 to 16 keys of 0-9, *, # and A-D" },
    ]);
  });
});

describe("a body that is no JSON object", () => {
  async function send(payload: string): Promise<Json> {
    const { server } = await testServer();
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return (await server.inject({ method: "POST", url: "/v1/verifications", headers, payload })).json();
  }

  it.each([
    ['{"to": "+447400123456",}', "The body is not valid JSON (position 23)."],
    ["\ufeff{'to': 1}", "The body is not valid JSON (position 1)."],
    ['{"to": "+44', "The body is not valid JSON (position 7)."],
    [
      '{"to":"+44","__proto__":{}}',
      "The body has a key that is never accepted: `__proto__`, or `constructor` with `prototype` in it.",
    ],
    ["", "The request body is empty; send a JSON object."],
  ])("%j", async (payload, detail) => {
    expect(await send(payload)).toMatchObject({ status: 400, code: "invalid_request", detail });
  });

  it("null is told from nothing", async () => {
    expect((await send("null")).errors).toEqual([{ pointer: "#", detail: "must be an object" }]);
  });

  it.each([
    ["[1,2", 4],
    ["{} {}", 3],
    ["01", 1],
    ["tru", 0],
    ['{"a" 1}', 5],
    ['{"a":1 "b":2}', 7],
    ["[1,]", 3],
    ['"\\x"', 0],
    ["", 0],
  ])("where %j is wrong", (text, position) => {
    expect(jsonErrorPosition(text)).toBe(position);
  });

  it.each(['{"a":[1,-2.5e+3,"\\u00e9\\n",{}],"b":{"c":[[]]}}', " null ", '"x"', "[]", "-0"])("%s is JSON", (text) => {
    expect(JSON.stringify(JSON.parse(text))).toBeTypeOf("string");
    expect(jsonErrorPosition(text)).toBeNull();
  });

  it("a string as long as any body is read", () => {
    expect(jsonErrorPosition(JSON.stringify({ a: "x\n".repeat(200_000) }))).toBeNull();
    expect(jsonErrorPosition(`["${"x".repeat(400_000)}`)).toBe(1);
  });
});
