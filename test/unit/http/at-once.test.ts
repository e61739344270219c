/** Requests in progress are bounded for each app where they take what all apps share. */
import { expect, test } from "vitest";
import { deferred } from "../../../src/shared/deferred.ts";
import { memoryCdrs } from "../../support/cdr-store.ts";
import { key, operatorKey, otherKey, testServer } from "./support.ts";

const finder = { recipient: (to: string) => to, find: async () => ({ rows: [], next: null }) };

test("an app whose reads of records are slow leaves them to the other apps, and gets its own again when they end", async () => {
  const store = memoryCdrs();
  const held = deferred<void>();
  const page = store.page;
  let waiting = 0;
  store.page = async (filter, ...rest) => {
    waiting++;
    if (filter.app === "shop") await held.promise;
    return page(filter, ...rest);
  };
  const { server } = await testServer({ admin: true, cdr: { store, finder } });
  const ask = async (bearer: string) => {
    const answer = await server.inject({ url: "/v1/cdrs", headers: { authorization: `Bearer ${bearer}` } });
    return { status: answer.statusCode, retryAfter: answer.headers["retry-after"], body: answer.json() };
  };
  const slow = Array.from({ length: 16 }, () => ask(key));
  await expect.poll(() => waiting).toBe(16);
  expect(await ask(key)).toMatchObject({ status: 429, retryAfter: "1", body: { code: "rate_limited" } });
  expect((await ask(otherKey)).status).toBe(200);
  expect((await ask(operatorKey)).status).toBe(200);
  held.resolve();
  for (const one of slow) expect((await one).status).toBe(200);
  expect((await ask(key)).status).toBe(200);
});

test("tests of webhooks that hang are bounded for each app", async () => {
  const held = deferred<void>();
  let waiting = 0;
  const result = { delivered: false, status: null, error: "timeout", durationMs: 1 };
  const service = {
    test: async (app: string) => {
      waiting++;
      if (app === "shop") await held.promise;
      return result;
    },
  };
  const { server } = await testServer({ webhooks: { service: service as never } });
  const ask = async (bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}` };
    return (await server.inject({ method: "POST", url: "/v1/webhooks/we_1/test", headers })).statusCode;
  };
  const slow = Array.from({ length: 4 }, () => ask(key));
  await expect.poll(() => waiting).toBe(4);
  expect(await ask(key)).toBe(429);
  expect(await ask(otherKey)).toBe(200);
  held.resolve();
  expect(await Promise.all(slow)).toEqual([200, 200, 200, 200]);
});
