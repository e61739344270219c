import { gunzipSync } from "node:zlib";
import type { FastifyPluginAsync } from "fastify";
import { describe, expect, it } from "vitest";
import { testServer } from "./support.ts";

describe("/docs", () => {
  it("loads everything from here, under a policy that allows nothing else", async () => {
    const { server } = await testServer();
    const page = await server.inject("/docs/");
    expect(page.statusCode).toBe(200);
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    // Scalar styles its elements by script; scripts come from here alone.
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(policy.replace("style-src 'self' 'unsafe-inline'", "")).not.toMatch(/unsafe|https?:|\*/);
    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(loaded).toEqual(["data:,", "../openapi.json", "reference.js", "start.js"]);
    for (const url of loaded.slice(1)) {
      const file = await server.inject(new URL(url, "http://gateway/docs/").pathname);
      expect([url, file.statusCode]).toEqual([url, 200]);
    }
    // What the policy would block, and styles that need not be inside the page.
    expect(page.body).not.toMatch(/<script>|<style|style="|onload=/);
  });

  it("without a slash leads to the one with it", async () => {
    const { server } = await testServer();
    const answer = await server.inject("/docs");
    expect([answer.statusCode, answer.headers.location]).toEqual([302, "docs/"]);
  });

  it("is compressed for browsers, and plain for what cannot read that", async () => {
    const { server } = await testServer();
    const gzipped = await server.inject({ url: "/docs/reference.js", headers: { "accept-encoding": "gzip, br" } });
    const plain = await server.inject("/docs/reference.js");
    expect([gzipped.headers["content-encoding"], plain.headers["content-encoding"]]).toEqual(["gzip", undefined]);
    expect(gunzipSync(gzipped.rawPayload).equals(plain.rawPayload)).toBe(true);
    expect(gzipped.rawPayload.length).toBeLessThan(plain.rawPayload.length / 2);
  });

  it("says SANDBOX in the sandbox", async () => {
    const { server, log } = await testServer({ sandbox: true });
    expect((await server.inject("/docs/")).body).toContain("<title>OneRing API (SANDBOX)</title>");
    expect((await server.inject("/openapi.json")).json().info.title).toContain("SANDBOX");
    for (const line of log) expect(line).toContain("SANDBOX");
    expect(log).not.toEqual([]);
  });
});

describe("an extra plugin", () => {
  const page: FastifyPluginAsync = async (scope) => {
    scope.get("/", async (_request, reply) => reply.header("content-type", "text/html").send("<h1>Hello</h1>"));
    scope.post("/sandbox/calls/:id/answer", async () => ({ ok: true }));
  };

  it("gets the pages' security headers, needs no key, and is not in the document", async () => {
    const { server } = await testServer({ extraPlugins: [page] });
    const home = await server.inject("/");
    expect([home.statusCode, home.body]).toEqual([200, "<h1>Hello</h1>"]);
    expect(home.headers["content-security-policy"]).toContain("script-src 'self'");
    expect((await server.inject({ method: "POST", url: "/sandbox/calls/1/answer" })).json()).toEqual({ ok: true });
    expect((await server.inject("/sandbox/calls/1/answer")).statusCode).toBe(405);
    expect(Object.keys((await server.inject("/openapi.json")).json().paths)).not.toContain(
      "/sandbox/calls/{id}/answer",
    );
  });
});
