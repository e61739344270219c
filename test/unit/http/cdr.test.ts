/** `/v1/cdrs`, `/v1/stats` and `/v1/verifications/search` over HTTP: who sees what, pages, exports, refusals. */
import { connect } from "node:net";
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import type { Cdr } from "../../../src/cdr/rows.ts";
import type { VerificationFinder } from "../../../src/cdr/search.ts";
import { emptyTally } from "../../../src/cdr/tally.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { type MemoryCdrs, memoryCdrs } from "../../support/cdr-store.ts";
import { cdrsOf, idOf, noon, verification } from "../../support/cdrs.ts";
import { key, operatorKey, otherKey, testServer } from "./support.ts";

/** Newest first. */
function records(count: number, app = "shop"): Cdr[] {
  const [cdr] = cdrsOf(verification({ app, reference: `order of ${app}` }));
  if (cdr === undefined) throw new Error("a verification has a record");
  return Array.from({ length: count }, (_, index) => {
    return { ...cdr, verification: idOf(count - index), startedAtMs: noon - index };
  });
}

async function serve(store: MemoryCdrs, found: Partial<VerificationFinder> = {}) {
  const finder: VerificationFinder = { recipient: (to) => to, find: async () => ({ rows: [], next: null }), ...found };
  return (await testServer({ admin: true, cdr: { store, finder } })).server;
}

async function get(server: FastifyInstance, url: string, bearer = key, headers: Record<string, string> = {}) {
  const answer = await server.inject({ url, headers: { authorization: `Bearer ${bearer}`, ...headers } });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json() };
}

async function post(server: FastifyInstance, url: string, payload: object, bearer = key) {
  const headers = { authorization: `Bearer ${bearer}` };
  const answer = await server.inject({ method: "POST", url, headers, payload });
  return { status: answer.statusCode, json: () => answer.json() };
}

describe("who sees which records", () => {
  const both = [...records(2), ...records(1, "bank")];

  test.each([
    ["an app its own", key, "", ["shop", "shop"]],
    ["another app its own", otherKey, "", ["bank"]],
    ["an operator all", operatorKey, "", ["shop", "shop", "bank"]],
    ["an operator those of one app", operatorKey, "?app=bank", ["bank"]],
    ["an app by its own name", key, "?app=shop", ["shop", "shop"]],
  ])("%s", async (_who, bearer, query, apps) => {
    const server = await serve(memoryCdrs(both));
    for (const url of [`/v1/cdrs${query}`, `/v1/cdrs${query === "" ? "?" : `${query}&`}format=ndjson`]) {
      const { status, text } = await get(server, url, bearer);
      expect(status).toBe(200);
      expect([...text.matchAll(/"app":"(\w+)"/g)].map(([, app]) => app)).toEqual(apps);
    }
  });

  test("no one without a key, and no app another's", async () => {
    const store = memoryCdrs(both);
    const server = await serve(store);
    for (const url of ["/v1/cdrs", "/v1/stats"]) {
      expect((await get(server, url, "wrong")).status).toBe(401);
      expect((await get(server, `${url}?app=bank`)).json()).toMatchObject({ code: "forbidden", status: 403 });
    }
    expect((await post(server, "/v1/cdrs/search", { app: "bank" })).status).toBe(403);
    expect((await post(server, "/v1/verifications/search", { app: "bank" })).status).toBe(403);
    expect((await post(server, "/v1/verifications/search", {}, "wrong")).status).toBe(401);
    expect(store.asked).toEqual({ filters: [], stats: [], ended: [] });
  });

  test("without operators' keys in the configuration there is none", async () => {
    const { server } = await testServer({ cdr: { store: memoryCdrs(both) } });
    expect((await get(server, "/v1/cdrs", operatorKey)).status).toBe(401);
  });
});

