/** The client against real servers on loopback: what it refuses, how it ends, what its errors say. */
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createOutgoingHttp } from "../../../src/outgoing-http/client.ts";
import { OutgoingHttpError } from "../../../src/outgoing-http/failure.ts";
import { jsonOf, type OutgoingHttpOptions, retryAfterMsOf } from "../../../src/outgoing-http/request.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withCertificates } from "../../support/certificates.ts";

const makeCertificate = withCertificates();
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function listening<S extends TcpServer>(server: S): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close() {
      server.close();
      (server as unknown as Partial<Server>).closeAllConnections?.();
    },
  });
  return (server.address() as AddressInfo).port;
}

const serve = (handle: RequestListener) => listening(createServer(handle));

function client(options: Partial<OutgoingHttpOptions> = {}) {
  const http = createOutgoingHttp({ clock: systemClock, allowPrivate: true, deadlineMs: 2000, ...options });
  open.push(http);
  return http;
}

/** Answers each name with the addresses in turn; the last ones stay. */
function resolving(...answers: readonly (readonly string[])[]) {
  const asked: string[] = [];
  const resolve: NonNullable<OutgoingHttpOptions["resolve"]> = (name, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(name);
    done(
      null,
      addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return { resolve, asked };
}

async function failureOf(request: Promise<unknown>): Promise<OutgoingHttpError> {
  const error = await request.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(OutgoingHttpError);
  return error as OutgoingHttpError;
}

const get = (url: string) => ({ method: "GET" as const, url: new URL(url) });

describe("where requests may go", () => {
  it.each([
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://169.254.169.254/latest/meta-data/",
  ])("public only: %s is refused", async (url) => {
    expect((await failureOf(client({ allowPrivate: false }).request(get(url)))).kind).toMatch(/^forbidden/);
  });

  it.each(["https://user:secret@example.com/", "ftp://example.com/", "file:///etc/passwd"])(
    "refuses %s",
    async (url) => {
      const error = await failureOf(client().request(get(url)));
      expect(error.kind).toBe("forbidden_url");
      expect(error.message).not.toContain("secret");
    },
  );

  it("not over http to public servers", async () => {
    expect((await failureOf(client({ allowPrivate: false }).request(get("http://example.com/")))).kind).toBe(
      "forbidden_url",
    );
  });

  it("a name that leads to a private address is refused before a connection is made", async () => {
    let connections = 0;
    const port = await listening(createTcpServer(() => connections++));
    const { resolve } = resolving(["127.0.0.1"]);
    const error = await failureOf(client({ allowPrivate: false, resolve }).request(get(`https://evil.test:${port}/`)));
    expect(error).toMatchObject({ kind: "forbidden_address", sent: false });
    expect(connections).toBe(0);
  });

  it("so is one that leads to public and private addresses", async () => {
    const { resolve } = resolving(["93.184.215.14", "10.0.0.1"]);
    const error = await failureOf(client({ allowPrivate: false, resolve }).request(get("https://evil.test/")));
    expect(error.kind).toBe("forbidden_address");
  });

  it("DNS rebinding: connects to the address that was checked, and checks again for the next connection", async () => {
    const port = await serve((_request, response) => response.writeHead(200, { connection: "close" }).end("ours"));
    const { resolve, asked } = resolving(["127.0.0.1"], ["169.254.169.254"]);
    const http = client({ resolve });
    const first = await http.request(get(`http://rebind.test:${port}/`));
    expect(first.body.toString()).toBe("ours");
    // One look-up: nothing asks again between check and connection.
    expect(asked).toEqual(["rebind.test"]);
    expect((await failureOf(http.request(get(`http://rebind.test:${port}/`)))).kind).toBe("forbidden_address");
    expect(asked).toHaveLength(2);
  });

  it("of several addresses one that answers is enough", async () => {
    const port = await serve((_request, response) => response.end("{}"));
    // Nothing listens on ::1.
    const { resolve } = resolving(["::1", "127.0.0.1"]);
    expect((await client({ resolve }).request(get(`http://both.test:${port}/`))).status).toBe(200);
  });

  it("a name without addresses is unresolved", async () => {
    const { resolve } = resolving([]);
    expect(await failureOf(client({ resolve }).request(get("https://nowhere.test/")))).toMatchObject({
      kind: "unresolved",
      sent: false,
    });
  });

  it("SNI and Host are the name, the connection goes to the address", async () => {
    const { certFile, keyFile } = await makeCertificate("service.test");
    const [cert, key] = [await readFile(certFile, "utf8"), await readFile(keyFile, "utf8")];
    const seen: (string | false | undefined)[] = [];
    const server = createTlsServer({ cert, key }, (request, response) => {
      seen.push((request.socket as unknown as { servername: string | false }).servername, request.headers.host);
      response.end("{}");
    });
    const port = await listening(server);
    const http = client({ ca: cert, resolve: resolving(["127.0.0.1"]).resolve });
    await http.request(get(`https://service.test:${port}/`));
    expect(seen).toEqual(["service.test", `service.test:${port}`]);
    await http.reach(new URL(`https://service.test:${port}/`));
    const other = await failureOf(http.request(get(`https://other.test:${port}/`)));
    expect(other).toMatchObject({ kind: "tls", sent: false });
    const untrusting = client({ resolve: resolving(["127.0.0.1"]).resolve });
    expect(await failureOf(untrusting.request(get(`https://service.test:${port}/`)))).toMatchObject({ kind: "tls" });
  });
});

describe("how requests end", () => {
  it("no redirect is followed", async () => {
    const paths: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: "http://169.254.169.254/" }).end();
    });
    const error = await failureOf(client().request(get(`http://127.0.0.1:${port}/start`)));
    expect(error).toMatchObject({ kind: "redirected", status: 307 });
    expect(paths).toEqual(["/start"]);
  });

  it("a slow body ends at the deadline", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200).write("{");
      const drip = setInterval(() => response.write(" "), 20);
      response.once("close", () => clearInterval(drip));
    });
    const error = await failureOf(client({ deadlineMs: 200 }).request(get(`http://127.0.0.1:${port}/`)));
    expect(error).toMatchObject({ kind: "timeout", sent: true });
  });

  it("an endless body ends at the limit", async () => {
    const port = await serve((_request, response) => {
      const chunk = Buffer.alloc(16_384, "x");
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    const error = await failureOf(
      client({ maxResponseBytes: 50_000, deadlineMs: 10_000 }).request(get(`http://127.0.0.1:${port}/`)),
    );
    expect(error).toMatchObject({ kind: "too_large", sent: true, status: 200 });
  });

  it("a server that never answers: the request may have been carried out", async () => {
    const port = await serve(() => undefined);
    const error = await failureOf(client({ deadlineMs: 100 }).request(get(`http://127.0.0.1:${port}/`)));
    expect(error).toMatchObject({ kind: "timeout", sent: true });
  });

  it("a server that closes in the middle: likewise", async () => {
    const port = await serve((request) => request.socket.destroy());
    expect(await failureOf(client().request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
      kind: "broken",
      sent: true,
    });
  });

  it("a body that is cut off is no answer", async () => {
    const port = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setImmediate(() => response.destroy());
    });
    expect(await failureOf(client().request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
      kind: "broken",
      sent: true,
    });
  });

  it("no connection: it was certainly not sent", async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    const error = await failureOf(client().request(get(`http://127.0.0.1:${port}/`)));
    expect(error).toMatchObject({ kind: "unreachable", sent: false });
    expect(error.message).toBe(`127.0.0.1:${port}: no connection (ECONNREFUSED)`);
  });

  it("connections are kept, and one policy's are not used by the other", async () => {
    const ports = new Set<number | undefined>();
    const port = await serve((request: IncomingMessage, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    });
    const http = client();
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    for (let count = 0; count < 20; count++) await http.request(get(`http://127.0.0.1:${port}/`));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warn);
    expect(ports.size).toBe(1);
    // Nothing piles up on a connection that is used again and again.
    expect(warnings).toEqual([]);
    expect((await failureOf(client({ allowPrivate: false }).request(get(`http://127.0.0.1:${port}/`)))).kind).toMatch(
      /^forbidden/,
    );
  });

  it("a connection that its server closed while it was idle is not used again", async () => {
    const server = createServer((_request, response) => response.end("{}"));
    const port = await listening(server);
    const http = client();
    for (let count = 0; count < 3; count++) {
      const connected = once(server, "connection") as Promise<[Socket]>;
      expect((await http.request(get(`http://127.0.0.1:${port}/`))).status).toBe(200);
      const [socket] = await connected;
      server.closeIdleConnections();
      await once(socket, "close");
      // What the kernel has is read in the next turn.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("an interim answer is none", async () => {
    const port = await serve((_request, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" });
      response.writeHead(201, [
        ["x-one", "a"],
        ["X-One", "b"],
        ["retry-after", "3"],
      ] as unknown as string[]);
      response.write("a");
      setImmediate(() => response.end("b"));
    });
    const { status, headers, body } = await client().request(get(`http://127.0.0.1:${port}/`));
    expect({ status, headers, body: body.toString() }).toMatchObject({
      status: 201,
      headers: { "x-one": "a, b", "retry-after": "3" },
      body: "ab",
    });
    expect(headers).not.toHaveProperty("link");
  });

  it("headers without an end are no answer", async () => {
    const port = await listening(
      createTcpServer((socket) => {
        socket.on("error", () => undefined);
        socket.write("HTTP/1.1 200 OK\r\n");
        const more = () => {
          while (!socket.destroyed && socket.write(`x-${"y".repeat(100)}: ${"z".repeat(1000)}\r\n`));
        };
        socket.on("drain", more);
        more();
      }),
    );
    expect(await failureOf(client().request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
      kind: "broken",
      sent: true,
    });
  });

  it("what is in progress ends when the client is closed", async () => {
    const port = await serve(() => undefined);
    const http = client();
    const failure = failureOf(http.request(get(`http://127.0.0.1:${port}/`)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    http.close();
    expect(await failure).toMatchObject({ kind: "broken", sent: true });
  });

  it("requests to one host are bounded: some run, some wait, the rest are refused", async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const port = await serve((_request, response) => {
      waiting.push(() => response.end("{}"));
      most = Math.max(most, waiting.length);
    });
    const http = client({ maxConcurrent: 2, deadlineMs: 5000 });
    const requests = Array.from({ length: 20 }, () => http.request(get(`http://127.0.0.1:${port}/`)));
    expect(await failureOf(http.request(get(`http://127.0.0.1:${port}/`)))).toMatchObject({
      kind: "busy",
      sent: false,
    });
    let answered = 0;
    while (answered < 20) {
      await expect.poll(() => waiting.length).toBeGreaterThan(0);
      answered += waiting.length;
      for (const answer of waiting.splice(0)) answer();
    }
    await Promise.all(requests);
    expect(most).toBeLessThanOrEqual(2);
  });

  it("one host may have as many as it is bounded to, though that is above the usual bound over all hosts", async () => {
    const waiting: (() => void)[] = [];
    const port = await serve((_request, response) => void waiting.push(() => response.end("{}")));
    const http = client({ maxConcurrent: 510, deadlineMs: 20_000 });
    const requests = Array.from({ length: 510 }, () => http.request(get(`http://127.0.0.1:${port}/`)));
    await expect.poll(() => waiting.length).toBe(510);
    for (const answer of waiting) answer();
    await Promise.all(requests);
  });

  it("errors carry host and status, never path, query, headers or bodies", async () => {
    const port = await serve((_request, response) =>
      response.writeHead(302, { location: "/t0ken" }).end("answer-b0dy"),
    );
    const error = await failureOf(
      client().request({
        method: "POST",
        url: new URL(`http://127.0.0.1:${port}/v1/p4th?key=qu3ry`),
        headers: { authorization: "Bearer t0ken" },
        body: "b0dy 1234567890",
      }),
    );
    const everything = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
    expect(everything).toContain(`127.0.0.1:${port}`);
    expect(everything).toContain("302");
    expect(everything).not.toMatch(/p4th|qu3ry|t0ken|b0dy|1234567890/);
  });
});

describe("answers", () => {
  it.each([
    ["an object", '{"a":1}', { a: 1 }],
    ["a list", "[1]", null],
    ["HTML", "<html>", null],
    ["nothing", "", null],
    ["null", "null", null],
  ])("JSON: %s", (_, text, expected) => {
    expect(jsonOf({ body: Buffer.from(text) })).toEqual(expected);
  });

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["99999999", 3_600_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", null],
    [undefined, null],
  ])("Retry-After: %s", (text, expected) => {
    const headers = text === undefined ? {} : { "retry-after": text };
    expect(retryAfterMsOf(headers, Date.UTC(2026, 0, 1))).toBe(expected);
  });
});
