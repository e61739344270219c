/** Event streams over real connections; Redis' part is in memory (the real one: test/integration/events). */

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { StreamOwner } from "../../../src/events/stream-port.ts";
import { type Clock, systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { configuredApps } from "../../support/apps.ts";
import { MemoryStreams } from "../../support/memory-streams.ts";
import { anEvent, operatorEvent } from "../../support/public-events.ts";
import { openSse, type SseOptions } from "../../support/sse-client.ts";
import { within } from "../../support/within.ts";
import { listening } from "./raw-sockets.ts";
import { key, operatorKey, otherKey, standInVerifications, standing, type TestServerOptions } from "./support.ts";

const seconds = 1000;
/** Heartbeats come twenty times as often. */
const hurried: Clock = { ...systemClock, after: (ms, callback) => systemClock.after(ms / 20, callback) };

async function gateway(options: TestServerOptions = {}) {
  const streams = options.streams ?? new MemoryStreams();
  const { server, port, log } = await listening({ ...options, streams });
  const open = async (path: string, { key: as = key, ...rest }: Partial<SseOptions> = {}) => {
    const client = await openSse(`http://127.0.0.1:${port}${path}`, { key: as, ...rest });
    onTestFinished(() => client.close());
    return client;
  };
  return { server, port, log, streams, open };
}

/** An event that is stored and, as the relay does a moment later, appended. */
function happen(streams: MemoryStreams, event: ReturnType<typeof anEvent>): string {
  streams.record(event);
  return streams.append(event);
}

describe("GET /v1/events", () => {
  it("is an event stream of what happens from now on, with ids to come back by", async () => {
    const { streams, open } = await gateway();
    streams.append(anEvent("shop", "v1", 1));
    const client = await open("/v1/events");
    expect(client.status).toBe(200);
    expect(client.headers).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store",
      "x-accel-buffering": "no",
      connection: "close",
    });
    await client.when(() => client.lastEventId !== "");
    const id = streams.append(anEvent("shop", "v1", 2));
    const [event] = await within(5 * seconds, client.until(1));
    expect(event).toEqual({ id, type: "delivery.updated", data: anEvent("shop", "v1", 2) });
    expect(client.retryMs).toBeGreaterThanOrEqual(1000);
  });

  it("a client that had no event yet comes back by the position that it was given", async () => {
    const { streams, open } = await gateway();
    streams.append(anEvent("shop", "v1", 1));
    const first = await open("/v1/events");
    await first.when(() => first.lastEventId !== "");
    first.close();
    streams.append(anEvent("shop", "v1", 2));
    const again = await open("/v1/events", { lastEventId: first.lastEventId });
    expect((await again.until(1)).map(({ data }) => data.seq)).toEqual([2]);
  });

  it("replays more than one page after Last-Event-ID, in the header or the query, then goes on", async () => {
    const { streams, open } = await gateway();
    const ids = Array.from({ length: 200 }, (_, i) => streams.append(anEvent("shop", "v1", i + 1)));
    const byHeader = await open("/v1/events", { lastEventId: ids[9] ?? "" });
    const byQuery = await open(`/v1/events?last_event_id=${ids[9]}`);
    await byHeader.until(190);
    await byQuery.until(190);
    streams.append(anEvent("shop", "v1", 201));
    for (const client of [byHeader, byQuery]) {
      const seqs = (await client.until(191)).map(({ data }) => data.seq);
      expect(seqs).toEqual(Array.from({ length: 191 }, (_, i) => i + 11));
    }
  });

  it("types= lets only those through, and heartbeats do not lose the position", async () => {
    const { streams, open } = await gateway({ streamClock: hurried });
    const client = await open("/v1/events?types=verification.ended,trunk.updated");
    await client.when(() => client.lastEventId !== "");
    streams.append(anEvent("shop", "v1", 1));
    streams.append(anEvent("shop", "v1", 2, "verification.ended"));
    const last = streams.append(anEvent("shop", "v2", 1));
    expect((await client.until(1)).map(({ type }) => type)).toEqual(["verification.ended"]);
    await within(
      15 * seconds,
      client.when(() => client.lastEventId === last),
    );
    expect(client.comments).toBeGreaterThan(0);
  });

  it("has nothing of another app, nor of the operator; an operator's key has the operator's", async () => {
    const { streams, open } = await gateway({ admin: true });
    const [shop, bank, operator] = await Promise.all([
      open("/v1/events"),
      open("/v1/events", { key: otherKey }),
      open("/v1/events", { key: operatorKey }),
    ]);
    await Promise.all([shop, bank, operator].map((one) => one.when(() => one.lastEventId !== "")));
    streams.append(anEvent("shop", "v1", 1));
    streams.append(anEvent("bank", "v2", 1));
    streams.append(operatorEvent("evt_a"));
    expect((await shop.until(1)).map(({ data }) => data.app)).toEqual(["shop"]);
    expect((await bank.until(1)).map(({ data }) => data.app)).toEqual(["bank"]);
    expect((await operator.until(1)).map(({ type }) => type)).toEqual(["trunk.updated"]);
    expect([shop, bank, operator].map(({ events }) => events.length)).toEqual([1, 1, 1]);
  });

  it("an operator's key reads no verification, and without an operator's section it is no key", async () => {
    const withOperator = await gateway({ admin: true });
    const path = `/v1/verifications/${standing.id}/events`;
    expect((await withOperator.open(path, { key: operatorKey })).status).toBe(401);
    const without = await gateway();
    expect((await without.open("/v1/events", { key: operatorKey })).status).toBe(401);
  });

  it.each([
    ["Last-Event-ID of another kind of stream", "/v1/events", "17", { header: "last-event-id" }],
    ["last_event_id that is none", "/v1/events?last_event_id=abc", undefined, { parameter: "last_event_id" }],
    ["unknown type", "/v1/events?types=call.ended,no.such", undefined, { parameter: "types" }],
    ["unknown parameter", "/v1/events?type=call.ended", undefined, { parameter: "type" }],
    ["entry id for a verification", `/v1/verifications/${standing.id}/events`, "12-0", { header: "last-event-id" }],
  ])("%s is refused with 400", async (_, path, lastEventId, error) => {
    const { open } = await gateway();
    const client = await open(path, lastEventId === undefined ? {} : { lastEventId });
    await client.ended;
    expect(client.status).toBe(400);
    expect(JSON.parse(client.text).errors).toEqual([expect.objectContaining(error)]);
  });

  it("is counted when it began and logged once, when it ended, whoever ended it", async () => {
    const { server, streams, log, open } = await gateway();
    const counted = async () =>
      (await server.inject("/metrics")).body.split("\n").filter((line) => line.includes("/v1/"));
    const client = await open("/v1/events");
    expect((await counted()).find((line) => line.includes("_count{"))).toMatch(
      /route="\/v1\/events".*status="200".* 1$/,
    );
    client.close();
    const ended = () => log.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "event stream ended");
    await expect
      .poll(ended)
      .toMatchObject([{ app: "shop", method: "GET", route: "/v1/events", status: 200, why: "client" }]);
    streams.record(anEvent("shop", standing.id, 1));
    streams.record(anEvent("shop", standing.id, 2, "verification.ended"));
    await (await open(`/v1/verifications/${standing.id}/events`)).ended;
    await expect.poll(ended).toMatchObject([{}, { verification: standing.id, why: "verification_ended" }]);
    expect(log.filter((line) => line.includes('"msg":"request"') && line.includes("/v1/"))).toEqual([]);
    expect((await counted()).filter((line) => / [1-9]\d*$/.test(line) && line.includes("_count{"))).toHaveLength(2);
  });

  it("HEAD opens no stream", async () => {
    const { server } = await gateway();
    const answer = await server.inject({
      method: "HEAD",
      url: "/v1/events",
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.statusCode).toBe(405);
  });
});

