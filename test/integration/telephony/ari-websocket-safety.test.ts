/** What may go wrong with requests and events on WebSockets, against the real Asterisk where one can. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ariOf } from "../../../src/telephony/asterisk/access.ts";
import { createAriWebSocketDriver } from "../../../src/telephony/asterisk/ari-websocket/index.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import type { CallControl, CallRequest } from "../../../src/telephony/call-control/port.ts";
import { ariRequest } from "../../support/ari-request.ts";
import { type CallLog, recordCalls } from "../../support/call-log.ts";
import { keepingLogger, withWorld } from "./world.ts";

const world = withWorld();
const ends: (() => Promise<unknown> | unknown)[] = [];
let logs = keepingLogger();

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  expect(logs.text()).not.toContain(world().asterisk.ari.password);
});

async function start(changed: Partial<AsteriskConfig> = {}): Promise<{ driver: CallControl; log: CallLog }> {
  logs = keepingLogger();
  const asterisk = ariOf(world().config(changed));
  const driver = createAriWebSocketDriver({ asterisk, clock: systemClock, random: cryptoRandom, logger: logs.logger });
  ends.push(() => driver.stop());
  const log = recordCalls(driver);
  await driver.start();
  return { driver, log };
}

const call = (callId: string): CallRequest => ({
  callId,
  endpoint: "carrier",
  callee: "+447700900123",
  callerId: "+12025550147",
  failSafeSeconds: 20,
});
const refusalOf = (placing: Promise<void>) =>
  placing.then(
    () => "placed",
    (error) => error.refusal as string,
  );

interface Request {
  readonly request_id: string;
  readonly method: string;
  readonly uri: string;
}

/** What says that it is an Asterisk of a version, and answers requests as the test wants. */
async function scripted(version: string, answer: (request: Request, socket: WebSocket) => unknown) {
  const upgrades: IncomingMessage[] = [];
  const opened: WebSocket[] = [];
  const server = createServer(({ url }, response) => {
    const info = { system: { version }, status: { startup_time: "now" } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(url === "/ari/channels" ? [] : info));
  });
  const sockets = new WebSocketServer({ server, autoPong: false });
  sockets.on("connection", (socket, upgrade) => {
    upgrades.push(upgrade);
    opened.push(socket);
    socket.on("ping", (data) => socket.pong(data));
    socket.on("message", (data) => {
      const request = JSON.parse(String(data)) as Request;
      const said = answer(request, socket);
      const base = { type: "RESTResponse", request_id: request.request_id, status_code: 200 };
      if (said !== undefined) socket.send(JSON.stringify({ ...base, ...(said as object) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, upgrades, opened };
}

describe("two WebSockets", () => {
  const ids = Array.from({ length: 40 }, (_, i) => `call-${i}`);

  it("share the calls; each call's requests go by the same, so that no hang-up overtakes its originate", async () => {
    const by = new Map<WebSocket, string[]>();
    const { url } = await scripted("22.10.1", ({ method, uri }, socket) => {
      const id = /call-\d+/.exec(uri)?.[0];
      if (id !== undefined) by.set(socket, [...(by.get(socket) ?? []), `${method} ${id}`]);
      return {};
    });
    const { driver } = await start({ ari_url: url });
    for (const id of ids) await driver.originate(call(id));
    for (const id of ids) await driver.hangup(id);
    const shares = [...by.values()];
    expect(shares).toHaveLength(2);
    for (const share of shares) {
      const placed = share.filter((request) => request.startsWith("POST")).map((request) => request.slice(5));
      expect(placed.length).toBeGreaterThan(5);
      expect(share).toEqual([...placed.map((id) => `POST ${id}`), ...placed.map((id) => `DELETE ${id}`)]);
    }
  });

  it.each([0, 1])("are both built anew when number %i is lost", async (which) => {
    const { url, upgrades, opened } = await scripted("22.10.1", () => ({}));
    const { log } = await start({ ari_url: url });
    await log.connection(true);
    const lost = upgrades.findIndex(({ url: path }) => path?.endsWith(["app=onering", "app=onering.2"][which] ?? ""));
    opened[lost]?.terminate();
    await vi.waitFor(() => expect(log.connections).toEqual([true, false, true]), { timeout: 10_000 });
    expect(upgrades).toHaveLength(4);
  });

  it.each([0, 1])("are both given up when number %i answers no pings", async (which) => {
    const { url, upgrades, opened } = await scripted("22.10.1", () => ({}));
    const { log } = await start({ ari_url: url, request_timeout_ms: 200 });
    await log.connection(true);
    const silent = upgrades.findIndex(({ url: path }) => path?.endsWith(["app=onering", "app=onering.2"][which] ?? ""));
    opened[silent]?.removeAllListeners("ping");
    await log.connection(false);
    expect(logs.text()).toContain("Asterisk does not answer pings");
  });
});

describe("requests and events on a WebSocket", () => {
  it("are not tried with an Asterisk that is too old, and the log says what to do", async () => {
    const { url, upgrades } = await scripted("20.9.3", () => ({}));
    const { driver } = await start({ ari_url: url });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toMatch(
      /too_old: Asterisk 20\.9\.3 does not support ARI requests over WebSocket.*driver: ari-client/,
    );
    expect(upgrades).toEqual([]);
  });

  it("that are never answered, by a version that tells nothing, are given up with the same advice", async () => {
    const { url } = await scripted("GIT-master-0123abc", () => undefined);
    const { driver } = await start({ ari_url: url, request_timeout_ms: 300 });
    expect(driver.connected).toBe(false);
    expect(logs.text()).toMatch(/no_answer: Asterisk does not answer requests.*driver: ari-client/);
  });

  it("carry the password in a header, never in an address", async () => {
    const { url, upgrades } = await scripted("22.10.1", () => ({}));
    const { driver } = await start({ ari_url: url });
    expect(driver.connected).toBe(true);
    const { user, password } = world().asterisk.ari;
    expect(upgrades[0]?.url).not.toContain(password);
    expect(upgrades[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);
    expect(upgrades[0]?.headers["sec-websocket-extensions"]).toBeUndefined();
  });

  it("work after somebody else left an event filter that lets no answers through", async () => {
    const first = await start();
    await first.log.connection(true);
    const { url, user, password } = world().asterisk.ari;
    const headers = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      "content-type": "application/json",
    };
    const body = JSON.stringify({ allowed: [{ type: "Dial" }] });
    const left = await fetch(`${url}/ari/applications/onering/eventFilter`, { method: "PUT", headers, body });
    expect(left.status).toBe(200);
    // Without a subscription Asterisk forgets an application, and its filter, soon after its connection.
    const subscribed = await ariRequest(
      world().asterisk,
      "POST",
      "/applications/onering/subscription?eventSource=endpoint:PJSIP/carrier",
    );
    expect(subscribed.status).toBe(200);
    await first.driver.stop();
    const { driver, log } = await start();
    expect(driver.connected).toBe(true);
    await world().carrier([{ send: "486 Busy Here" }, "ack"]);
    await driver.originate(call("after-filter"));
    await log.event("after-filter", "ended");
  });

  it("do not end an Asterisk with many channels: 22.10.1 dies of an answer of 496 KiB on the WebSocket", async () => {
    const { asterisk } = world();
    // Long names make a few channels into a long list.
    const callerId = encodeURIComponent(`"${"n".repeat(2500)}" <123>`);
    const channels = Array.from({ length: 100 }, (_, index) => `somebody-${index}`);
    for (const id of channels) {
      const query = `app=somebody&endpoint=PJSIP/1234@silent&timeout=60&channelId=${id}&callerId=${callerId}`;
      expect((await ariRequest(asterisk, "POST", `/channels?${query}`)).status).toBe(200);
    }
    const { body } = await ariRequest(asterisk, "GET", "/channels");
    expect(JSON.stringify(body).length).toBeGreaterThan(496 * 1024);
    const { pid } = asterisk;
    const { driver, log } = await start();
    await log.connection(true);
    for (const id of channels) await ariRequest(asterisk, "DELETE", `/channels/${id}`);
    expect(driver.connected).toBe(true);
    expect(log.connections).toEqual([true]);
    expect(asterisk.pid).toBe(pid);
  });

  it("tell a call that never left from one that left and was not answered", async () => {
    let originates = 0;
    const { url } = await scripted("22.10.1", ({ method }, socket) => {
      if (method !== "POST") return {};
      originates += 1;
      socket.terminate();
      return undefined;
    });
    const { driver, log } = await start({ ari_url: url });
    expect(await refusalOf(driver.originate(call("sent")))).toBe("no_response");
    await log.connection(false);
    expect(await refusalOf(driver.originate(call("not-sent")))).toBe("not_connected");
    expect(originates).toBe(1);
  });

  it("are bounded: what an Asterisk that stopped reading cannot take is refused as never sent", async () => {
    let reading = true;
    const { url } = await scripted("22.10.1", ({ method }, socket) => {
      if (method === "POST" && reading) socket.pause();
      reading = method !== "POST";
      return method === "POST" ? undefined : {};
    });
    const { driver } = await start({ ari_url: url, request_timeout_ms: 1000 });
    const refusals = await Promise.all(
      Array.from({ length: 12_000 }, (_, index) => refusalOf(driver.originate(call(`many-${index}`)))),
    );
    expect(new Set(refusals)).toEqual(new Set(["no_response", "not_connected"]));
    expect(refusals.at(0)).toBe("no_response");
    expect(refusals.at(-1)).toBe("not_connected");
  });

  it("give way to another process with the same application, instead of going to and fro", async () => {
    const { driver, log } = await start();
    await log.connection(true);
    const { url, user, password } = world().asterisk.ari;
    const other = new globalThis.WebSocket(
      `${url.replace("http", "ws")}/ari/events?app=onering&api_key=${user}:${password}`,
    );
    await log.connection(false);
    expect(logs.text()).toContain("another process took our ARI application");
    const pauseMs = Number(/"pauseMs":(\d+)/.exec(logs.text())?.[1]);
    expect(pauseMs).toBeGreaterThanOrEqual(5000);
    expect(driver.connected).toBe(false);
    other.close();
  });

  it("hang up a channel of ours that shows up though nobody wants it", async () => {
    const { driver, log } = await start();
    await log.connection(true);
    const carrier = await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    // Asterisk hangs, the request runs into its deadline, the caller gives up; then Asterisk goes on and rings.
    process.kill(world().asterisk.pid, "SIGSTOP");
    expect(await refusalOf(driver.originate(call("late")))).toBe("no_response");
    await driver.hangup("late").catch(() => undefined);
    process.kill(world().asterisk.pid, "SIGCONT");
    await log.connection(true);
    await vi.waitFor(async () => expect((await ariRequest(world().asterisk, "GET", "/channels")).body).toEqual([]), {
      timeout: 8000,
    });
    const invites = (await carrier.messages()).some(({ method }) => method === "INVITE");
    if (invites) await carrier.waitFor((messages) => messages.some(({ method }) => method === "CANCEL"));
  });
});
