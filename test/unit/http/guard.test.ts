/** `/v1/decisions`, `/v1/lists` and `/v1/admin/lists`: who sees and changes what. */
import { describe, expect, it } from "vitest";
import type { DecisionFilter, DecisionRow } from "../../../src/guard/decisions.ts";
import type { ListEntry } from "../../../src/guard/lists/entry.ts";
import type { NewEntry } from "../../../src/guard/lists/service.ts";
import type { GuardRoutesParts } from "../../../src/http/guard/routes.ts";
import { noon } from "../../support/cdrs.ts";
import { ask, operatorKey, testServer } from "./support.ts";

const row: DecisionRow = {
  ...{ id: "dec_1", atMs: noon, app: "shop", verification: "v1", mode: "new", channel: "sms", country: "GB" },
  ...{ prefix: "+4479111", recipient: "abcd", verdict: "denied", rule: "opt_out", note: null },
  figures: [{ name: "deliveries", limit: 60, count: 60, windowSeconds: 3600 }],
};
const entry: ListEntry = {
  ...{ id: "lst_1", list: "block", app: "shop", value: "+4474065", reason: null, by: "app shop" },
  ...{ createdAtMs: noon, expiresAtMs: null },
};
const operator = { authorization: `Bearer ${operatorKey}` };

async function serve(rows: readonly DecisionRow[] = [row]) {
  const filters: DecisionFilter[] = [];
  const added: (readonly [string, NewEntry])[] = [];
  const removed: (string | null)[][] = [];
  const guard: Partial<GuardRoutesParts> = {
    hidden: new Map([
      ["opt_out", "recipient"],
      ["block_list", "recipient"],
    ]),
    decisions: {
      async read(filter) {
        filters.push(filter);
        return { rows, next: null };
      },
    },
    lists: {
      async add(who, given) {
        added.push([who, given]);
        return { ...entry, ...given };
      },
      async remove(who, id, app) {
        removed.push([who, id, app]);
        return id === "lst_1" ? entry : null;
      },
      page: async (filter) => ({ entries: [{ ...entry, app: filter.app ?? null }], next: null }),
    },
  };
  return { server: (await testServer({ admin: true, guard })).server, filters, added, removed };
}

describe("decisions", () => {
  it("an app sees its own, and not that a recipient opted out", async () => {
    const { server, filters } = await serve();
    const answer = await ask(server, "GET", "/v1/decisions?rule=recipient&verdict=denied");
    expect(answer.json()).toEqual({
      decisions: [
        {
          ...{ id: "dec_1", at: new Date(noon).toISOString(), app: "shop", verification: "v1", begins: "new" },
          ...{ channel: "sms", country: "GB", prefix: "+4479111", verdict: "denied", rule: "recipient", note: null },
          figures: [{ name: "deliveries", limit: 60, count: 60, window_seconds: 3600 }],
        },
      ],
      next: null,
    });
    await ask(server, "GET", "/v1/decisions?rule=opt_out");
    expect(filters).toMatchObject([
      { app: "shop", rules: ["recipient", "opt_out", "block_list"], verdict: "denied" },
      { app: "shop", rules: [] },
    ]);
    expect((await ask(server, "GET", "/v1/decisions?app=bank")).status).toBe(403);
  });

  it("what all apps together have sent or spent is the operator's to see, and no app's", async () => {
    const cost = { name: "cost", limit: 900, count: 899.5, windowSeconds: 86_400 };
    const { server } = await serve(
      ["cap_gateway", "cap_gateway_country", "cap_app"].map((rule) => ({ ...row, rule, figures: [cost] })),
    );
    const seen = async (headers?: typeof operator) => {
      const { decisions } = (await ask(server, "GET", "/v1/decisions", undefined, headers)).json();
      return decisions.map(({ figures }: { figures: unknown[] }) => figures.length);
    };
    expect(await seen()).toEqual([0, 0, 1]);
    expect(await seen(operator)).toEqual([1, 1, 1]);
  });

  it("an operator sees which rule it was, of all apps or one", async () => {
    const { server, filters } = await serve();
    const answer = await ask(server, "GET", "/v1/decisions?app=bank&rule=opt_out", undefined, operator);
    expect(answer.json().decisions[0].rule).toBe("opt_out");
    expect(filters).toMatchObject([{ app: "bank", rules: ["opt_out"] }]);
  });
});

describe("lists", () => {
  it("an app blocks for itself alone, and can neither allow nor name another app", async () => {
    const { server, added, removed } = await serve();
    const value = "+4474065";
    expect((await ask(server, "POST", "/v1/lists", { value })).status).toBe(201);
    expect((await ask(server, "POST", "/v1/lists", { value, list: "allow" })).status).toBe(400);
    expect((await ask(server, "POST", "/v1/lists", { value, app: "bank" })).status).toBe(400);
    expect(added).toMatchObject([["app shop", { list: "block", app: "shop", value, expiresAtMs: null }]]);
    expect((await ask(server, "GET", "/v1/lists")).json().entries).toMatchObject([{ app: "shop", value }]);
    expect((await ask(server, "DELETE", "/v1/lists/lst_1")).status).toBe(204);
    expect((await ask(server, "DELETE", "/v1/lists/lst_2")).status).toBe(404);
    expect(removed).toEqual([
      ["app shop", "lst_1", "shop"],
      ["app shop", "lst_2", "shop"],
    ]);
  });

  it("an operator adds to either list, for all apps or one", async () => {
    const { server, added } = await serve();
    const body = { list: "allow", value: "@example.com", app: "bank", expires_at: "2027-01-01T00:00:00Z" };
    const answer = await ask(server, "POST", "/v1/admin/lists", body, operator);
    expect(answer.json()).toMatchObject({ list: "allow", app: "bank", expires_at: "2027-01-01T00:00:00.000Z" });
    expect(added[0]?.[0]).toMatch(/^key /);
    expect((await ask(server, "POST", "/v1/admin/lists", body)).status).toBe(401);
  });

  it.each(["2027-01-01 00:00:00+01", "2026-12-31T23:59:60Z", "2027-01-01T00:00:00+01"])(
    "an end of %s, which cannot be read, is refused: such an entry would never end",
    async (at) => {
      const { server, added, filters } = await serve();
      const value = "+4474065";
      expect((await ask(server, "POST", "/v1/lists", { value, expires_at: at })).status).toBe(400);
      const body = { list: "block", value, expires_at: at };
      expect((await ask(server, "POST", "/v1/admin/lists", body, operator)).status).toBe(400);
      for (const key of ["from", "to"]) {
        const url = `/v1/decisions?${key}=${encodeURIComponent(at)}`;
        expect((await ask(server, "GET", url)).status).toBe(400);
      }
      expect([added, filters]).toEqual([[], []]);
    },
  );

  it("and other spellings of RFC 3339 are read", async () => {
    const { server, added } = await serve();
    for (const at of ["2027-01-01 00:00:00Z", "2027-01-01t01:00:00.000000+01:00", "2026-12-31T23:00:00-0100"]) {
      expect((await ask(server, "POST", "/v1/lists", { value: "+4474065", expires_at: at })).status).toBe(201);
    }
    expect(new Set(added.map(([, { expiresAtMs }]) => expiresAtMs))).toEqual(new Set([Date.UTC(2027, 0, 1)]));
  });

  it("without records both say so", async () => {
    const { server } = await testServer({ admin: true });
    for (const url of ["/v1/decisions", "/v1/lists"]) {
      expect((await ask(server, "GET", url)).json()).toMatchObject({ status: 503, code: "records_unavailable" });
    }
  });
});