describe("events that are not kept any more", () => {
  it("an id that is too old gets stream.gap, then all that is kept", async () => {
    const { streams, open } = await gateway();
    const ids = Array.from({ length: 10 }, (_, i) => streams.append(anEvent("shop", "v1", i + 1)));
    streams.trim("shop", 4);
    const client = await open("/v1/events", { lastEventId: ids[2] ?? "" });
    const [gap, ...rest] = await client.until(5);
    expect(gap).toMatchObject({ id: ids[2], type: "stream.gap", data: { data: { after: ids[2] } } });
    expect(rest.map(({ data }) => data.seq)).toEqual([7, 8, 9, 10]);
  });

  it("the newest id that was removed is no gap: nothing after it is missing", async () => {
    const { streams, open } = await gateway();
    const ids = Array.from({ length: 10 }, (_, i) => streams.append(anEvent("shop", "v1", i + 1)));
    streams.trim("shop", 4);
    const client = await open("/v1/events", { lastEventId: ids[5] ?? "" });
    expect((await client.until(4)).map(({ data }) => data.seq)).toEqual([7, 8, 9, 10]);
  });

  it("an id that Redis lost gets stream.gap, then what comes", async () => {
    const { streams, open } = await gateway();
    const ids = Array.from({ length: 10 }, (_, i) => streams.append(anEvent("shop", "v1", i + 1)));
    streams.lose("shop", 4);
    const client = await open("/v1/events", { lastEventId: ids[9] ?? "" });
    const [gap] = await client.until(1);
    expect(gap).toMatchObject({ id: ids[3], type: "stream.gap" });
    streams.append(anEvent("shop", "v1", 5));
    expect((await client.until(2))[1]?.data.seq).toBe(5);
  });

  it("0 asks for all that is kept", async () => {
    const { streams, open } = await gateway();
    for (let seq = 1; seq <= 3; seq++) streams.append(anEvent("shop", "v1", seq));
    const client = await open("/v1/events?last_event_id=0");
    expect((await client.until(3)).map(({ data }) => data.seq)).toEqual([1, 2, 3]);
  });
});