describe("pages", () => {
  test("follow each other by `next`", async () => {
    const server = await serve(memoryCdrs(records(5)));
    const first = (await get(server, "/v1/cdrs?limit=2")).json();
    expect(first.cdrs.map((cdr: { verification: string }) => cdr.verification)).toEqual([idOf(5), idOf(4)]);
    const second = (await get(server, `/v1/cdrs?limit=3&cursor=${first.next}`)).json();
    expect(second.cdrs.map((cdr: { verification: string }) => cdr.verification)).toEqual([idOf(3), idOf(2), idOf(1)]);
    expect(second.next).toBeNull();
  });

  test("a cursor of other filters, of another app, or of no page is refused", async () => {
    const server = await serve(memoryCdrs([...records(5), ...records(5, "bank")]));
    const { next } = (await get(server, "/v1/cdrs?limit=2")).json();
    const wrong = [
      get(server, `/v1/cdrs?limit=2&state=rung&cursor=${next}`),
      get(server, `/v1/cdrs?limit=2&cursor=${next}`, otherKey),
      get(server, "/v1/cdrs?cursor=AAAA"),
    ];
    for (const { status, json } of await Promise.all(wrong.map(async (one) => one))) {
      expect(status).toBe(400);
      expect(json().errors).toMatchObject([{ parameter: "cursor" }]);
    }
  });

  test("every filter reaches the store, in its canonical form", async () => {
    const store = memoryCdrs();
    const server = await serve(store);
    const query = "from=2026-11-01&to=2026-11-02T10:00:00%2B01:00&channel=sms&country=gb&status=expired&state=failed";
    const more = `reason=busy&trunk=carrier-a&outcome=busy&verification=${idOf(1)}`;
    expect((await get(server, `/v1/cdrs?${query}&${more}`)).status).toBe(200);
    expect(store.asked.filters).toEqual([
      {
        ...{ app: "shop", fromMs: Date.UTC(2026, 10, 1), toMs: Date.UTC(2026, 10, 2, 9), verification: idOf(1) },
        ...{ channel: "sms", country: "GB", status: "expired", state: "failed", reason: "busy" },
        ...{ trunk: "carrier-a", outcome: "busy" },
      },
    ]);
  });

  test("a recipient is asked for by POST, in any form that it is written in", async () => {
    const store = memoryCdrs();
    const server = await serve(store, { recipient: (to, country) => `${to} in ${country}` });
    const body = { to: "07911 123456", to_country: "GB", to_time: "2026-11-02T00:00:00Z", limit: 5 };
    expect((await post(server, "/v1/cdrs/search", body)).json()).toEqual({ cdrs: [], next: null });
    expect(store.asked.filters).toMatchObject([{ app: "shop", to: "07911 123456 in GB", toMs: Date.UTC(2026, 10, 2) }]);
  });

  test("a time of a search that does not exist is refused with its own place", async () => {
    const body = { to: "+447911123456", to_time: "2026-02-30" };
    const { json } = await post(await serve(memoryCdrs()), "/v1/cdrs/search", body);
    expect(json()).toMatchObject({ code: "invalid_request", errors: [{ pointer: "#/to_time" }] });
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["from=yesterday", "from"],
    ["from=2026-02-30", "from"],
    ["from=2026-11-03&to=2026-11-02", "from"],
    ["to=2026-11-02T10:00:00", "to"],
    ["status=unknown", "status"],
    ["channel=fax", "channel"],
    ["state=Not%20Rung", "state"],
    ["number=1", "number"],
    ["format=xml", "format"],
  ])("%s is refused with its place", async (query, parameter) => {
    const { status, json } = await get(await serve(memoryCdrs()), `/v1/cdrs?${query}`);
    expect(status).toBe(400);
    expect(json()).toMatchObject({ code: "invalid_request", errors: [{ parameter }] });
  });
});

test("states of a channel that is turned off can be asked for: records may have them", async () => {
  const { status } = await get(await serve(memoryCdrs()), "/v1/cdrs?state=a_state_of_old");
  expect(status).toBe(200);
});

describe("a filter that nothing can match", () => {
  const country = "`country` UK is not an ISO 3166 country code; did you mean GB?";
  test.each(["/v1/cdrs", "/v1/stats"])("is refused by GET %s, not answered with nothing", async (url) => {
    const server = await serve(memoryCdrs());
    expect((await get(server, `${url}?country=UK`)).json()).toMatchObject({ status: 400, detail: country });
    const swapped = await get(server, `${url}?from=2026-11-03&to=2026-11-02`);
    expect(swapped.json().errors).toEqual([{ parameter: "from", detail: "must be before `to`" }]);
    const { errors } = (await get(server, `${url}?channel=fax`)).json();
    expect(errors).toMatchObject([{ parameter: "channel", detail: expect.stringContaining('"sms"') }]);
  });

  test.each(["/v1/cdrs/search", "/v1/verifications/search"])("is refused by POST %s", async (url) => {
    const server = await serve(memoryCdrs());
    const swapped = await post(server, url, { from: "2026-11-03", to_time: "2026-11-02" });
    expect(swapped.json().errors).toEqual([{ pointer: "#/from", detail: "must be before `to_time`" }]);
    expect((await post(server, url, { channel: "fax" })).json().errors).toMatchObject([{ pointer: "#/channel" }]);
  });

  test("a recipient in the time's place is told where to search by it", async () => {
    const { json } = await get(await serve(memoryCdrs()), "/v1/cdrs?to=%2B447400123456");
    expect(json().errors[0].detail).toMatch(/^must be a time.*to search by recipient use POST \/v1\/cdrs\/search$/);
    const search = await post(await serve(memoryCdrs()), "/v1/cdrs/search", { country: "UK" });
    expect(search.json()).toMatchObject({ status: 400, detail: country });
  });
});

