/** A lookup service over HTTP, on a real server. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Value } from "typebox/value";
import { afterEach, describe, expect, test } from "vitest";
import { NetworksSection } from "../../../../src/numbers/networks/config.ts";
import { createHttpSource } from "../../../../src/numbers/networks/http/source.ts";
import { createOutgoingHttp } from "../../../../src/outgoing-http/client.ts";
import { createGate } from "../../../../src/outgoing-http/gate.ts";
import { systemClock as clock } from "../../../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../../../src/shared/random.ts";
import { within } from "../../../support/within.ts";

const number = "+628121234567";
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    void response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));

async function sourceOf(answer: Answer, own: object = {}) {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const keys = {
    url: `http://127.0.0.1:${port}/v1/{digits}?number={number}`,
    allow_private: true,
    deadline_ms: 400,
    ...own,
  };
  const config = (
    Value.Default(NetworksSection, { http: { mcc_mnc: "/network/code", name: "/network/name", ...keys } }) as {
      http: never;
    }
  ).http;
  const http = createOutgoingHttp({ clock, allowPrivate: true, deadlineMs: 400 });
  const source = createHttpSource({ config, http, gate: createGate({ clock, random, perSecond: 1000 }), clock });
  closing.push(() => {
    source.close();
    server.closeAllConnections();
    server.close();
  });
  return { source, requests };
}

const answered = (network: object) => ({
  kind: "answered",
  network: { mccMnc: null, name: null, ported: null, ...network },
});

describe("what a service answers", () => {
  test("code, name and ported stand where the configuration says; the request has the number and the headers", async () => {
    const { source, requests } = await sourceOf(
      json({ network: { code: "510-21", name: " Indosat " }, flags: [{ ported: "yes" }] }),
      {
        ported: "/flags/0/ported",
        bearer: "secret token",
        headers: { "X-Account": "7" },
      },
    );
    expect(await source.ask(number)).toEqual(answered({ mccMnc: "51021", name: "Indosat", ported: true }));
    expect(requests[0]?.url).toBe("/v1/628121234567?number=%2B628121234567");
    expect(requests[0]?.headers).toMatchObject({ authorization: "Bearer secret token", "x-account": "7" });
  });

  test.each([
    ["the code in two parts, as numbers", { mcc: "/a", mnc: "/b" }, { a: 250, b: 1 }, answered({ mccMnc: "25001" })],
    ["a list at its top", { mcc_mnc: "/0/m" }, [{ m: 25_001 }], answered({ mccMnc: "25001" })],
    ["ported alone", { ported: "/p" }, { p: false }, answered({ ported: false })],
    ["a name that is too long", {}, { network: { name: "x".repeat(101) } }, { kind: "none" }],
    ["a code that is none", {}, { network: { code: "99" } }, { kind: "none" }],
    ["nothing of it", {}, { other: 1 }, { kind: "none" }],
    ["a prototype's key", { name: "/constructor/name" }, {}, { kind: "none" }],
    ["null", {}, null, { kind: "none" }],
  ])("%s", async (_, own, body, expected) => {
    const { source } = await sourceOf(json(body), own);
    expect(await source.ask(number)).toEqual(expected);
  });

  test("404: it does not know the number", async () => {
    const { source } = await sourceOf(json({}, 404));
    expect(await source.ask(number)).toEqual({ kind: "none" });
    expect(source.health().up).toBe(true);
  });
});

describe("a service that does not work", () => {
  test("after three errors of its own it is left alone", async () => {
    const { source, requests } = await sourceOf(json("oops", 503));
    for (let at = 0; at < 3; at++) expect(await source.ask(number)).toEqual({ kind: "failed" });
    expect(await source.ask(number)).toEqual({ kind: "busy" });
    expect([requests.length, source.health().up]).toEqual([3, false]);
  });

  test("after a 429 it is asked less, for as long as it says", async () => {
    const { source, requests } = await sourceOf(json("slow down", 429, { "retry-after": "30" }));
    expect(await source.ask(number)).toEqual({ kind: "failed" });
    expect(await source.ask(number)).toEqual({ kind: "busy" });
    expect([requests.length, source.health()]).toEqual([1, { up: true, detail: "asked to send fewer requests" }]);
  });

  test("a refused account is named, without the credentials", async () => {
    const { source } = await sourceOf(json({}, 401), { bearer: "secret token" });
    expect(await source.ask(number)).toEqual({ kind: "failed" });
    expect(source.health()).toEqual({ up: false, detail: "it refuses our account (HTTP 401)" });
  });

  test.each([
    ["no JSON", json("<html>")],
    ["another error of the request", json({}, 400)],
    ["an answer of a megabyte", json("x".repeat(1_000_000))],
    ["a redirect", json("", 302, { location: "http://169.254.169.254/" })],
  ])("%s is a failure", async (_, answer) => {
    const { source } = await sourceOf(answer);
    expect(await source.ask(number)).toEqual({ kind: "failed" });
  });

  test("silence costs no more than the deadline", async () => {
    const { source } = await sourceOf(() => undefined);
    expect(await within(1500, source.ask(number))).toEqual({ kind: "timeout" });
  });
});