describe("GET /v1/verifications/{id}/events", () => {
  const { id } = standing;
  const path = `/v1/verifications/${id}/events`;

  it("replays from the record by seq, goes on live, and ends with verification.ended", async () => {
    const { streams, open } = await gateway();
    happen(streams, anEvent("shop", id, 1));
    // The relay is late: only the record has it.
    streams.record(anEvent("shop", id, 2));
    const client = await open(path);
    await client.until(2);
    streams.append(anEvent("shop", id, 2));
    happen(streams, anEvent("shop", "another", 1));
    happen(streams, anEvent("shop", id, 3));
    happen(streams, anEvent("shop", id, 4, "verification.ended"));
    happen(streams, anEvent("shop", id, 5));
    expect(await within(5 * seconds, client.ended)).toBe(true);
    expect(client.events.map(({ id: seq, data }) => [seq, data.seq])).toEqual(
      ["1", "2", "3", "4"].map((n) => [n, Number(n)]),
    );
    expect(client.events.every(({ data }) => data.data.verification === id)).toBe(true);
  });

  it("after Last-Event-ID only the rest comes; once it has all, 204 ends EventSource's reconnections", async () => {
    const { streams, open } = await gateway();
    for (let seq = 1; seq <= 3; seq++) streams.record(anEvent("shop", id, seq));
    streams.record(anEvent("shop", id, 4, "verification.ended"));
    const rest = await open(path, { lastEventId: "2" });
    await rest.ended;
    expect(rest.events.map(({ data }) => data.seq)).toEqual([3, 4]);
    expect((await open(path, { lastEventId: "4" })).status).toBe(204);
  });

  it("an event that the app's stream skipped is read from the record", async () => {
    const { streams, open } = await gateway();
    happen(streams, anEvent("shop", id, 1));
    const client = await open(path);
    await client.until(1);
    streams.record(anEvent("shop", id, 2));
    happen(streams, anEvent("shop", id, 3));
    expect((await client.until(3)).map(({ data }) => data.seq)).toEqual([1, 2, 3]);
  });

  it("is not found for another app, and for an unknown id", async () => {
    const { streams, open } = await gateway();
    streams.record(anEvent("shop", id, 1));
    expect((await open(path, { key: otherKey })).status).toBe(404);
    expect((await open("/v1/verifications/v00ffBBBBBBBBBBBBBBBBBBBBBB/events")).status).toBe(404);
  });

  it("counts as a sign of a person while it is open", async () => {
    const { verifications } = standInVerifications({ workflow: { steps: [], at: 0 } });
    const signs: boolean[] = [];
    const streams = new MemoryStreams();
    const { open } = await gateway({
      streams,
      streamClock: hurried,
      verifications: {
        ...verifications,
        get(app, asked, person) {
          signs.push(person ?? false);
          return verifications.get(app, asked, person);
        },
      },
    });
    streams.record(anEvent("shop", id, 1));
    await open(path);
    await expect.poll(() => signs.length).toBeGreaterThan(2);
    expect(signs).not.toContain(false);
  });
});

