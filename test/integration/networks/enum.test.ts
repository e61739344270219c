/** ENUM against a real name server (NSD), and against what an attacker or a broken one sends. */
import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { NetworksSection } from "../../../src/numbers/networks/config.ts";
import { createEnumSource, enumDomain } from "../../../src/numbers/networks/enum/source.ts";
import type { LiveSource } from "../../../src/numbers/networks/live-port.ts";
import { createGate } from "../../../src/outgoing-http/gate.ts";
import { systemClock as clock } from "../../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../../src/shared/random.ts";
import { ensureNameServer } from "../../support/fetch/name-server.ts";
import { brokenZone, type Nsd, startNsd } from "../../support/nsd.ts";
import { within } from "../../support/within.ts";

const zone = "enum.test";
const deadlineMs = 600;
const ported = "+447400123456";
const stayed = "+447400123457";
const oversized = "+447400123458";
const forAnother = "+447400123459";
const withoutRecords = "+447400123460";
const nowhere = "+447400999999";
let nsd: Nsd;
const sources: LiveSource[] = [];
const sockets: Socket[] = [];

const labels = (e164: string) => enumDomain(e164, "").slice(0, -1);
const naptr = (e164: string, uri: string, order = 100, service = "E2U+pstn:tel") =>
  `${labels(e164)} IN NAPTR ${order} 10 "u" "${service}" "!^.*$!${uri.replaceAll(";", "\\;")}!" .`;

beforeAll(async () => {
  nsd = await startNsd(await ensureNameServer(runtimeDir, () => undefined), zone, [
    naptr(ported, `tel:${ported};npdi;rn=+447911;mcc=234;mnc=015`),
    naptr(stayed, `sip:${stayed};npdi@ims.mnc033.mcc234.3gppnetwork.org;user=phone`, 100, "E2U+sip"),
    // 150 records of 250 bytes: 37 KB, by TCP alone.
    ...Array.from({ length: 150 }, (_, at) =>
      naptr(oversized, `tel:${oversized};npdi;rn=+4479;cn=${"x".repeat(80)}${at}`, 100 + at),
    ),
    naptr(forAnother, `tel:${ported};npdi;rn=+447911;mcc=234;mnc=015`),
    `${labels(withoutRecords)} IN A 192.0.2.1`,
  ]);
});
afterAll(async () => {
  for (const source of sources) source.close();
  for (const socket of sockets) socket.close();
  await nsd?.stop();
});

function sourceOf(server: string, own: object = {}): LiveSource {
  const keys = { zone, servers: [server], timeout_ms: 100, tries: 2, deadline_ms: deadlineMs, ...own };
  const config = (Value.Default(NetworksSection, { enum: keys }) as { enum: never }).enum;
  const source = createEnumSource({ config, gate: createGate({ clock, random, perSecond: 1000 }), clock });
  sources.push(source);
  return source;
}

/** A server on loopback that answers by `reply`, or not at all. */
async function serverOf(reply: ((query: Buffer) => readonly Buffer[]) | null): Promise<string> {
  const socket = createSocket("udp4");
  sockets.push(socket);
  if (reply !== null) {
    socket.on("message", (query, { port, address }) => {
      for (const answer of reply(query)) socket.send(answer, port, address);
    });
  }
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return `127.0.0.1:${(socket.address() as AddressInfo).port}`;
}

