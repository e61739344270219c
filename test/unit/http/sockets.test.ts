/** What only a real connection shows. */

import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { deferred } from "../../../src/shared/deferred.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { within } from "../../support/within.ts";
import { listening, rawExchange } from "./raw-sockets.ts";
import { key, standInVerifications, standing } from "./support.ts";

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** One request over a connection that is kept open, as apps' HTTP clients do. */
function keepAliveClient(
  port: number,
): (method: string, path: string, body?: unknown, further?: Record<string, string>) => Promise<Answer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return async (method, path, body, further) => {
    const headers = {
      ...further,
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const sent = request({ agent, host: "127.0.0.1", port, method, path, headers });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [answer] = await once(sent, "response");
    let text = "";
    for await (const chunk of answer) text += chunk;
    return { status: answer.statusCode, headers: answer.headers, body: text };
  };
}

const path = `/v1/verifications/${standing.id}`;

describe("while the gateway drains", () => {
  it("new calls are refused, checks go on, readyz tells, and connections are given back", async () => {
    const { server, port } = await listening();
    const ask = keepAliveClient(port);
    expect((await ask("POST", "/v1/verifications", { to: "+447911123456" })).headers.connection).toBe("keep-alive");

    server.startDraining();

    for (const [where, body] of [
      ["/v1/verifications", { to: "+447911123456" }],
      [`${path}/resend`, {}],
    ] as const) {
      const refused = await ask("POST", where, body);
      expect(refused.status).toBe(503);
      expect(refused.headers).toMatchObject({ connection: "close", "retry-after": "5" });
      expect(JSON.parse(refused.body).code).toBe("capacity");
    }
    const checked = await ask("POST", `${path}/check`, { code: "7391" });
    expect([checked.status, checked.headers.connection]).toEqual([200, "close"]);
    const ready = await ask("GET", "/readyz");
    expect([ready.status, JSON.parse(ready.body).missing]).toEqual([503, ["draining"]]);
    expect((await ask("GET", "/healthz")).status).toBe(200);
  });

  it("a request in progress is answered before the server is closed", async () => {
    const { verifications } = standInVerifications();
    const entered = deferred<void>();
    const release = deferred<void>();
    const slow = {
      ...verifications,
      async get(...parameters: Parameters<typeof verifications.get>) {
        entered.resolve();
        await release.promise;
        return await verifications.get(...parameters);
      },
    };
    const { server, port } = await listening({ verifications: slow });
    const answer = keepAliveClient(port)("GET", path);
    await entered.promise;
    const closed = server.close();
    release.resolve();
    expect((await answer).status).toBe(200);
    await closed;
    await expect(keepAliveClient(port)("GET", path)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("a client that sends half a request is cut off 1 s after the close began: it held the stop for 90 s", async () => {
    const clock = new ManualClock();
    const { server, port } = await listening({ tokenClock: clock });
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    onTestFinished(() => void socket.destroy());
    const [arrived, cut] = [once(server.server, "request"), once(socket, "close")];
    const headers = `Host: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 9`;
    socket.write(`POST /v1/verifications HTTP/1.1\r\n${headers}\r\n\r\n{`);
    await arrived;
    const before = clock.pending;
    const closed = server.close().then(() => true);
    await expect.poll(() => clock.pending).toBe(before + 1);
    clock.advance(999);
    expect(socket.destroyed).toBe(false);
    clock.advance(1);
    expect(await within(5000, closed)).toBe(true);
    await cut;
    expect(clock.pending).toBe(before);
  });
});

describe("a client that takes its time or its space", () => {
  it("has request_timeout_ms for a request, then gets 408", async () => {
    const { port } = await listening({ http: { request_timeout_ms: 200 } });
    const headers = `Host: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 10`;
    const started = `POST /v1/verifications HTTP/1.1\r\n${headers}\r\n\r\n{`;
    const answer = await within(2000, rawExchange(port, started));
    expect(answer).toContain("408 Request Timeout");
    expect(answer).toContain('"code":"invalid_request"');
  });

  it("gets 431 for headers without end, and 400 for what is no HTTP", async () => {
    const { port } = await listening();
    const headers = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await rawExchange(port, headers)).toContain("431 Request Header Fields Too Large");
    const nonsense = await rawExchange(port, "INVITE sip:x SIP/2.0\r\n\r\n");
    expect(nonsense).toContain("HTTP/1.1 400 Bad Request");
    expect(nonsense).toContain("application/problem+json");
  });
});

describe("while the event loop is late", () => {
  it("one pause is no overload where a longer delay is allowed: all was shed, as nothing could be measured in it", async () => {
    const { port } = await listening({ http: { shed_at_delay_ms: 10_000 } });
    const ask = keepAliveClient(port);
    for (let pause = 0; pause < 3; pause++) {
      const untilMs = performance.now() + 1100;
      while (performance.now() < untilMs);
      expect((await ask("POST", `${path}/check`, { code: "0000" })).status).toBe(200);
      expect((await ask("POST", "/v1/verifications", { to: "+447911123456" })).status).toBe(201);
    }
  });

  it("calls are shed with a Retry-After, also for pages, checks and probes are not", async () => {
    const page = { origin: "https://app.example" };
    const { port } = await listening({ http: { shed_at_delay_ms: 1000, cors_origins: [page.origin] } });
    const ask = keepAliveClient(port);
    // Late by 1.1 s again and again, until the mean, which is looked at once a second, has seen it; all is shed from 5 s on.
    let late = true;
    const block = () => {
      const untilMs = performance.now() + 1100;
      while (performance.now() < untilMs);
      if (late) setImmediate(() => setTimeout(block, 1));
    };
    onTestFinished(() => {
      late = false;
    });
    block();
    let started: Answer;
    do started = await ask("POST", "/v1/verifications", { to: "+447911123456" }, page);
    while (started.status === 201);
    const checked = await ask("POST", `${path}/check`, { code: "0000" });
    const alive = await ask("GET", "/healthz");
    late = false;
    expect([started.status, started.headers["retry-after"]]).toEqual([503, "1"]);
    expect(started.headers["access-control-allow-origin"]).toBe(page.origin);
    expect(JSON.parse(started.body).code).toBe("capacity");
    expect([checked.status, alive.status]).toEqual([200, 200]);
  });
});
