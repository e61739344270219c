/** Lists cleaned over the API of a real gateway: upload, progress, results, event, and a gateway that is killed. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FuzzedGateway, fuzzedDocument, keys, scratchRecords, startFuzzedGateway } from "../../fuzz/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { openSse } from "../../support/sse-client.ts";
import { within } from "../../support/within.ts";

const runtime = withRuntime();
const pieceBytes = 1_000_000;
let gateway: FuzzedGateway;
let records: Awaited<ReturnType<typeof scratchRecords>>;
let folder: string;
let document: object;

beforeAll(async () => {
  records = await scratchRecords();
  folder = await mkdtemp(path.join(tmpdir(), "onering-scrubs-"));
  const redis = await runtime.redis();
  document = fuzzedDocument(redis.url, records.url, { scrubs: { folder: path.join(folder, "lists"), per_app: 5 } });
  gateway = await startFuzzedGateway(document);
});
afterAll(async () => {
  await gateway.stop();
  await records.remove();
  await rm(folder, { recursive: true, force: true });
});

async function ask(method: string, to: string, body?: object | Buffer, key: string = keys.shop) {
  const isPiece = Buffer.isBuffer(body);
  const response = await fetch(`http://127.0.0.1:${gateway.port}/v1/scrubs${to}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": isPiece ? "application/octet-stream" : "application/json" }),
    },
    ...(body !== undefined && { body: isPiece ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, json, text };
}

async function upload(list: string, about: object): Promise<string> {
  const created = await ask("POST", "", about);
  expect(created.status, created.text).toBe(201);
  const id = String(created.json.id);
  const all = Buffer.from(list);
  for (let offset = 0; offset < all.length; offset += pieceBytes) {
    const sent = await ask("PUT", `/${id}/list?offset=${offset}`, all.subarray(offset, offset + pieceBytes));
    expect(sent.status, sent.text).toBe(200);
  }
  return id;
}

const ended = (id: string) =>
  expect.poll(async () => (await ask("GET", `/${id}`)).json.state, { timeout: 60_000, interval: 200 }).toBe("finished");

it("a list is uploaded in pieces, cleaned, told of, fetched and removed; other apps see nothing of it", async () => {
  const events = await openSse(`http://127.0.0.1:${gateway.port}/v1/events`, { key: keys.shop });
  const list = [
    "name,phone",
    "Ana,07400 123456",
    "Ben,+44 7400 123456",
    "Cem,+441212345678",
    "Dot,0740012",
    'Eva,"+44 7400 123457"',
  ].join("\n");
  const id = await upload(`${list}\n`, { name: "customers", column: "phone", country: "gb" });
  const wrongPlace = await ask("PUT", `/${id}/list?offset=3`, Buffer.from("x"));
  expect([wrongPlace.status, wrongPlace.json.code]).toEqual([409, "conflict"]);
  expect((await ask("GET", `/${id}/files/clean.csv`)).status).toBe(404);
  expect((await ask("POST", `/${id}/start`)).json.state).toMatch(/queued|running/);
  await ended(id);
  const about = await ask("GET", `/${id}`);
  expect(about.json).toMatchObject({
    ...{ name: "customers", progress: { rows: 5, share: 1 }, problem: null },
    read_as: {
      format: "csv",
      header: true,
      column: { name: "phone", guessed_share: null },
      country: { country: "GB" },
    },
    summary: { rows: 5, clean: 2, rejected: 3, duplicates: 1, by_reason: { duplicate: 1, number_is_landline: 1 } },
    files: ["clean.csv", "rejects.csv", "summary.json"],
  });
  expect((await ask("GET", `/${id}/files/clean.csv`)).text).toMatch(/^name,phone\nAna,.*\nEva,.*\n$/);
  const rejects = (await ask("GET", `/${id}/files/rejects.csv`)).text;
  expect(rejects).toMatch(/^name,phone,reason/);
  expect(rejects).toContain("duplicate");
  await within(
    10_000,
    events.when(() => events.text.includes("scrub.ended")),
  );
  events.close();
  const told = events.events.find(({ data }) => data.type === "scrub.ended");
  expect(told?.data.data).toMatchObject({ scrub: id, state: "finished", rows: 5, clean: 2, rejected: 3 });
  for (const [method, to] of [
    ["GET", ""],
    ["POST", "/start"],
    ["GET", "/files/clean.csv"],
    ["DELETE", ""],
  ] as const) {
    expect((await ask(method, `/${id}${to}`, undefined, keys.bank)).status, `${method} ${to}`).toBe(404);
  }
  expect((await ask("GET", "", undefined, keys.bank)).json).toEqual({ scrubs: [] });
  expect((await ask("DELETE", `/${id}`)).status).toBe(204);
  expect((await ask("GET", `/${id}`)).status).toBe(404);
});

it("a list that cannot be cleaned says what to change, in the words of the API", async () => {
  const id = await upload("a,b\n1,2\n", { column: "phone" });
  await ask("POST", `/${id}/start`);
  await expect.poll(async () => (await ask("GET", `/${id}`)).json.state, { timeout: 20_000 }).toBe("failed");
  const { problem } = (await ask("GET", `/${id}`)).json;
  expect(problem).toMatch(/phone/);
  expect(problem).not.toMatch(/--|\/tmp|onering-scrubs/);
});

it("a list goes on where its gateway was killed", async () => {
  const rows = Array.from({ length: 150_000 }, (_, at) => `${at},+4474001${String(at).padStart(6, "0").slice(-5)}`);
  const id = await upload(`id,phone\n${rows.join("\n")}\n`, { column: "phone" });
  await ask("POST", `/${id}/start`);
  await expect
    .poll(async () => Number(((await ask("GET", `/${id}`)).json.progress as { rows: number }).rows), {
      timeout: 30_000,
      interval: 50,
    })
    .toBeGreaterThan(0);
  await gateway.kill();
  gateway = await startFuzzedGateway(document);
  await ended(id);
  const { summary } = (await ask("GET", `/${id}`)).json;
  expect(summary).toMatchObject({ rows: 150_000, clean: 100_000, duplicates: 50_000 });
  expect((await ask("GET", `/${id}/files/clean.csv`)).text.split("\n")).toHaveLength(100_002);
});
