/** What is known of a number, by which source. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { Value } from "typebox/value";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type NetworksConfig, NetworksSection } from "../../../../src/numbers/networks/config.ts";
import { createNetworks } from "../../../../src/numbers/networks/index.ts";
import type { LiveAnswer, LiveSource, NetworkObserver } from "../../../../src/numbers/networks/live-port.ts";
import { deferred } from "../../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import { ConfigError } from "../../../../src/typed-yaml/errors.ts";
import { createHashes } from "../../../../src/verification/hashes.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { memoryNetworkStore } from "../../../support/memory-network-store.ts";

const telkomsel = "+628121234567";
const original = { name: "Telkomsel", mccMnc: null, source: "original", ported: null };
let dir: string;
let clock: ManualClock;
let store: ReturnType<typeof memoryNetworkStore>;
let asked: string[];
/** What each source answers next; a promise that the test settles, or an answer. */
let answers: Record<string, LiveAnswer | Promise<LiveAnswer>>;
let seen: string[];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "onering-networks-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));
beforeEach(() => {
  clock = new ManualClock();
  store = memoryNetworkStore(clock);
  [asked, seen, answers] = [[], [], { enum: { kind: "none" }, http: { kind: "none" } }];
});

const config = (own: object = {}): NetworksConfig =>
  Value.Default(NetworksSection, structuredClone(own)) as NetworksConfig;
const enumKeys = { zone: "enum.test", servers: ["127.0.0.1"] };
const httpKeys = { url: "https://lookup.test/{digits}", name: "/name" };
const fileOf = async (name: string, text: string) => {
  await writeFile(path.join(dir, name), text);
  return { path: path.join(dir, name) };
};

const observer: NetworkObserver = {
  asked: (source, result) => seen.push(`${source} ${result}`),
  cache: (where) => seen.push(where),
};

function sourcesOf({ order, enum: byEnum, http }: NetworksConfig): readonly LiveSource[] {
  const source = (name: "enum" | "http"): LiveSource => ({
    ...{ name, deadlineMs: 1000, health: () => ({ up: true, detail: "ok" }), close: () => undefined },
    ask(e164) {
      asked.push(`${name} ${e164}`);
      return Promise.resolve(answers[name] ?? { kind: "none" });
    },
  });
  return order.flatMap((name) =>
    (name === "enum" && byEnum !== undefined) || (name === "http" && http !== undefined) ? [source(name)] : [],
  );
}

const networksOf = (own: object = {}) =>
  createNetworks({
    ...{
      config: config(own),
      store,
      hash: createHashes("a key of 32 characters and some more").presented,
      observer,
      clock,
    },
    ...{ random: cryptoRandom, logger: pino({ level: "silent" }), sources: sourcesOf },
  });

const answered = (network: object): LiveAnswer => ({
  kind: "answered",
  network: { name: null, mccMnc: null, ported: null, ...network },
});

describe("without a configured source", () => {
  test("a number has the name of its range, at once, and nothing is asked", async () => {
    const networks = networksOf();
    expect(networks.known(telkomsel)).toEqual(original);
    expect(await networks.find(telkomsel, 1000)).toEqual(original);
    expect(networks.known("+12125550123")).toBeNull();
    expect([networks.startWaitMs, asked, seen]).toEqual([null, [], []]);
  });
});

