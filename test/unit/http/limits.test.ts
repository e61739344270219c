import { afterEach, describe, expect, it, vi } from "vitest";
import type { Scrubs } from "../../../src/numbers/scrubs/ports.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ask, key, otherKey, refusing, standing, testServer } from "./support.ts";

const url = `/v1/verifications/${standing.id}`;

afterEach(() => vi.restoreAllMocks());

describe("requests a minute", () => {
  it("are counted for each app, told in headers, and refused above the limit", async () => {
    const { server, log } = await testServer({ http: { rate_limit_per_minute: 2 } });
    const first = await ask(server, "GET", url);
    expect(first.headers["ratelimit-policy"]).toBe('"requests";q=2;w=60');
    expect(first.headers.ratelimit).toMatch(/^"requests";r=1;t=(60|5\d)$/);
    expect((await ask(server, "GET", url)).status).toBe(200);
    const third = await ask(server, "GET", url);
    expect(third.status).toBe(429);
    expect(third.json()).toMatchObject({ code: "rate_limited", status: 429 });
    expect(Number(third.headers["retry-after"])).toBeGreaterThan(50);
    expect((await ask(server, "GET", url, undefined, { authorization: `Bearer ${otherKey}` })).status).toBe(404);
    // A flood must not fill the disk either.
    const levels = log.map((line) => JSON.parse(line)).map(({ status, level }) => [status, level]);
    expect(levels).toEqual([
      [200, "info"],
      [200, "info"],
      [429, "debug"],
      [404, "info"],
    ]);
  });

  it("never say that more than the whole minute is left, whatever fraction of a millisecond it began at", async () => {
    // 36955.81453528019 + 60000 - 36955.81453528019 is a little more than 60000.
    vi.spyOn(performance, "now").mockReturnValue(36955.81453528019);
    const { server } = await testServer({ http: { rate_limit_per_minute: 2 } });
    expect((await ask(server, "GET", url)).headers.ratelimit).toBe('"requests";r=1;t=60');
  });

  it("a limit of deliveries is told beside that of requests, with the same time as Retry-After", async () => {
    const verifications = refusing(new Refusal("rate_limited", "too many", 125_400));
    const { server } = await testServer({ verifications });
    const answer = await ask(server, "POST", "/v1/verifications", { to: standing.to });
    expect(answer.status).toBe(429);
    expect(answer.headers["retry-after"]).toBe("126");
    expect(answer.headers.ratelimit).toMatch(/^"requests";r=\d+;t=\d+, "deliveries";r=0;t=126$/);
  });

  it.each([
    ["without a key", "GET", url],
    ["for what is not there", "GET", "/nothing"],
    ["with another method", "DELETE", url],
    ["for figures", "GET", "/metrics"],
  ] as const)("are counted for each address %s", async (_what, method, path) => {
    const { server } = await testServer({ http: { rate_limit_per_minute: 1 } });
    const from = async (remoteAddress: string) =>
      (await server.inject({ method, url: path, remoteAddress })).statusCode;
    expect(await from("192.0.2.1")).not.toBe(429);
    expect(await from("192.0.2.1")).toBe(429);
    expect(await from("192.0.2.2")).not.toBe(429);
  });

  it("of strangers do not use up an app's", async () => {
    const { server } = await testServer({ http: { rate_limit_per_minute: 1 } });
    for (let n = 0; n < 3; n++) await server.inject({ url, headers: { authorization: "Bearer guess" } });
    expect((await ask(server, "GET", url)).status).toBe(200);
  });

  it("are not counted for the probe that tells whether the process lives", async () => {
    const { server } = await testServer({ http: { rate_limit_per_minute: 1 } });
    for (let n = 0; n < 3; n++) expect((await server.inject("/healthz")).statusCode).toBe(200);
  });

  it("of strangers at a balancer's or scraper's address do not refuse its probes", async () => {
    const { server } = await testServer({ http: { rate_limit_per_minute: 20 } });
    const from = async (path: string) => (await server.inject({ url: path, remoteAddress: "192.0.2.1" })).statusCode;
    for (let n = 0; n < 30; n++) await from("/v1/nothing");
    expect(await from("/v1/nothing")).toBe(429);
    expect(await from("/metrics")).toBe(200);
    for (let n = 0; n < 50; n++) expect(await from("/readyz")).toBe(200);
  });

  it("believe X-Forwarded-For only from a proxy that is known", async () => {
    const asked = async (trustProxy: string[]) => {
      const { server } = await testServer({ http: { rate_limit_per_minute: 1, trust_proxy: trustProxy } });
      const from = (client: string) =>
        server.inject({ url, remoteAddress: "10.1.2.3", headers: { "x-forwarded-for": client } });
      await from("192.0.2.1");
      return (await from("192.0.2.2")).statusCode;
    };
    expect(await asked([])).toBe(429);
    expect(await asked(["10.0.0.0/8"])).toBe(401);
  });
});

describe("pages of other origins", () => {
  const preflight = {
    method: "OPTIONS",
    url: "/v1/verifications",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  } as const;

  it("may not call by default", async () => {
    const { server } = await testServer();
    const headers = { origin: "https://app.example", authorization: `Bearer ${key}` };
    expect((await server.inject({ url, headers })).headers).not.toHaveProperty("access-control-allow-origin");
    expect((await server.inject(preflight)).headers).not.toHaveProperty("access-control-allow-origin");
  });

  it("may where the operator named them, and read the errors too", async () => {
    const { server } = await testServer({ http: { cors_origins: ["https://app.example"] } });
    const allowed = await server.inject(preflight);
    expect(allowed.statusCode).toBe(204);
    expect(allowed.headers["access-control-allow-origin"]).toBe("https://app.example");
    expect(allowed.headers["access-control-allow-headers"]).toContain("authorization");
    const refused = await server.inject({ url, headers: { origin: "https://app.example" } });
    expect([refused.statusCode, refused.headers["access-control-allow-origin"]]).toEqual([401, "https://app.example"]);
    const stranger = await server.inject({
      ...preflight,
      headers: { ...preflight.headers, origin: "https://evil.example" },
    });
    expect(stranger.headers["access-control-allow-origin"]).not.toBe("https://evil.example");
    const plain = await server.inject({ method: "OPTIONS", url: "/v1/verifications" });
    expect(plain.statusCode).toBe(204);
  });

  it("may use there every method that a route of apps has: browsers blocked PUT, PATCH and DELETE", async () => {
    const origin = "https://app.example";
    const { server } = await testServer({ http: { cors_origins: [origin] }, scrubs: {} as Scrubs });
    const { paths } = (await server.inject("/openapi.json")).json();
    const routes = Object.entries<object>(paths).flatMap(([path, methods]) =>
      path.startsWith("/v1/") ? Object.keys(methods).map((method) => [method.toUpperCase(), path] as const) : [],
    );
    expect([...new Set(routes.map(([method]) => method))].sort()).toEqual(["DELETE", "GET", "PATCH", "POST", "PUT"]);
    for (const [method, path] of routes) {
      const { statusCode, headers } = await server.inject({
        ...{ method: "OPTIONS", url: path.replaceAll(/\{\w+\}/g, "x") },
        headers: { origin, "access-control-request-method": method },
      });
      const methods = String(headers["access-control-allow-methods"]).split(", ");
      expect([path, statusCode, methods]).toEqual([path, 204, expect.arrayContaining([method])]);
    }
  });
});
