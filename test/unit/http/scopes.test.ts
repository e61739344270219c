/** What each route needs of a key, judged before the body is read. */
import { fastify } from "fastify";
import { describe, expect, it, test } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { type Scope, scopes } from "../../../src/apps/scopes.ts";
import { requireApp } from "../../../src/http/auth/app.ts";
import { ask, key, standInVerifications, standing, testServer } from "./support.ts";

/** Every route of apps with any of the scopes that it takes. A new route needs a row: registration demands its scope. */
const needs: readonly (readonly [
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  needs: readonly Scope[],
])[] = [
  ["POST", "/v1/verifications", ["verify"]],
  ["GET", `/v1/verifications/${standing.id}`, ["verify", "read"]],
  ["GET", `/v1/verifications/${standing.id}/events`, ["verify", "read"]],
  ["POST", `/v1/verifications/${standing.id}/check`, ["verify"]],
  ["POST", `/v1/verifications/${standing.id}/resend`, ["verify"]],
  ["POST", `/v1/verifications/${standing.id}/cancel`, ["verify"]],
  ["POST", "/v1/verifications/check", ["verify"]],
  ["POST", "/v1/verifications/search", ["read"]],
  ["POST", "/v1/numbers/lookup", ["lookup"]],
  ["POST", "/v1/start-tokens", ["verify"]],
  ["POST", "/v1/proofs/redeem", ["verify"]],
  ["POST", "/v1/opt-outs/link", ["verify"]],
  ["GET", "/v1/events", ["read"]],
  ["GET", "/v1/cdrs", ["read"]],
  ["POST", "/v1/cdrs/search", ["read"]],
  ["GET", "/v1/stats", ["read"]],
  ["GET", "/v1/decisions", ["read"]],
  ["POST", "/v1/lists", ["verify"]],
  ["GET", "/v1/lists", ["verify", "read"]],
  ["DELETE", "/v1/lists/lst_1", ["verify"]],
  ["GET", "/v1/webhooks", ["read", "admin"]],
  ["GET", "/v1/webhooks/wh_1", ["read", "admin"]],
  ["GET", "/v1/webhooks/wh_1/deliveries", ["read", "admin"]],
  ["GET", "/v1/webhooks/wh_1/dead-letters", ["read", "admin"]],
  ["POST", "/v1/webhooks", ["admin"]],
  ["PATCH", "/v1/webhooks/wh_1", ["admin"]],
  ["DELETE", "/v1/webhooks/wh_1", ["admin"]],
  ["POST", "/v1/webhooks/wh_1/rotate-secret", ["admin"]],
  ["POST", "/v1/webhooks/wh_1/test", ["admin"]],
  ["POST", "/v1/webhooks/wh_1/replay", ["admin"]],
];

const keyOf = (held: readonly Scope[]) => `or_key-with-${held.join("-")}`;
const withKeys = (...all: readonly (readonly Scope[])[]) =>
  Object.fromEntries(
    all.map((held, i) => [`app${i}`, { api_keys_sha256: [apiKeyHash(keyOf(held))], key_scopes: [...held] }]),
  );
const as = (held: readonly Scope[]) => ({ authorization: `Bearer ${keyOf(held)}` });
/** Neither JSON nor of a known kind: who reads it answers 415 or 400. */
const unreadable = { "content-type": "text/plain" };

