/** RFC 3263 against a real name server (NSD): NAPTR, SRV, chains of CNAMEs, names that are missing, and a server that stops. */
import { createSocket, type Socket } from "node:dgram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { systemClock as clock } from "../../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../../src/shared/random.ts";
import { createLocation } from "../../../src/sip/location/index.ts";
import type { Locator, NextHop } from "../../../src/sip/location/port.ts";
import { ensureNameServer } from "../../support/fetch/name-server.ts";
import { brokenZone, type Nsd, startNsd } from "../../support/nsd.ts";

const zone = "carrier.test";
let nsd: Nsd;
const locators: Locator[] = [];
const sockets: Socket[] = [];

const many = 10_000;

beforeAll(async () => {
  nsd = await startNsd(await ensureNameServer(runtimeDir, () => undefined), zone, [
    '@ IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp',
    '@ IN NAPTR 20 10 "s" "SIP+D2U" "" _sip._udp',
    '@ IN NAPTR 20 20 "s" "SIP+D2T" "" _sip._tcp',
    "_sips._tcp IN SRV 10 0 5061 sbc1",
    "_sip._udp IN SRV 10 70 5060 sbc1",
    "_sip._udp IN SRV 10 30 5062 sbc2",
    "_sip._udp IN SRV 20 0 5064 sbc3",
    "_sip._tcp IN SRV 10 0 5060 sbc1",
    "sbc1 IN A 192.0.2.1",
    "sbc2 IN A 192.0.2.2",
    "sbc2 IN AAAA 2001:db8::2",
    "sbc3 IN CNAME a.chain",
    "a.chain IN CNAME b.chain",
    "b.chain IN CNAME c.chain",
    "c.chain IN A 192.0.2.3",
    "alias IN CNAME @",
    // 400 records of 60 bytes: by TCP alone.
    ...Array.from({ length: 400 }, (_, at) => `_sip._tcp.large IN SRV ${at} 0 5060 n${at}`),
    ...Array.from({ length: many }, (_, at) => `n${at} IN A 198.51.${at >> 8}.${at & 255}`),
  ]);
});
afterAll(async () => {
  for (const locator of locators) locator.stop();
  for (const socket of sockets) socket.close();
  await nsd?.stop();
});

function locatorOf(server = nsd.address, protocols: readonly ("udp" | "tcp" | "tls")[] = ["udp", "tcp"]): Locator {
  const nowMs = () => performance.now();
  const locator = createLocation({ servers: [server], protocols, families: [4, 6], random, clock, nowMs });
  locators.push(locator);
  return locator;
}

async function found(hop: NextHop, locator = locatorOf()): Promise<readonly string[]> {
  return (await locator.locate(hop)).map(({ protocol, address, port }) => `${protocol} ${address} ${port}`);
}

