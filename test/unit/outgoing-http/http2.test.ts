/** The HTTP/2 client against a real server without TLS on loopback. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, expect, it } from "vitest";
import { OutgoingHttpError } from "../../../src/outgoing-http/failure.ts";
import { createOutgoingHttp2 } from "../../../src/outgoing-http/http2.ts";
import type { OutgoingHttpOptions } from "../../../src/outgoing-http/request.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withCertificates } from "../../support/certificates.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { startTcpProxy } from "../../support/tcp-proxy.ts";

const makeCertificate = withCertificates();
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function serve(handle: (stream: ServerHttp2Stream, path: string) => void) {
  const server: Http2Server = createServer();
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => undefined);
  });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    handle(stream, String(headers[":path"]));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  });
  return { origin: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), sessions };
}

function client(origin: URL, options: Partial<OutgoingHttpOptions> = {}) {
  const http = createOutgoingHttp2(origin, { clock: systemClock, allowPrivate: true, deadlineMs: 2000, ...options });
  open.push(http);
  return http;
}

const failureOf = (request: Promise<unknown>) =>
  request.then(
    () => null,
    (error: unknown) => error as OutgoingHttpError,
  );

const answer = (stream: ServerHttp2Stream) => {
  stream.respond({ ":status": 200 });
  stream.end("{}");
};
const post = (origin: URL) => ({ method: "POST" as const, url: new URL("/3/device/s3cret", origin), body: "{}" });

it("many requests go over one connection", async () => {
  const { origin, sessions } = await serve(answer);
  const http = client(origin);
  const all = await Promise.all(Array.from({ length: 20 }, () => http.request(post(origin))));
  expect(all.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(sessions).toHaveLength(1);
});

it("after GOAWAY, and after the connection was cut, the next request makes a new one", async () => {
  const { origin, sessions } = await serve(answer);
  const http = client(origin);
  await http.request(post(origin));
  sessions[0]?.close();
  await expect.poll(() => sessions[0]?.destroyed).toBe(true);
  await http.request(post(origin));
  sessions[1]?.destroy();
  await expect.poll(() => failureOf(http.request(post(origin)))).toBeNull();
  expect(sessions.length).toBeGreaterThanOrEqual(3);
});

it("a stream that the server has not looked at is sent once more", async () => {
  let refusals = 0;
  const { origin } = await serve((stream) => {
    if (refusals++ === 0)
      stream.close(7); // REFUSED_STREAM
    else answer(stream);
  });
  expect((await client(origin).request(post(origin))).status).toBe(200);
  expect(refusals).toBe(2);
});

it("a stream that is cut off may have been carried out; it is not sent again", async () => {
  let streams = 0;
  const { origin } = await serve((stream) => {
    streams++;
    stream.close(2); // INTERNAL_ERROR
  });
  expect(await failureOf(client(origin).request(post(origin)))).toMatchObject({ kind: "broken", sent: true });
  expect(streams).toBe(1);
});

it("a server that never answers ends at the deadline; the others go on", async () => {
  const { origin } = await serve((stream, path) => {
    if (path !== "/silent") answer(stream);
  });
  const http = client(origin, { deadlineMs: 200 });
  const silent = http.request({ method: "POST", url: new URL("/silent", origin) });
  expect((await http.request(post(origin))).status).toBe(200);
  expect(await failureOf(silent)).toMatchObject({ kind: "timeout", sent: true });
});

it("an idle connection is checked by PING, and one that no longer answers is given up", async () => {
  const clock = manualClock();
  const { origin, sessions } = await serve(answer);
  const proxy = await startTcpProxy(Number(origin.port), "bytes");
  open.push({ close: () => void proxy.close() });
  const through = new URL(`http://127.0.0.1:${proxy.port}`);
  const http = client(through, { clock });
  await http.request(post(through));
  expect(clock.pending).toBe(1);
  clock.pass(30_000);
  // On one connection the answer to the PING comes before this one.
  await http.request(post(through));
  expect(clock.pending).toBe(1);
  clock.pass(5000);
  await http.request(post(through));
  expect(sessions).toHaveLength(1);
  proxy.blackHole();
  clock.pass(25_000);
  clock.pass(5000);
  proxy.restore();
  await expect.poll(() => failureOf(http.request(post(through)))).toBeNull();
  expect(sessions.length).toBe(2);
});

it.each([
  [
    "a redirect",
    (stream: ServerHttp2Stream) => stream.respond({ ":status": 308, location: "/" }, { endStream: true }),
    "redirected",
  ],
  [
    "an endless body",
    (stream: ServerHttp2Stream) => {
      stream.respond({ ":status": 200 });
      const more = () => {
        while (!stream.destroyed && stream.write(Buffer.alloc(16_384)));
      };
      stream.on("drain", more);
      more();
    },
    "too_large",
  ],
])("%s is no answer", async (_, handle, kind) => {
  const { origin } = await serve(handle);
  expect(await failureOf(client(origin).request(post(origin)))).toMatchObject({ kind });
});

it("addresses are checked as over HTTP/1.1, and no other origin is asked", async () => {
  const { origin } = await serve(answer);
  expect(await failureOf(client(origin, { allowPrivate: false }).request(post(origin)))).toMatchObject({
    kind: "forbidden_url",
  });
  const other = new URL("http://127.0.0.1:1/");
  const error = await failureOf(client(origin).request(post(other)));
  expect(error).toMatchObject({ kind: "forbidden_url" });
  expect(error?.message).not.toContain("s3cret");
  const named = new URL("https://apns.test/");
  const resolve: NonNullable<OutgoingHttpOptions["resolve"]> = (_name, done) =>
    done(null, [{ address: "10.0.0.1", family: 4 }]);
  expect(await failureOf(client(named, { allowPrivate: false, resolve }).request(post(named)))).toMatchObject({
    kind: "forbidden_address",
    sent: false,
  });
});

it("over TLS: SNI is the name, the connection goes to the checked address, the certificate counts", async () => {
  const { certFile, keyFile } = await makeCertificate("apns.test");
  const [cert, key] = [await readFile(certFile, "utf8"), await readFile(keyFile, "utf8")];
  const server = createSecureServer({ cert, key });
  const names: unknown[] = [];
  server.on("secureConnection", (socket: TLSSocket & { servername?: string }) => {
    names.push(socket.servername, socket.alpnProtocol);
    open.push({ close: () => socket.destroy() });
  });
  server.on("stream", answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ close: () => void server.close() });
  const origin = new URL(`https://apns.test:${(server.address() as AddressInfo).port}`);
  const asked: string[] = [];
  const resolve: NonNullable<OutgoingHttpOptions["resolve"]> = (name, done) => {
    asked.push(name);
    done(null, [{ address: "127.0.0.1", family: 4 }]);
  };
  const http = client(origin, { resolve, ca: cert });
  await http.reach(origin);
  expect((await http.request(post(origin))).status).toBe(200);
  expect(names).toEqual(["apns.test", "h2"]);
  expect(asked).toEqual(["apns.test"]);
  expect(await failureOf(client(origin, { resolve }).request(post(origin)))).toMatchObject({
    kind: "tls",
    sent: false,
  });
});

it("no connection: it was certainly not sent", async () => {
  const nowhere = new URL("http://127.0.0.1:9/");
  const error = await failureOf(client(nowhere).request(post(nowhere)));
  expect(error).toBeInstanceOf(OutgoingHttpError);
  expect(error).toMatchObject({ kind: "unreachable", sent: false });
});
