/** `--watch` on real PostgreSQL and MariaDB: new and changed rows, and numbers that the gateway calls unallocated. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readActions } from "../../../src/numbers/cleaning/database/actions.ts";
import { followNumberEvents } from "../../../src/numbers/cleaning/database/number-events.ts";
import { createPace } from "../../../src/numbers/cleaning/database/pace.ts";
import { watch } from "../../../src/numbers/cleaning/database/watch.ts";
import { commonOf, judge, runClean, runUndo } from "../../support/customers/clean.ts";
import { type Client, type CustomerServer, kinds, startServer } from "../../support/customers/database.ts";
import { createUsers } from "../../support/customers/table.ts";

/** A gateway as far as it is asked: its stream of events and its lookup. */
class Gateway {
  readonly server: Server;
  readonly dead = new Set<string>();
  readonly lastEventIds: (string | undefined)[] = [];
  streams: ServerResponse[] = [];
  constructor() {
    this.server = createServer(async (request, response) => {
      if (request.headers.authorization !== "Bearer key") return void response.writeHead(401).end();
      if (request.url?.startsWith("/v1/events")) {
        this.lastEventIds.push(request.headers["last-event-id"] as string | undefined);
        response.writeHead(200, { "content-type": "text/event-stream" }).write("retry: 1000\nid: 5-0\n\n");
        this.streams.push(response);
        return;
      }
      const { number } = JSON.parse(await text(request));
      const health = this.dead.has(number) ? { state: "unallocated", age_days: 0 } : null;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ number, health }));
    });
  }
  get url() {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  ended(id: string, to: string): void {
    const data = { to, status: "undeliverable", deliveries: [{ to, reason: "unallocated" }] };
    for (const stream of this.streams) {
      stream.write(
        `id: ${id}\nevent: verification.ended\ndata: ${JSON.stringify({ type: "verification.ended", data })}\n\n: heartbeat\n\n`,
      );
    }
  }
}

describe.each(kinds)("on %s", (kind) => {
  let server: CustomerServer;
  let root: string;
  let gateway: Gateway;
  let client: Client;
  let url: string;
  let folder: string;
  let stop: AbortController;
  let running: Promise<void>;

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), "onering-watch-"));
    server = await startServer(kind);
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    gateway = new Gateway();
    await new Promise<void>((resolve) => gateway.server.listen(0, "127.0.0.1", resolve));
    url = await server.createDatabase();
    client = await server.connect(url);
    folder = await mkdtemp(path.join(root, "run-"));
    await createUsers(client, kind, 60);
    await runClean({ kind, url, folder, apply: "flag=bad,normalise" });
  });
  afterEach(async () => {
    stop.abort();
    await running;
    await client.end();
    gateway.server.closeAllConnections();
    gateway.server.close();
  });

  function start(updatedColumn: string | null, apply = "flag=bad,normalise"): void {
    stop = new AbortController();
    const { signal } = stop;
    const events = (lastEventId: string | null) =>
      followNumberEvents({ gateway: gateway.url, key: "key", lastEventId, settleMs: 0, note: () => undefined, signal });
    const common = {
      ...commonOf({ url, folder, signal }),
      judge,
      updatedColumn,
      events,
      pollMs: 20,
      pace: createPace(signal),
    };
    running = watch({ ...common, actions: readActions(apply, false) });
  }
  const rowOf = async (id: number) =>
    (await client.run(`select phone, bad from users where id = ${id}`)).rows[0]?.map(String);
  const yes = kind === "postgres" ? "true" : "1";
  const no = kind === "postgres" ? "false" : "0";

  test("new rows are cleaned, dead numbers flagged, and a watch goes on where it was", async () => {
    start(null);
    await client.run(
      "insert into users (id, name, phone) values (101, 'new', '12'), (102, 'new', '07400 123456'), (103, 'new', '+447400123457')",
    );
    await expect.poll(() => rowOf(101)).toEqual(["12", yes]);
    await expect.poll(() => rowOf(102)).toEqual(["+447400123456", no]);
    await expect.poll(() => gateway.streams.length).toBe(1);
    gateway.ended("6-0", "+447400123457");
    await expect.poll(async () => JSON.parse(await readFile(`${folder}/watch.json`, "utf8")).lastEventId).toBe("6-0");
    // Seen once is not confirmed.
    expect(await rowOf(103)).toEqual(["+447400123457", no]);
    gateway.dead.add("+447400123457");
    gateway.ended("7-0", "+447400123457");
    await expect.poll(() => rowOf(103)).toEqual(["+447400123457", yes]);
    stop.abort();
    await running;
    await client.run("insert into users (id, name, phone) values (104, 'while away', 'x')");
    start(null);
    await expect.poll(() => rowOf(104)).toEqual(["x", yes]);
    await expect.poll(() => gateway.lastEventIds).toEqual([undefined, "7-0"]);
    stop.abort();
    await running;
    expect(await runUndo({ url, folder })).toMatchObject({ kept: 0 });
    expect([await rowOf(101), await rowOf(102), await rowOf(103)]).toEqual([
      ...[
        ["12", no],
        ["07400 123456", no],
        ["+447400123457", no],
      ],
    ]);
    expect(await readFile(`${folder}/rejects.csv`, "utf8")).toContain("103,+447400123457,number_inactive,");
  });

  test("with a column of times changed rows are found too, and without an index on it that is refused", async () => {
    const type =
      kind === "postgres"
        ? "timestamptz not null default now()"
        : "datetime(6) not null default now(6) on update now(6)";
    await client.run(`alter table users add column changed_at ${type}`);
    start("changed_at");
    await expect(running).rejects.toThrow(/changed_at begins no index/);
    await client.run("create index by_change on users (changed_at)");
    start("changed_at");
    await client.run(
      `update users set phone = '12345678901234567890'${kind === "postgres" ? ", changed_at = now()" : ""} where id = 1`,
    );
    await expect.poll(() => rowOf(1)).toEqual(["12345678901234567890", yes]);
  });

  test("a wrong number that somebody writes a second time is taken out a second time", async () => {
    const at = kind === "postgres" ? "timestamptz not null default now()" : "datetime(6) not null default now(6)";
    await client.run(`alter table users add column changed_at ${at}`);
    await client.run("create index by_change on users (changed_at)");
    folder = await mkdtemp(path.join(root, "run-"));
    await runClean({ kind, url, folder, apply: "set-null" });
    start("changed_at", "set-null");
    const now = kind === "postgres" ? "clock_timestamp()" : "now(6)";
    for (const _ of [1, 2]) {
      await client.run(`update users set phone = '12', changed_at = ${now} where id = 1`);
      await expect.poll(async () => (await rowOf(1))?.[0]).toBe("null");
      // Ten looks, which see it without a number.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  });
});