describe("a zone as a carrier has it", () => {
  test("NAPTR leads to TLS where we have it, with the name that the certificate must be for", async () => {
    expect(await locatorOf(nsd.address, ["udp", "tcp", "tls"]).locate({ host: zone })).toEqual([
      { protocol: "tls", address: "192.0.2.1", port: 5061, serverName: zone },
    ]);
  });

  test("without TLS to UDP and then TCP, by priority and weight, over a chain of CNAMEs, both families", async () => {
    const locator = locatorOf();
    const first = new Map<string, number>();
    await locator.locate({ host: zone });
    for (let call = 0; call < 2000; call++) {
      const targets = await found({ host: zone }, locator);
      expect(targets.toSorted()).toEqual([
        "tcp 192.0.2.1 5060",
        "udp 192.0.2.1 5060",
        "udp 192.0.2.2 5062",
        "udp 192.0.2.3 5064",
        "udp 2001:db8::2 5062",
      ]);
      expect(targets.slice(3)).toEqual(["udp 192.0.2.3 5064", "tcp 192.0.2.1 5060"]);
      first.set(targets[0] ?? "", (first.get(targets[0] ?? "") ?? 0) + 1);
    }
    // 70 %; five standard deviations of chance to each side.
    expect(first.get("udp 192.0.2.1 5060")).toBeGreaterThan(1400 - 105);
    expect(first.get("udp 192.0.2.1 5060")).toBeLessThan(1400 + 105);
    expect(locator.status().questions).toMatchObject({ failed: 0, dropped: 0 });
  });

  test("a name that is a CNAME has its target's NAPTR records", async () => {
    expect((await found({ host: `alias.${zone}` }))[4]).toBe("tcp 192.0.2.1 5060");
  });

  test("a given transport asks for its SRV records, a given port for addresses", async () => {
    expect(await found({ host: zone, protocol: "tcp" })).toEqual(["tcp 192.0.2.1 5060"]);
    expect(await found({ host: `sbc2.${zone}`, port: 5070 })).toEqual(["udp 192.0.2.2 5070", "udp 2001:db8::2 5070"]);
  });

  test("an answer of 400 SRV records comes by TCP; the 16 of the lowest priorities are tried", async () => {
    const targets = await found({ host: `large.${zone}`, protocol: "tcp" });
    expect(targets).toEqual(Array.from({ length: 16 }, (_, at) => `tcp 198.51.0.${at} 5060`));
  });

  test("the machine's own names are looked up in its own way", async () => {
    expect(await found({ host: "localhost", port: 5060, protocol: "tcp" })).toContain("tcp 127.0.0.1 5060");
  });

  test("a name that does not exist, and one without addresses, have no targets, and are no failure", async () => {
    const locator = locatorOf();
    expect(await found({ host: `nowhere.${zone}` }, locator)).toEqual([]);
    expect(await found({ host: `chain.${zone}`, port: 5060 }, locator)).toEqual([]);
    expect(locator.status()).toMatchObject({ failing: 0 });
  });

  test("a zone that its server cannot read is a failure, no missing name", async () => {
    const locator = locatorOf();
    expect(await found({ host: `sbc.${brokenZone}` }, locator)).toEqual([]);
    expect(locator.status()).toMatchObject({ hops: 1, failing: 1 });
  });

  test("of 10,000 names 1,000 are kept", async () => {
    const locator = locatorOf();
    for (let from = 0; from < many; from += 50) {
      const batch = Array.from({ length: 50 }, (_, at) => from + at);
      const targets = await Promise.all(batch.map((at) => found({ host: `n${at}.${zone}`, port: 5060 }, locator)));
      expect(targets.map(([target]) => target)).toEqual(batch.map((at) => `udp 198.51.${at >> 8}.${at & 255} 5060`));
    }
    expect(locator.status()).toMatchObject({ hops: 1000, failing: 0 });
  });
});

test("a name server that stops answering is waited for in vain once; what it said before counts on", async () => {
  const silent = createSocket("udp4");
  sockets.push(silent);
  await new Promise<void>((done) => silent.bind(0, "127.0.0.1", done));
  const upstream = createSocket("udp4");
  sockets.push(upstream);
  const [host, port] = nsd.address.split(":");
  let answers = true;
  silent.on("message", (question, from) => {
    if (!answers) return;
    upstream.once("message", (answer) => silent.send(answer, from.port, from.address));
    upstream.send(question, Number(port), host);
  });
  let skippedMs = 0;
  const locator = createLocation({
    servers: [`127.0.0.1:${silent.address().port}`],
    ...{ protocols: ["udp"], families: [4], random, clock, nowMs: () => performance.now() + skippedMs },
  });
  locators.push(locator);
  const hop = { host: `sbc1.${zone}`, port: 5060 };
  expect(await found(hop, locator)).toEqual(["udp 192.0.2.1 5060"]);
  answers = false;
  skippedMs = 600_000;
  const startedMs = performance.now();
  expect(locator.known(hop)).toBeNull();
  expect(await found(hop, locator)).toEqual(["udp 192.0.2.1 5060"]);
  expect(performance.now() - startedMs).toBeLessThan(4500);
  expect(locator.status()).toMatchObject({ stale: 1, failing: 1 });
  // The next calls do not wait.
  expect(locator.known(hop)?.[0]?.address).toBe("192.0.2.1");
  answers = true;
  skippedMs += 15_000;
  locator.known(hop);
  await expect.poll(() => locator.status()).toMatchObject({ stale: 0, failing: 0 });
});