describe("the operator's file", () => {
  test("goes before the name of a range; a code without a name has that of networks.names", async () => {
    const file = await fileOf("a.csv", "62812,51011,XL,true\n62813,510-21,\n");
    const networks = networksOf({ file, names: { "51021": "Indosat" } });
    await networks.start();
    expect(networks.known(telkomsel)).toEqual({ name: "XL", mccMnc: "51011", source: "file", ported: true });
    expect(networks.known("+628131234567")).toEqual({ name: "Indosat", mccMnc: "51021", source: "file", ported: null });
    expect(networks.known("+628111234567")).toEqual(original);
    expect(networks.status().rows).toBe(2);
  });

  test("with a fault it stops the start, and a reload changes nothing", async () => {
    const file = await fileOf("b.csv", "62812,51011,XL\n");
    const networks = networksOf({ file });
    await networks.start();
    await fileOf("b.csv", "62812,51010,Telkomsel\n0812,51010,Telkomsel\n");
    await expect(networks.prepare(config({ file }))).rejects.toThrow(ConfigError);
    await expect(networks.prepare(config({ file }))).rejects.toThrow(/networks\.file\.path.*line 2: prefix/);
    expect(networks.known(telkomsel)?.name).toBe("XL");
    await expect(networksOf({ file }).start()).rejects.toThrow(/line 2/);
  });

  test("its content is new after a reload, whether or not the configuration is", async () => {
    const file = await fileOf("c.csv", "62812,51011,XL\n");
    const networks = networksOf({ file });
    await networks.start();
    await fileOf("c.csv", "62812,51021,Indosat\n");
    await networks.prepare(config({ file }));
    expect(networks.known(telkomsel)?.name).toBe("Indosat");
    const other = await fileOf("d.csv", "62812,51089,Three\n");
    await networks.prepare(config({ file: other }));
    expect(networks.known(telkomsel)?.name).toBe("Indosat");
    networks.configure(config({ file: other }));
    expect(networks.known(telkomsel)?.name).toBe("Three");
    await networks.prepare(config());
    networks.configure(config());
    expect(networks.known(telkomsel)).toEqual(original);
  });
});

