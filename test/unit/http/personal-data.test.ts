/** The operator's routes of personal data and of the audit log, over a stand-in of both. */
import { describe, expect, it } from "vitest";
import type { AuditEntry, AuditFilter } from "../../../src/audit/port.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import type { SubjectRequest, Subjects } from "../../../src/subjects/subjects.ts";
import { ask, key, operatorKey, testServer } from "./support.ts";

const anna = { authorization: `Bearer ${operatorKey}` };
const who = expect.stringMatching(/^key [0-9a-f]{8}$/);
const to = "+447400123456";

async function server(refused: Refusal | null = null) {
  const asked: [string, SubjectRequest][] = [];
  const read: [AuditFilter, string | null, number][] = [];
  const entry: AuditEntry = {
    ...{ id: "aud_1", atMs: Date.UTC(2026, 2, 1, 12), who: "key 0a1b2c3d", action: "trunk.drain", target: "trunk a" },
    ...{ outcome: "done", before: { in_service: true }, after: { in_service: false, reason: "SBC" } },
  };
  const subjects: Subjects = {
    async export(request) {
      asked.push(["export", request]);
      if (refused) throw refused;
      return { kept: { verifications: [{ id: "v1", to, deliveries: [{ sms: { sender: "x" } }] }] }, next: "b24" };
    },
    async erase(request) {
      asked.push(["erase", request]);
      if (refused) throw refused;
      return { subject: "00ffhash", erased: { verifications: 2, events: 0 }, next: null };
    },
  };
  const audit = {
    async read(filter: AuditFilter, after: string | null, count: number) {
      read.push([filter, after, count]);
      if (refused) throw refused;
      return { entries: [entry], next: "000001800000000-0000000001" };
    },
  };
  return { ...(await testServer({ admin: true, subjects, audit })), asked, read };
}

describe("personal data", () => {
  it("is exported and erased by a POST, so that no number stands in a URL; the log has none either", async () => {
    const one = await server();
    const body = { to, country: "GB", cursor: "b23" };
    const exported = await ask(one.server, "POST", "/v1/admin/subjects/export", body, anna);
    expect([exported.status, exported.json()]).toEqual([
      200,
      { kept: { verifications: [{ id: "v1", to, deliveries: [{ sms: { sender: "x" } }] }] }, next: "b24" },
    ]);
    const erased = await ask(one.server, "POST", "/v1/admin/subjects/erase", { to }, anna);
    expect([erased.status, erased.json()]).toEqual([
      200,
      { subject: "00ffhash", erased: { verifications: 2, events: 0 }, next: null },
    ]);
    expect(one.asked).toEqual([
      ["export", { to, country: "GB", after: "b23", who }],
      ["erase", { to, country: null, after: null, who }],
    ]);
    expect(one.log.join("")).not.toContain(to.slice(1));
  });

  it.each(["export", "erase"])("%s needs an operator's key, and a body that says whom", async (what) => {
    const one = await server();
    const path = `/v1/admin/subjects/${what}`;
    const app = await ask(one.server, "POST", path, { to }, { authorization: `Bearer ${key}` });
    expect([app.status, app.json().code]).toEqual([401, "unauthorized"]);
    for (const body of [{}, { to: "" }, { to, app: "shop" }, { to: 1 }]) {
      expect((await ask(one.server, "POST", path, body, anna)).status).toBe(400);
    }
    expect(one.asked).toEqual([]);
  });

  it.each([
    [new Refusal("records_unavailable", "away", 5000), 503],
    [new Refusal("number_invalid", "no number"), 422],
  ])("a refusal %s is a problem", async (refused, status) => {
    const one = await server(refused);
    const answer = await ask(one.server, "POST", "/v1/admin/subjects/erase", { to }, anna);
    expect([answer.status, answer.json().code]).toEqual([status, refused.code]);
  });
});

describe("the audit log", () => {
  it("is read with filters and pages", async () => {
    const one = await server();
    const all = await ask(one.server, "GET", "/v1/admin/audit", undefined, anna);
    expect([all.status, all.json()]).toEqual([
      200,
      {
        entries: [
          {
            ...{ id: "aud_1", at: "2026-03-01T12:00:00.000Z", who: "key 0a1b2c3d", action: "trunk.drain" },
            ...{ target: "trunk a", outcome: "done", before: { in_service: true } },
            after: { in_service: false, reason: "SBC" },
          },
        ],
        next: "000001800000000-0000000001",
      },
    ]);
    const query = new URLSearchParams({
      ...{ who: "app shop", action: "webhook.create", target: "webhook wh_1", limit: "7" },
      ...{ from: "2026-03-01T00:00:00Z", to: "2026-03-02T00:00:00Z", cursor: "000001800000000-0000000001" },
    });
    await ask(one.server, "GET", `/v1/admin/audit?${query}`, undefined, anna);
    const filter = { who: "app shop", action: "webhook.create", target: "webhook wh_1" };
    const [fromMs, untilMs] = [Date.UTC(2026, 2, 1), Date.UTC(2026, 2, 2)];
    expect(one.read).toEqual([
      [{}, null, 100],
      [{ ...filter, fromMs, untilMs }, "000001800000000-0000000001", 7],
    ]);
  });

  it.each(["limit=0", "limit=1001", "cursor=x", "from=yesterday", "from=2026-03-02&to=2026-03-01", "app=shop"])(
    "refuses ?%s",
    async (query) => {
      const one = await server();
      expect((await ask(one.server, "GET", `/v1/admin/audit?${query}`, undefined, anna)).status).toBe(400);
      expect(one.read).toEqual([]);
    },
  );
});
