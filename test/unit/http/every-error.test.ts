/** Every error is a problem with `instance` and X-Request-Id, also what Node's parser refuses. */
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { within } from "../../support/within.ts";
import { answersIn, listening, rawExchange } from "./raw-sockets.ts";
import { ask, key, secretCode, standInVerifications, standing, testServer } from "./support.ts";

const path = `/v1/verifications/${standing.id}`;
const close = `Host: x\r\nAuthorization: Bearer ${key}\r\nConnection: close\r\n`;
const json = "Content-Type: application/json\r\n";
const check = `{"code":"${secretCode}"}`;
const checkRequest = `POST ${path}/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n${json}Content-Length: ${check.length}\r\n\r\n${check}`;

describe("an error on a real connection", () => {
  it.each([
    ["no HTTP at all", "INVITE sip:x SIP/2.0\r\n\r\n", 400, "Malformed HTTP request."],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "Malformed"],
    ["no Host", `GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, "Host"],
    ["an unknown expectation", `GET ${path} HTTP/1.1\r\n${close}Expect: gold\r\n\r\n`, 417, "100-continue"],
    ["a malformed path", `GET /v1/verifications/% HTTP/1.1\r\n${close}\r\n`, 400, "percent-encoding"],
    ["a malformed path, with a body", `POST /v1/% HTTP/1.1\r\n${close}${json}Content-Length: 2\r\n\r\n{}`, 400, "path"],
    [
      "two lengths",
      `POST ${path}/check HTTP/1.1\r\n${close}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`,
      400,
      "Malformed",
    ],
    [
      "length and chunks",
      `POST ${path}/check HTTP/1.1\r\n${close}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      400,
      "Malformed",
    ],
    [
      "a broken chunk",
      `POST ${path}/check HTTP/1.1\r\n${close}${json}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      400,
      "Malformed",
    ],
    [
      "headers without end",
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "headers are too large",
    ],
    [
      "a body without end",
      `POST ${path}/check HTTP/1.1\r\n${close}${json}Content-Length: 99999\r\n\r\n${"x".repeat(99_999)}`,
      413,
      "body is larger than 16384 bytes",
    ],
    ["a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", 405, "CONNECT"],
    ["a path that is not there", `GET /v2 HTTP/1.1\r\n${close}\r\n`, 404, "/docs"],
    ["another method", `PUT ${path} HTTP/1.1\r\n${close}\r\n`, 405, "allowed: GET, HEAD"],
    [
      "no JSON",
      `POST ${path}/check HTTP/1.1\r\n${close}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx`,
      415,
      "JSON",
    ],
    ["a body that is late", `POST ${path}/check HTTP/1.1\r\n${close}${json}Content-Length: 9\r\n\r\n{`, 408, "in time"],
  ])("for %s", async (_what, bytes, status, detail) => {
    const { port } = await listening({ http: { request_timeout_ms: 500 } });
    const received = await within(5000, rawExchange(port, bytes));
    const [answer, ...others] = answersIn(received);
    expect(others).toEqual([]);
    expect(answer?.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(answer?.headers["x-content-type-options"]).toBe("nosniff");
    expect(answer?.headers["x-request-id"]).toMatch(/^[0-9a-f]{10}-[0-9a-z]+$/);
    expect(answer?.body).toEqual({
      type: "urn:onering:problem:invalid_request",
      title: "The request is not valid",
      status,
      detail: expect.stringContaining(detail),
      code: "invalid_request",
      instance: `urn:onering:request:${answer?.headers["x-request-id"]}`,
    });
    expect(answer?.status).toBe(status);
  });

  it.each([
    ["a tunnel", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"],
    ["no HTTP", "nonsense\r\n\r\n"],
    ["a check and garbage", `${checkRequest}garbage\r\n\r\n`],
  ])("reaches nobody where the connection is reset after %s; the gateway goes on", async (_what, bytes) => {
    const { port, server } = await listening();
    for (let n = 0; n < 20; n++) {
      const accepted = once(server.server, "connection");
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await accepted;
      socket.write(bytes);
      await new Promise((resolve) => setTimeout(resolve, n % 4));
      socket.resetAndDestroy();
    }
    expect(answersIn(await rawExchange(port, `GET /healthz HTTP/1.1\r\n${close}\r\n`))[0]?.status).toBe(200);
  });

  it("has an id that the log has too", async () => {
    const { port, log } = await listening();
    const [answer] = answersIn(await rawExchange(port, "nonsense\r\n\r\n"));
    expect(log.some((line) => JSON.parse(line).request === answer?.headers["x-request-id"])).toBe(true);
  });

  it("a check before garbage on the same connection counts, and its answer comes first", async () => {
    const { verifications } = standInVerifications();
    const slow = {
      ...verifications,
      async check(...parameters: Parameters<typeof verifications.check>) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return await verifications.check(...parameters);
      },
    };
    const { port } = await listening({ verifications: slow });
    const received = await within(5000, rawExchange(port, `${checkRequest}${checkRequest}garbage\r\n\r\n`));
    const answers = answersIn(received);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400]);
    expect(answers[0]?.body.valid).toBe(true);
    expect(answers[2]?.body.code).toBe("invalid_request");
  });

  it("a check before an unfinished request on the same connection is answered before that one's 408", async () => {
    const { port } = await listening({ http: { request_timeout_ms: 300 } });
    const unfinished = (host: string) => `POST ${path}/check HTTP/1.1\r\n${host}${json}Content-Length: 9\r\n\r\n{`;
    const statuses = async (bytes: string) =>
      answersIn(await within(5000, rawExchange(port, bytes))).map(({ status }) => status);
    expect(await statuses(checkRequest + unfinished(close))).toEqual([200, 408]);
    // Refused without its body: it gets that answer alone.
    expect(await statuses(checkRequest + unfinished("Host: x\r\n"))).toEqual([200, 401]);
  });
});

describe("a path with a slash at its end", () => {
  it.each([
    ["GET", `${path}/`, undefined, 200],
    ["POST", "/v1/verifications/", { to: "+447400123456" }, 201],
    ["POST", `${path}/check/`, { code: "0000" }, 200],
    ["GET", "/readyz/", undefined, 200],
  ] as const)("%s %s is served like the one without", async (method, url, body, status) => {
    const { server } = await testServer();
    expect((await ask(server, method, url, body)).status).toBe(status);
  });
});

describe("a body of nonsense", () => {
  const post = async (payload: string, limit = 65_536) => {
    const { server } = await testServer({ http: { body_limit_bytes: limit } });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    return await server.inject({ method: "POST", url: "/v1/verifications", headers, payload });
  };

  it.each([
    ["keys", JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, n) => [`k${n}`, 1])))],
    ["elements", JSON.stringify({ to: Array.from({ length: 1001 }, () => 1) })],
    ["nested objects", `${'{"a":'.repeat(1001)}1${"}".repeat(1001)}`],
  ])("with too many %s is refused before it is validated", async (_what, payload) => {
    const answer = await post(payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toBe("The body has more than 1000 keys and list elements.");
  });

  it.each([
    '{"to":"+44","__proto__":{"x":1}}',
    '{"to":"+44","metadata":{"__proto__":"x"}}',
    '{"to":"+44","metadata":{"constructor":{"prototype":{"x":1}}}}',
    '{"\\u005f_proto__":{}}',
  ])("%s is refused, and changes no prototype", async (payload) => {
    const answer = await post(payload);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "invalid_request"]);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  it("of the largest size that can be configured holds the event loop for less than 30 ms", async () => {
    const { server } = await testServer({ http: { body_limit_bytes: 65_536 } });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const payload = `{${Array.from({ length: 9300 }, (_, n) => `"${n}":0`).join(",")}}`.slice(0, 65_535);
    const bodies = [
      `${payload.slice(0, payload.lastIndexOf(","))}}`,
      `{"metadata":{${Array.from({ length: 990 }, (_, n) => `"${n}${"k".repeat(45)}":0`).join(",")}}}`,
      JSON.stringify({ to: "\u00e9".repeat(30_000), reference: "x" }),
    ];
    for (const body of bodies) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536);
      const request = () => server.inject({ method: "POST", url: "/v1/verifications", headers, payload: body });
      for (let warm = 0; warm < 3; warm++) await request();
      const began = process.cpuUsage();
      for (let n = 0; n < 10; n++) expect((await request()).statusCode).toBe(400);
      const { user, system } = process.cpuUsage(began);
      expect((user + system) / 1000 / 10).toBeLessThan(30);
    }
  });
});