describe("bounds", () => {
  it("an app has so many streams, then 429; the gateway so many, then 503; a closed one makes room", async () => {
    const { open } = await gateway({ streamLimits: { max_streams_per_app: 2, max_streams: 3 } });
    const [first] = [await open("/v1/events"), await open("/v1/events")];
    const third = await open("/v1/events");
    expect([third.status, third.headers["retry-after"]]).toEqual([429, "5"]);
    expect((await open("/v1/events", { key: otherKey })).status).toBe(200);
    expect((await open("/v1/events", { key: otherKey })).status).toBe(503);
    first.close();
    await expect.poll(async () => (await open("/v1/events")).status).toBe(200);
  });

  it("a client that does not read is disconnected, and the others are not held up", async () => {
    const { streams, port, open, log } = await gateway();
    const slow = connect(port, "127.0.0.1");
    onTestFinished(() => void slow.destroy());
    slow.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    await once(slow, "readable");
    const client = await open("/v1/events", { forget: true });
    await client.when(() => client.lastEventId !== "");
    const event = anEvent("shop", "v1", 2);
    const large = { ...event, data: { ...event.data, metadata: { text: "x".repeat(4000) } } } as typeof event;
    let sent = 0;
    // What the kernel takes of the client that does not read is some megabytes.
    while (!log.some((line) => line.includes('"why":"slow"')) && sent < 20_000) {
      const last = Array.from({ length: 200 }, () => streams.append(large)).at(-1);
      sent += 200;
      await within(
        5 * seconds,
        client.when(() => client.lastEventId === last),
      );
    }
    expect(log.some((line) => line.includes('"why":"slow"'))).toBe(true);
    slow.resume();
    await within(5 * seconds, once(slow, "close"));
  });

  it("one whose key is revoked while it is being opened is refused: nothing would end it later", async () => {
    const [reached, opened] = [deferred<void>(), deferred<void>()];
    class SlowStreams extends MemoryStreams {
      override async ends(owner: StreamOwner) {
        reached.resolve();
        await opened.promise;
        return super.ends(owner);
      }
    }
    const directory = configuredApps({ shop: { api_keys_sha256: [apiKeyHash(key)] } });
    const { open } = await gateway({ directory, streams: new SlowStreams() });
    const opening = open("/v1/events");
    await reached.promise;
    directory.replaceConfigured({ shop: { api_keys_sha256: [apiKeyHash(otherKey)] } });
    opened.resolve();
    expect((await opening).status).toBe(401);
    expect((await open("/v1/events", { key: otherKey })).status).toBe(200);
  });

  it("while Redis is away a new stream is refused, an open one waits and misses nothing", async () => {
    const { streams, open } = await gateway();
    const client = await open("/v1/events");
    await client.when(() => client.lastEventId !== "");
    streams.away = true;
    expect((await open("/v1/events", { key: otherKey })).status).toBe(503);
    streams.append(anEvent("shop", "v1", 1));
    streams.append(anEvent("shop", "v1", 2));
    streams.away = false;
    expect((await within(5 * seconds, client.until(2))).map(({ data }) => data.seq)).toEqual([1, 2]);
  });
});

describe("a gateway that stops", () => {
  it("ends its streams completely, so that clients reconnect elsewhere", async () => {
    const { server, open } = await gateway();
    const clients = await Promise.all([open("/v1/events"), open("/v1/events", { key: otherKey })]);
    server.startDraining();
    expect((await open("/v1/events")).status).toBe(200);
    await within(3 * seconds, server.close());
    expect(await Promise.all(clients.map(({ ended }) => ended))).toEqual([true, true]);
    expect(new Set(clients.map(({ retryMs }) => retryMs)).size).toBe(2);
  });

  it("does not wait for a client that reads nothing", async () => {
    const { server, port, streams, open } = await gateway();
    const stuck = connect(port, "127.0.0.1");
    onTestFinished(() => void stuck.destroy());
    stuck.on("error", () => undefined);
    stuck.write(`GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    await once(stuck, "readable");
    const client = await open("/v1/events", { forget: true });
    const event = anEvent("shop", "v1", 2);
    const large = { ...event, data: { ...event.data, metadata: { text: "x".repeat(4000) } } } as typeof event;
    const last = Array.from({ length: 700 }, () => streams.append(large)).at(-1);
    await client.when(() => client.lastEventId === last);
    await within(5 * seconds, server.close());
  });
});

it("many clients that vanish in the middle of events leave the gateway and the others unharmed", async () => {
  const { streams, open } = await gateway({ streamLimits: { max_streams_per_app: 100 } });
  const stays = await open("/v1/events");
  await stays.when(() => stays.lastEventId !== "");
  for (let round = 0; round < 5; round++) {
    const vanish = await Promise.all(Array.from({ length: 10 }, () => open("/v1/events")));
    for (const client of vanish) client.close();
    for (let seq = 1; seq <= 20; seq++) streams.append(anEvent("shop", `v${round}`, seq));
  }
  expect((await within(5 * seconds, stays.until(100))).length).toBe(100);
});