describe("each route", () => {
  it.each(needs)(
    "%s %s takes keys with %s alone, and says so before it reads the body",
    async (method, path, taken) => {
      const { server } = await testServer({ apps: withKeys(...scopes.map((scope) => [scope])) });
      for (const scope of scopes.filter((one) => !taken.includes(one))) {
        const answer = await server.inject({
          method,
          url: path,
          headers: { ...as([scope]), ...unreadable },
          payload: "{",
        });
        expect([scope, answer.statusCode, answer.json().code]).toEqual([scope, 403, "forbidden"]);
        expect(answer.json().detail).toBe(
          `This API key lacks the scope ${taken.map((one) => `\`${one}\``).join(" or ")}.`,
        );
      }
      // Streams are opened in test/unit/http/event-streams.test.ts.
      if (path.endsWith("/events")) return;
      for (const scope of taken) {
        const { status } = await ask(server, method, path, method === "POST" ? {} : undefined, as([scope]));
        expect([scope, status]).not.toEqual([scope, 403]);
      }
    },
  );

  it("is in the table above", async () => {
    const { server } = await testServer();
    const document = (await server.inject("/openapi.json")).json();
    const known = new Set(
      needs.map(([method, path]) => `${method} ${path.replace(standing.id, "{id}").replace(/(wh|lst)_1/, "{id}")}`),
    );
    const all = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
      path.startsWith("/v1/") ? Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`) : [],
    );
    expect(all.filter((one) => !known.has(one))).toEqual([]);
    expect(all).toHaveLength(known.size);
  });

  it("is described with the scope that it needs, and with 403", async () => {
    const { server } = await testServer();
    const { paths } = (await server.inject("/openapi.json")).json();
    expect(paths["/v1/verifications/{id}"].get.description).toBe("Needs a key with the scope `verify` or `read`.");
    for (const [path, methods] of Object.entries<Record<string, { responses: object; description: string }>>(paths)) {
      if (!path.startsWith("/v1/")) continue;
      for (const operation of Object.values(methods)) {
        expect(operation.description).toMatch(/Needs a key with the scope `/);
        expect(operation.responses).toHaveProperty("403");
      }
    }
  });
});

it("no scope opens the operator's API, and an operator's key none of the app's", async () => {
  const { server } = await testServer({ admin: true, apps: withKeys(scopes) });
  for (const path of ["/v1/admin/apps", "/v1/admin/trunks", "/v1/admin/audit"]) {
    expect((await ask(server, "GET", path, undefined, as(scopes))).status).toBe(401);
  }
});

test("a key with too little scope does not learn whether an id exists", async () => {
  const { server } = await testServer({ apps: withKeys(["lookup"]) });
  const answers = await Promise.all(
    [standing.id, "v00ffBBBBBBBBBBBBBBBBBBBBBB", "x"].map((id) =>
      ask(server, "GET", `/v1/verifications/${id}`, undefined, as(["lookup"])),
    ),
  );
  const bodies = answers.map(({ status, json }) => ({ status, ...json(), instance: "" }));
  expect(bodies[1]).toEqual(bodies[0]);
  expect(bodies[2]).toEqual(bodies[0]);
});

test("a request with too little scope counts for the rate limit of its app", async () => {
  const { server } = await testServer({ apps: withKeys(["lookup"]), http: { rate_limit_per_minute: 2 } });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await ask(server, "GET", "/v1/stats", undefined, as(["lookup"]))).status);
  expect(statuses).toEqual([403, 403, 429]);
});

test("the app of the key reaches the domain with its scopes", async () => {
  const { verifications } = standInVerifications();
  const seen: unknown[] = [];
  const { server } = await testServer({
    apps: withKeys(["verify"]),
    verifications: {
      ...verifications,
      start(app, ...rest) {
        seen.push(app);
        return verifications.start(app, ...rest);
      },
    },
  });
  await ask(server, "POST", "/v1/verifications", { to: "+447911123456" }, as(["verify"]));
  await ask(server, "POST", "/v1/verifications", { to: "+447911123456" }, { authorization: `Bearer ${key}` });
  expect(seen).toMatchObject([
    { name: "app0", scopes: new Set(["verify"]), keyId: null, client: null },
    { name: "shop", scopes: new Set(scopes) },
  ]);
});

test("a route of apps that names no scope is refused when it is registered", async () => {
  const server = fastify();
  server.decorateRequest("app", null);
  server.decorate("rateLimit", () => async () => undefined);
  const registered = server.register(async (scope) => {
    requireApp(scope, () => null);
    scope.get("/secrets", async () => "everything");
  });
  await expect(Promise.resolve(registered)).rejects.toThrow("the route GET /secrets names no scope (config.scope)");
});