describe("exports", () => {
  test.each([
    ["format=csv", {}, "text/csv", 1201],
    ["format=ndjson", {}, "application/x-ndjson", 1200],
    ["", { accept: "text/csv" }, "text/csv", 1201],
    ["", { accept: "application/x-ndjson;q=0.9, text/plain" }, "application/x-ndjson", 1200],
  ])("%s %j: all records as %s", async (query, headers: Record<string, string>, type, lines) => {
    const answer = await get(await serve(memoryCdrs(records(1200))), `/v1/cdrs?${query}`, key, headers);
    expect(answer.headers["content-type"]).toContain(type);
    expect(answer.headers["content-disposition"]).toContain("attachment");
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer.text.trimEnd().split("\n")).toHaveLength(lines);
  });

  test("format=json, and an Accept that takes JSON first, give pages", async () => {
    const server = await serve(memoryCdrs(records(1)));
    const asked = [
      get(server, "/v1/cdrs?format=json", key, { accept: "text/csv" }),
      get(server, "/v1/cdrs", key, { accept: "application/json, text/csv" }),
      get(server, "/v1/cdrs", key, { accept: "*/*" }),
    ];
    for (const answer of asked) expect((await answer).json().cdrs).toHaveLength(1);
  });

  test("cursor and limit do not go with an export", async () => {
    const server = await serve(memoryCdrs(records(3)));
    const { next } = (await get(server, "/v1/cdrs?limit=1")).json();
    for (const query of ["limit=1", `cursor=${next}`]) {
      expect((await get(server, `/v1/cdrs?format=csv&${query}`)).status).toBe(400);
    }
  });

  test("records that are away are a problem, not an empty file", async () => {
    const store = memoryCdrs(records(1));
    store.fails = new Refusal("records_unavailable", "away", 5000);
    const server = await serve(store);
    for (const url of ["/v1/cdrs", "/v1/cdrs?format=csv", "/v1/stats"]) {
      const { status, headers, json } = await get(server, url);
      expect(status).toBe(503);
      expect(headers["retry-after"]).toBe("5");
      expect(json()).toMatchObject({ code: "records_unavailable" });
    }
  });

  test("records that go away in the middle break the connection: half a file never looks whole", async () => {
    const store = memoryCdrs(records(3000));
    const page = store.page;
    let asked = 0;
    store.page = (...question) => {
      if (++asked === 3) throw new Refusal("records_unavailable", "away");
      return page(...question);
    };
    const server = await serve(store);
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/cdrs?format=csv`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test("a gateway that stops waits for no export, and breaks it off", async () => {
    const server = await serve(memoryCdrs(records(40_000)));
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as { port: number };
    const answer = await fetch(`http://127.0.0.1:${port}/v1/cdrs?format=csv`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const closed = server.close();
    await expect(answer.text()).rejects.toThrow();
    await closed;
  });

  test("two of an app and four in all at once; a client that goes away makes room", async () => {
    const server = await serve(memoryCdrs([...records(40_000), ...records(40_000, "bank")]));
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as { port: number };
    const ask = (bearer: string, signal: AbortSignal) =>
      fetch(`http://127.0.0.1:${port}/v1/cdrs?format=ndjson`, {
        signal,
        headers: { authorization: `Bearer ${bearer}` },
      });
    const clients = Array.from({ length: 4 }, () => new AbortController());
    // None reads on: each stops after what the sockets hold. And none is collected as garbage, which would end its export.
    const exports: Response[] = [];
    for (const [index, { signal }] of clients.entries()) {
      const bearer = index < 2 ? key : otherKey;
      exports.push(await ask(bearer, signal));
      expect(exports.at(-1)?.status).toBe(200);
      if (index !== 1) continue;
      const third = await ask(key, new AbortController().signal);
      expect([third.status, third.headers.get("retry-after")]).toEqual([429, "10"]);
    }
    const fifth = await ask(operatorKey, new AbortController().signal);
    expect(fifth.status).toBe(429);
    expect(fifth.headers.get("retry-after")).toBe("10");
    expect(exports.map(({ bodyUsed }) => bodyUsed)).toEqual([false, false, false, false]);
    for (const client of clients) client.abort();
    await expect
      .poll(async () => {
        const client = new AbortController();
        const { status } = await ask(key, client.signal);
        client.abort();
        return status;
      })
      .toBe(200);
  });

  test("a client that is gone before the first byte of its export gives its place back", async () => {
    const store = memoryCdrs(records(10));
    const page = store.page;
    let asked = 0;
    let held = deferred<void>();
    store.page = async (...question) => {
      asked++;
      await held.promise;
      return page(...question);
    };
    const server = await serve(store);
    await server.listen({ host: "127.0.0.1", port: 0 });
    const { port } = server.server.address() as { port: number };
    for (let round = 1; round <= 6; round++) {
      held = deferred<void>();
      const closed = new Promise((resolve) => {
        server.server.once("connection", (theirs) => theirs.once("close", resolve));
      });
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.write(`GET /v1/cdrs?format=csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
      await expect.poll(() => asked).toBe(round);
      socket.resetAndDestroy();
      await closed;
      held.resolve();
    }
    held.resolve();
    await expect.poll(async () => (await get(server, "/v1/cdrs?format=csv")).status).toBe(200);
  });
});

describe("statistics", () => {
  test("by groups, with ratios, and their total", async () => {
    const store = memoryCdrs();
    const tally = emptyTally();
    Object.assign(tally.counters, { verifications: 4, started: 4, delivered: 3, verified: 2, attempts: 4, reached: 3 });
    store.groups = [{ atMs: noon, values: { channel: "missed_call", network: null }, tally }];
    const server = await serve(store);
    const { json } = await get(server, "/v1/stats?from=2026-11-02&to=2026-11-03&by=network,hour,channel&country=gb");
    expect(store.asked.stats).toMatchObject([
      { period: "hour", by: ["channel", "network"], where: { app: "shop", country: "GB" } },
    ]);
    const figures = {
      ...{ verifications: 4, started: 4, delivered: 3, verified: 2, conversion: 0.5, attempts: 4, answered: 0, asr: 0 },
      ...{ ner: 0.75, pdd_ms: { p50: null, p95: null }, cost: null, cost_per_verified: null },
    };
    expect(json()).toEqual({
      ...{ from: "2026-11-02T00:00:00.000Z", to: "2026-11-03T00:00:00.000Z", by: ["network", "hour", "channel"] },
      stats: [{ hour: "2026-11-02T12:00:00.000Z", channel: "missed_call", network: null, ...figures }],
      total: figures,
    });
  });

  test("an operator's are of all apps, or of one; a prefix is written without the plus sign", async () => {
    const store = memoryCdrs();
    const server = await serve(store);
    await get(server, "/v1/stats?by=app&prefix=4479111", operatorKey);
    await get(server, "/v1/stats?app=bank", operatorKey);
    expect(store.asked.stats.map(({ where }) => where)).toEqual([{ prefix: "+4479111" }, { app: "bank" }]);
  });

  test.each(["by=weekday", "by=hour,day", "by=", "by=channel,", "from=x", "prefix=%2B44"])(
    "%s is refused",
    async (query) => {
      expect((await get(await serve(memoryCdrs()), `/v1/stats?${query}`)).status).toBe(400);
    },
  );
});

describe("the search for verifications", () => {
  test("asks for what the app may see, and shows what was found", async () => {
    const asked: unknown[] = [];
    const found = {
      ...({ id: idOf(1), app: "shop", status: "delivered", reason: null, to: "+447911123456", country: "GB" } as const),
      ...{ channel: "missed_call", reference: null, createdAtMs: noon, endedAtMs: null },
      deliveries: [
        {
          ...{ number: 1, channel: "missed_call", to: "+447911123456", state: "rung", reason: "rang", verified: false },
          ...{ startedAtMs: noon, endedAtMs: noon + 7000 },
        },
      ],
    };
    const server = await serve(memoryCdrs(), {
      find: async (...question) => {
        asked.push(question);
        return { rows: [found], next: { atMs: noon, id: idOf(1), number: 0 } };
      },
    });
    const body = { to: "+447911123456", status: "delivered" };
    const first = (await post(server, "/v1/verifications/search", body)).json();
    expect(first.verifications).toEqual([
      {
        ...{ id: idOf(1), app: "shop", status: "delivered", reason: null, to: "+447911123456", country: "GB" },
        ...{ channel: "missed_call", reference: null, created_at: "2026-11-02T12:00:00.000Z", ended_at: null },
        deliveries: [
          {
            ...{ number: 1, channel: "missed_call", to: "+447911123456", state: "rung", reason: "rang" },
            ...{ verified: false, started_at: "2026-11-02T12:00:00.000Z", ended_at: "2026-11-02T12:00:07.000Z" },
          },
        ],
      },
    ]);
    await post(server, "/v1/verifications/search", { ...body, cursor: first.next, limit: 3 });
    expect(asked).toEqual([
      ["shop", body, null, 20],
      ["shop", body, { atMs: noon, id: idOf(1), number: 0 }, 3],
    ]);
    const wrong = await post(server, "/v1/verifications/search", { ...body, cursor: first.next }, otherKey);
    expect(wrong.status).toBe(400);
  });
});