describe("live sources", () => {
  test("the first one that knows the number decides, and its answer is kept for as long as configured", async () => {
    const networks = networksOf({ enum: enumKeys, http: httpKeys, cache: { seconds: 600 } });
    answers.http = answered({ mccMnc: "51021", name: "Indosat", ported: true });
    const found = { name: "Indosat", mccMnc: "51021", source: "http", ported: true };
    expect(await networks.find(telkomsel, 500)).toEqual(found);
    expect(networks.known(telkomsel)).toEqual(found);
    expect(await networks.find(telkomsel, 500)).toEqual(found);
    expect(asked).toEqual([`enum ${telkomsel}`, `http ${telkomsel}`]);
    expect(seen).toEqual(["none", "enum none", "http answered", "memory"]);
    clock.advance(600_001);
    expect(networks.known(telkomsel)).toEqual(original);
    await networks.find(telkomsel, 500);
    expect(asked).toHaveLength(4);
  });

  test("another gateway finds the answer in the store, which holds no number", async () => {
    answers.enum = answered({ mccMnc: "51021", ported: true });
    await networksOf({ enum: enumKeys }).find(telkomsel, 500);
    answers.enum = { kind: "failed" };
    const other = networksOf({ enum: enumKeys });
    expect(await other.find(telkomsel, 500)).toMatchObject({ mccMnc: "51021", source: "enum", ported: true });
    expect(asked).toHaveLength(1);
    expect(JSON.stringify(store.contents())).not.toContain(telkomsel.slice(1));
  });

  test("that no source knows a number is kept for a shorter time", async () => {
    const networks = networksOf({ enum: enumKeys, cache: { negative_seconds: 60 } });
    expect(await networks.find(telkomsel, 500)).toEqual(original);
    await networks.find(telkomsel, 500);
    expect(asked).toHaveLength(1);
    clock.advance(60_001);
    await networks.find(telkomsel, 500);
    expect(asked).toHaveLength(2);
  });

  test("what fails is not kept: the next one is asked, and with the next question it is asked again", async () => {
    const networks = networksOf({ enum: enumKeys, http: httpKeys });
    answers.enum = { kind: "timeout" };
    expect(await networks.find(telkomsel, 500)).toEqual(original);
    answers.enum = answered({ name: "XL" });
    expect((await networks.find(telkomsel, 500))?.name).toBe("XL");
    expect(asked.map((text) => text.split(" ")[0])).toEqual(["enum", "http", "enum"]);
  });

  test("a caller waits for its budget alone; the lookup goes on, is shared, and fills the cache", async () => {
    const networks = networksOf({ enum: enumKeys });
    const late = deferred<LiveAnswer>();
    answers.enum = late.promise;
    const first = networks.find(telkomsel, 100);
    const second = networks.find(telkomsel, 5000);
    await new Promise(setImmediate);
    clock.advance(100);
    expect(await first).toEqual(original);
    late.resolve(answered({ name: "XL", mccMnc: "51011", ported: true }));
    expect((await second)?.name).toBe("XL");
    expect(networks.known(telkomsel)?.name).toBe("XL");
    expect(asked).toHaveLength(1);
    expect(seen).toEqual(["shared", "none", "enum answered"]);
  });

  test("with a budget of 0 nothing waits", async () => {
    const networks = networksOf({ enum: enumKeys, wait_ms: 0 });
    answers.enum = answered({ name: "XL" });
    expect(networks.startWaitMs).toBe(0);
    expect(await networks.find(telkomsel, 0)).toEqual(original);
    await expect.poll(() => networks.known(telkomsel)?.name).toBe("XL");
  });

  test("within its budget per minute and per day; without the store that counts it nothing is asked", async () => {
    const networks = networksOf({ enum: { ...enumKeys, per_minute: 2, per_day: 3 } });
    const numberOf = (n: number) => `+62812123456${n}`;
    for (const n of [1, 2, 3]) await networks.find(numberOf(n), 500);
    expect(asked).toHaveLength(2);
    clock.advance(60_000);
    for (const n of [4, 5]) await networks.find(numberOf(n), 500);
    expect(asked).toHaveLength(3);
    expect(seen.filter((text) => text === "enum over_budget")).toHaveLength(2);
    store.isDown = true;
    clock.advance(86_400_000);
    expect(await networks.find(numberOf(6), 500)).toEqual({ ...original });
    expect([asked.length, seen.at(-1)]).toEqual([3, "enum store_unavailable"]);
  });

  test("lookups over the API leave half of each budget to deliveries", async () => {
    const networks = networksOf({ enum: { ...enumKeys, per_minute: 100, per_day: 4 } });
    const numberOf = (n: number) => `+62812123456${n}`;
    for (const n of [1, 2, 3]) await networks.find(numberOf(n), 500, "lookup");
    expect(asked).toHaveLength(2);
    for (const n of [4, 5, 6]) await networks.find(numberOf(n), 500);
    expect(asked).toHaveLength(4);
  });

  test("those behind the file are not asked about what it knows", async () => {
    const file = await fileOf("e.csv", "62812,51011,XL\n");
    const networks = networksOf({ order: ["enum", "file", "http"], enum: enumKeys, http: httpKeys, file });
    await networks.start();
    expect((await networks.find(telkomsel, 500))?.source).toBe("file");
    await networks.find("+628111234567", 500);
    expect(asked.map((text) => text.split(" ")[0])).toEqual(["enum", "enum", "http"]);
    answers.enum = answered({ mccMnc: "51021", ported: true });
    clock.advance(86_400_000);
    expect((await networks.find(telkomsel, 500))?.source).toBe("enum");
  });

  test("a number that was not ported has the name of its range, a ported one has not", async () => {
    const networks = networksOf({ enum: enumKeys });
    answers.enum = answered({ ported: false });
    expect(await networks.find(telkomsel, 500)).toEqual({ ...original, source: "enum", ported: false });
    answers.enum = answered({ ported: true });
    expect(await networks.find("+628121234568", 500)).toEqual({
      ...original,
      name: null,
      source: "enum",
      ported: true,
    });
  });

  test("erasing forgets in memory and in the store", async () => {
    const networks = networksOf({ enum: enumKeys });
    answers.enum = answered({ name: "XL" });
    await networks.find(telkomsel, 500);
    expect(await networks.forget(telkomsel)).toBe(true);
    expect([networks.known(telkomsel), store.contents()]).toEqual([original, []]);
    expect(await networks.forget(telkomsel)).toBe(false);
  });

  test("a reload that removes a source asks it no more, and its answers count no more", async () => {
    const networks = networksOf({ enum: enumKeys });
    answers.enum = answered({ name: "XL" });
    await networks.find(telkomsel, 500);
    await networks.prepare(config());
    networks.configure(config());
    expect([networks.startWaitMs, networks.known(telkomsel)?.name]).toEqual([null, "Telkomsel"]);
  });
});
