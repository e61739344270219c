import { describe, expect, it } from "vitest";
import type { Operations, PartReport } from "../../../src/operations/operations.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ask, key, operatorKey, testServer } from "./support.ts";

const report: PartReport = {
  name: "carrier",
  usable: false,
  why: "out of service: new SBC",
  liveCalls: 2,
  maxConcurrentCalls: 100,
  callsPerSecond: 3,
  maxCallsPerSecond: 10,
  waitMs: 40,
  outage: { by: "operator", who: "key 0a1b2c3d", reason: "new SBC", sinceMs: Date.UTC(2026, 2, 1, 12) },
  paths: [
    {
      trunk: "carrier",
      asterisk: "main",
      usable: false,
      reachable: false,
      why: "out of service: new SBC",
      breaker: { state: "open", retryAtMs: Date.UTC(2026, 2, 1, 13) },
    },
  ],
};

async function adminServer() {
  const asked: unknown[][] = [];
  const operations: Operations = {
    status: async () => [],
    outOfService: async () => [],
    report: async () => [report],
    async drain(part, who, reason) {
      asked.push(["drain", part, who, reason]);
      return part.name === "carrier" ? report : null;
    },
    async undrain(part, who) {
      asked.push(["undrain", part, who]);
      return part.name === "carrier" ? { ...report, usable: true, outage: null } : null;
    },
  };
  return { ...(await testServer({ admin: true, operations })), asked };
}
const anna = { authorization: `Bearer ${operatorKey}` };
const paths = [
  ["GET", "/v1/admin/trunks"],
  ["GET", "/v1/admin/asterisks"],
  ["POST", "/v1/admin/trunks/carrier/drain"],
  ["POST", "/v1/admin/trunks/carrier/undrain"],
  ["POST", "/v1/admin/asterisks/main/drain"],
  ["POST", "/v1/admin/asterisks/main/undrain"],
] as const;
const bodyFor = (path: string) => (path.endsWith("/drain") ? { reason: "x" } : undefined);

describe("the operator's API", () => {
  it.each(paths)("%s %s is not there unless it is configured", async (method, path) => {
    const { server } = await testServer();
    expect((await ask(server, method, path, bodyFor(path), anna)).status).toBe(404);
  });

  it.each(paths)("%s %s opens to no app's key and to none at all", async (method, path) => {
    const { server, asked } = await adminServer();
    for (const authorization of [`Bearer ${key}`, "Bearer wrong", ""]) {
      const answer = await ask(server, method, path, bodyFor(path), { authorization });
      expect([answer.status, answer.json().code]).toEqual([401, "unauthorized"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    }
    expect(asked).toEqual([]);
    expect((await ask(server, method, path, bodyFor(path), anna)).status).not.toBe(401);
  });

  it("an operator's key opens no app's routes", async () => {
    const { server } = await adminServer();
    const answer = await ask(server, "POST", "/v1/verifications", { to: "+447911123456" }, anna);
    expect([answer.status, answer.json().code]).toEqual([401, "unauthorized"]);
  });

  it("shows state, load, breakers and who took what out", async () => {
    const { server } = await adminServer();
    const shown = (await ask(server, "GET", "/v1/admin/trunks", undefined, anna)).json();
    expect(shown).toEqual({
      trunks: [
        {
          name: "carrier",
          usable: false,
          why: "out of service: new SBC",
          out_of_service: { by: "operator", who: "key 0a1b2c3d", reason: "new SBC", since: "2026-03-01T12:00:00.000Z" },
          live_calls: 2,
          max_concurrent_calls: 100,
          calls_per_second: 3,
          max_calls_per_second: 10,
          wait_ms: 40,
          paths: [
            {
              trunk: "carrier",
              asterisk: "main",
              usable: false,
              why: "out of service: new SBC",
              breaker: "open",
              retry_at: "2026-03-01T13:00:00.000Z",
            },
          ],
        },
      ],
    });
  });

  it("drains and undrains, and knows which key asked without showing it", async () => {
    const { server, asked, log } = await adminServer();
    const drained = await ask(server, "POST", "/v1/admin/trunks/carrier/drain", { reason: "new SBC" }, anna);
    expect([drained.status, drained.json().usable]).toEqual([200, false]);
    const back = await ask(server, "POST", "/v1/admin/trunks/carrier/undrain", undefined, anna);
    expect([back.status, back.json().out_of_service]).toEqual([200, null]);
    const who = expect.stringMatching(/^key [0-9a-f]{8}$/);
    const part = { kind: "trunk", name: "carrier" };
    expect(asked).toEqual([
      ["drain", part, who, "new SBC"],
      ["undrain", part, who],
    ]);
    expect(log.join("")).toMatch(/"operator":"key [0-9a-f]{8}"/);
    expect(log.join("")).not.toContain(operatorKey);
  });

  it.each([
    ["an unknown trunk", "trunks/nobody/drain", { reason: "x" }, 404],
    ["an unknown Asterisk", "asterisks/nobody/undrain", undefined, 404],
    ["a drain without a reason", "trunks/carrier/drain", {}, 400],
    ["a reason of two lines", "trunks/carrier/drain", { reason: "a\r\nb" }, 400],
    ["a reason as long as a letter", "trunks/carrier/drain", { reason: "x".repeat(201) }, 400],
    ["a body that says more", "trunks/carrier/drain", { reason: "x", force: true }, 400],
  ])("refuses %s as a problem", async (_, path, body, status) => {
    const { server } = await adminServer();
    const answer = await ask(server, "POST", `/v1/admin/${path}`, body, anna);
    expect([answer.status, answer.json().code]).toEqual([status, "invalid_request"]);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  });

  it("says 503 while the store is away: nobody shall believe that something is drained", async () => {
    const away = async () => {
      throw new Refusal("store_unavailable", "away", 1000);
    };
    const operations = {
      status: async () => [],
      outOfService: async () => [],
      report: away,
      drain: away,
      undrain: away,
    };
    const { server } = await testServer({ admin: true, operations });
    for (const [method, path] of paths) {
      const answer = await ask(server, method, path, bodyFor(path), anna);
      expect([answer.status, answer.json().code]).toEqual([503, "store_unavailable"]);
    }
  });

  it("stands in the OpenAPI document where it is configured", async () => {
    const { server } = await adminServer();
    const document = (await server.inject("/openapi.json")).json();
    for (const [method, path] of paths) {
      const operation = document.paths[path.replace(/carrier|main/, "{name}")][method.toLowerCase()];
      expect(operation.security).toEqual([{ operatorKey: [] }]);
      const named = path.endsWith("drain");
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining(["200", "401", "503", ...(named ? ["404"] : [])]),
      );
    }
    expect(document.components.securitySchemes.operatorKey).toMatchObject({ scheme: "bearer" });
  });
});