/** An answer to the query with one NAPTR record. @param owner of the record; undefined: the name that was asked for */
function forged(query: Buffer, uri: string, changed: { readonly id?: number; readonly owner?: Buffer } = {}): Buffer {
  const question = query.subarray(12, query.indexOf(0, 12) + 5);
  const head = Buffer.from(query.subarray(0, 12));
  if (changed.id !== undefined) head.writeUInt16BE(changed.id, 0);
  head.writeUInt16BE(0x8580, 2);
  for (const [at, count] of [
    [4, 1],
    [6, 1],
    [8, 0],
    [10, 0],
  ] as const)
    head.writeUInt16BE(count, at);
  const text = (value: string) => Buffer.from([value.length, ...Buffer.from(value)]);
  const data = Buffer.concat([
    Buffer.from([0, 100, 0, 10]),
    ...[text("u"), text("E2U+pstn:tel"), text(`!^.*$!${uri}!`), Buffer.from([0])],
  ]);
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(35, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(60, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([head, question, changed.owner ?? Buffer.from([0xc0, 12]), fixed, data]);
}

describe("a name server that knows ported numbers", () => {
  test("a ported number: its code, and that it was ported", async () => {
    expect(await sourceOf(nsd.address).ask(ported)).toEqual({
      kind: "answered",
      network: { mccMnc: "23415", name: null, ported: true },
    });
  });

  test("a number that was not ported, by a SIP URI of the mobile core", async () => {
    expect(await sourceOf(nsd.address).ask(stayed)).toEqual({
      kind: "answered",
      network: { mccMnc: "23433", name: null, ported: false },
    });
  });

  test("a routing number means the network that the configuration says", async () => {
    const providers = { "4479": { mcc_mnc: "234-20", name: "Three" }, "44": { name: "somebody" } };
    expect(await sourceOf(nsd.address, { providers }).ask(oversized)).toMatchObject({
      network: { mccMnc: "23420", ported: true },
    });
  });

  test("an answer that does not fit a datagram comes by TCP", async () => {
    const answer = await sourceOf(nsd.address).ask(oversized);
    expect(answer).toMatchObject({ kind: "answered", network: { name: `${"x".repeat(80)}0`, ported: true } });
  });

  test("a name that does not exist, or has no such record, says that nothing is known", async () => {
    const source = sourceOf(nsd.address);
    expect(await source.ask(nowhere)).toEqual({ kind: "none" });
    expect(await source.ask(withoutRecords)).toEqual({ kind: "none" });
    expect(source.health().up).toBe(true);
  });

  test("an answer about another number is not believed", async () => {
    expect(await sourceOf(nsd.address).ask(forAnother)).toEqual({ kind: "none" });
  });
});

describe("a name server that does not work", () => {
  test("SERVFAIL and REFUSED are failures, and after three in a row it is left alone", async () => {
    const source = sourceOf(nsd.address, { zone: brokenZone });
    const kinds = [];
    for (let at = 0; at < 4; at++) kinds.push((await source.ask(ported)).kind);
    expect(kinds).toEqual(["failed", "failed", "failed", "busy"]);
    expect(source.health()).toEqual({ up: false, detail: "3 requests in a row failed" });
    expect(await sourceOf(nsd.address, { zone: "elsewhere.test" }).ask(ported)).toEqual({ kind: "failed" });
  });

  test("one that is silent costs no more than the deadline, however many servers there are", async () => {
    const silent = await serverOf(null);
    const source = sourceOf(silent, { servers: [silent, await serverOf(null), await serverOf(null)], tries: 5 });
    expect(await within(deadlineMs + 400, source.ask(ported))).toEqual({ kind: "timeout" });
  });

  test("after three lookups without an answer nothing waits for it", async () => {
    const source = sourceOf(await serverOf(null), { tries: 5, deadline_ms: 100 });
    for (let at = 0; at < 3; at++) expect(await source.ask(ported)).toEqual({ kind: "timeout" });
    expect(await source.ask(ported)).toEqual({ kind: "busy" });
    expect(source.health().up).toBe(false);
  });

  test("the next server is asked where the first one is silent", async () => {
    const source = sourceOf(nsd.address, { servers: [await serverOf(null), nsd.address] });
    expect(await source.ask(ported)).toMatchObject({ kind: "answered", network: { mccMnc: "23415" } });
  });

  test("no more lookups are made at once than configured", async () => {
    const source = sourceOf(await serverOf(null), { max_concurrent: 2 });
    const kinds = (await Promise.all([ported, stayed, nowhere].map((number) => source.ask(number)))).map(
      ({ kind }) => kind,
    );
    expect(kinds.sort()).toEqual(["busy", "timeout", "timeout"]);
  });
});

describe("an attacker who can send datagrams", () => {
  const evil = `tel:${ported};npdi;mcc=999;mnc=99`;
  const honest = `tel:${ported};npdi;rn=+447911;mcc=234;mnc=15`;

  test("answers with other ids are ignored; the honest one that comes after them counts", async () => {
    const server = await serverOf((query) => [
      ...[1, 2, 3].map((n) => forged(query, evil, { id: (query.readUInt16BE(0) + n) % 65_536 })),
      forged(query, honest),
    ]);
    expect(await sourceOf(server).ask(ported)).toMatchObject({ kind: "answered", network: { mccMnc: "23415" } });
  });

  test.each([
    ["noise", () => Buffer.alloc(4000, 0x5a)],
    ["the head alone", (query: Buffer) => forged(query, honest).subarray(0, 12)],
    ["a record that is cut off", (query: Buffer) => forged(query, honest).subarray(0, -10)],
    ["a name that points to itself", (query: Buffer) => forged(query, honest, { owner: loopOf(query) })],
  ])("%s: within the deadline, and never an answer", async (_, reply) => {
    const server = await serverOf((query) => [reply(query)]);
    const { kind } = await within(deadlineMs + 400, sourceOf(server).ask(ported));
    expect(["timeout", "failed", "none"]).toContain(kind);
  });
});

/** A compression pointer to its own place behind the question. */
function loopOf(query: Buffer): Buffer {
  const at = query.indexOf(0, 12) + 5;
  return Buffer.from([0xc0 | (at >> 8), at & 0xff]);
}
