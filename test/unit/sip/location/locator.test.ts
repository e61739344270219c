import { beforeEach, describe, expect, test } from "vitest";
import { createLocator } from "../../../../src/sip/location/locator.ts";
import type { Locator, NextHop } from "../../../../src/sip/location/port.ts";
import type { Answer, Questions } from "../../../../src/sip/location/questions.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const hop: NextHop = { host: "carrier.example", port: 5060, protocol: "tcp" };
const target = (address: string) => ({ protocol: "tcp", address, port: 5060 });

/** A name server that is told what to answer; `null`: nothing comes. */
class NameServer {
  answer: Answer<string> | null = { kind: "answered", records: ["192.0.2.1"], ttlMs: 60_000 };
  asked = 0;
  readonly questions: Questions = {
    naptr: async () => ({ kind: "absent" }),
    srv: async () => ({ kind: "absent" }),
    addresses: () => {
      this.asked++;
      return this.answer === null ? new Promise(() => undefined) : Promise.resolve(this.answer);
    },
    counts: { asked: 0, failed: 0, dropped: 0 },
    stop: () => undefined,
  };
  has(...records: string[]): void {
    this.answer = { kind: "answered", records, ttlMs: 60_000 };
  }
  isAway(): void {
    this.answer = { kind: "failed", code: "ETIMEOUT" };
  }
}

let clock: ManualClock;
let server: NameServer;
let locator: Locator;
/** Lets promises settle. */
const settle = () => new Promise((done) => setImmediate(done));

beforeEach(() => {
  clock = new ManualClock(1_000_000);
  server = new NameServer();
  const parts = { questions: server.questions, protocols: ["udp", "tcp"] as const, deadlineMs: 4000 };
  locator = createLocator({ ...parts, random: { below: () => 0 }, clock, nowMs: clock.nowMs });
});

describe("what is known", () => {
  test("an address needs no name server", () => {
    expect(locator.known({ host: "192.0.2.9" })).toEqual([{ protocol: "udp", address: "192.0.2.9", port: 5060 }]);
    expect(server.asked).toBe(0);
  });

  test("a name is asked for once, also by many at a time, and then known", async () => {
    expect(locator.known(hop)).toBeNull();
    const all = await Promise.all(Array.from({ length: 50 }, () => locator.locate(hop)));
    expect(all.every((targets) => targets[0]?.address === "192.0.2.1")).toBe(true);
    expect(locator.known({ ...hop })).toEqual([target("192.0.2.1")]);
    expect(server.asked).toBe(1);
  });

  test("targets carry the trunk's rules, and for TLS its name", async () => {
    const rules = { name: "trunk" };
    expect(await locator.locate({ ...hop, protocol: "tls", rules })).toEqual([
      { protocol: "tls", address: "192.0.2.1", port: 5060, serverName: "carrier.example", rules },
    ]);
    expect((await locator.locate({ ...hop, protocol: "tls", rules: { name: "other" } }))[0]?.rules?.name).toBe("other");
    // A reload of the configuration gives the same trunk other rules.
    const changed = { name: "trunk", pingSeconds: 30 };
    expect(locator.known({ ...hop, protocol: "tls", rules: changed })?.[0]?.rules).toBe(changed);
  });

  test("a hop in use is asked for again before its time is over, and nobody waits", async () => {
    await locator.locate(hop);
    server.has("192.0.2.2");
    clock.pass(44_999);
    locator.known(hop);
    expect(server.asked).toBe(1);
    clock.pass(1);
    expect(locator.known(hop)).toEqual([target("192.0.2.1")]);
    await settle();
    expect(server.asked).toBe(2);
    expect(locator.known(hop)).toEqual([target("192.0.2.2")]);
  });

  test("after a long pause the old answer is not used where a new one can be had", async () => {
    await locator.locate(hop);
    server.has("192.0.2.2");
    clock.pass(3_600_000);
    expect(locator.known(hop)).toBeNull();
    expect(await locator.locate(hop)).toEqual([target("192.0.2.2")]);
  });

  test("all targets are given however old they are: requests of a trunk that is not called come from there", async () => {
    server.has(...Array.from({ length: 12 }, (_, at) => `192.0.2.${at}`));
    await locator.locate(hop);
    clock.pass(7 * 86_400_000);
    server.has("192.0.2.2");
    expect(locator.all(hop)).toHaveLength(12);
    await settle();
    expect(locator.all(hop)).toEqual([target("192.0.2.2")]);
  });

  test("hops are bounded, the least used ones go", async () => {
    await locator.locate(hop);
    for (let at = 0; at < 1100; at++) {
      locator.known({ host: `192.0.2.${at % 250}`, port: 1000 + at });
      clock.pass(1);
      if (at % 100 === 0) locator.known(hop);
    }
    expect(locator.status().hops).toBe(1000);
    expect(locator.known(hop)).not.toBeNull();
  });
});

describe("name servers away", () => {
  test("what was known counts on for a day, and one question a while tries for more", async () => {
    await locator.locate(hop);
    server.isAway();
    for (let minute = 0; minute < 23 * 60; minute++) {
      clock.pass(60_000);
      locator.known(hop);
      await settle();
      expect(locator.known(hop)).toEqual([target("192.0.2.1")]);
    }
    expect(locator.status()).toMatchObject({ stale: 1, failing: 1 });
    clock.pass(2 * 3_600_000);
    expect(await locator.locate(hop)).toEqual([]);
    server.has("192.0.2.3");
    clock.pass(15_000);
    expect(await locator.locate(hop)).toEqual([target("192.0.2.3")]);
    expect(locator.status()).toMatchObject({ stale: 0, failing: 0 });
  });

  test("retries come at most every second, then more rarely, whatever the number of calls", async () => {
    server.isAway();
    for (let call = 0; call < 600; call++) {
      await locator.locate(hop);
      clock.pass(100);
    }
    expect(server.asked).toBeGreaterThan(4);
    expect(server.asked).toBeLessThan(10);
  });

  test("no answer at all: there is a deadline, and what was known is given", async () => {
    await locator.locate(hop);
    server.answer = null;
    clock.pass(3_600_000);
    const located = locator.locate(hop);
    await settle();
    clock.pass(4000);
    expect(await located).toEqual([target("192.0.2.1")]);
  });

  test("a name without address is none at once for 10 s", async () => {
    server.answer = { kind: "absent" };
    expect(await locator.locate(hop)).toEqual([]);
    server.has("192.0.2.1");
    clock.pass(5_000);
    expect(locator.known(hop)).toEqual([]);
    clock.pass(5_001);
    locator.known(hop);
    await settle();
    expect(locator.known(hop)).toEqual([target("192.0.2.1")]);
  });
});

describe("targets that fail", () => {
  const addresses = () =>
    locator
      .known(hop)
      ?.map(({ address }) => address.slice(-1))
      .join("");

  beforeEach(async () => {
    server.has("192.0.2.1", "192.0.2.2", "192.0.2.3");
    server.answer = { ...(server.answer as object), ttlMs: 3_600_000 } as Answer<string>;
    await locator.locate(hop);
  });
  const fail = (index: number, forMs?: number) =>
    locator.failed({ protocol: "tcp", address: `192.0.2.${index}`, port: 5060 }, forMs);

  test("are tried last for 30 s", () => {
    fail(1);
    expect(addresses()).toBe("231");
    clock.pass(29_999);
    expect(addresses()).toBe("231");
    clock.pass(1);
    expect(addresses()).toBe("123");
  });

  test("are tried last for longer each time, up to five minutes", () => {
    const spans: number[] = [];
    for (let time = 0; time < 6; time++) {
      fail(1);
      // Requests that were under way fail with it, and count once.
      fail(1);
      let spanMs = 0;
      for (; addresses() !== "123"; spanMs += 10_000) clock.pass(10_000);
      spans.push(spanMs / 1000);
    }
    expect(spans).toEqual([30, 60, 120, 240, 300, 300]);
  });

  test("are restored by a success, and after ten good minutes start anew", () => {
    fail(1);
    locator.worked({ protocol: "tcp", address: "192.0.2.1", port: 5060 });
    expect(addresses()).toBe("123");
    fail(1);
    clock.pass(30_000 + 600_000);
    fail(1);
    clock.pass(30_000);
    expect(addresses()).toBe("123");
  });

  test("all failed: the one whose time is over first comes first", () => {
    fail(3);
    clock.pass(1000);
    fail(1);
    fail(2, 120_000);
    expect(addresses()).toBe("312");
  });

  test("Retry-After counts, up to five minutes", () => {
    fail(1, 3_600_000);
    clock.pass(299_999);
    expect(addresses()).toBe("231");
    clock.pass(1);
    expect(addresses()).toBe("123");
  });

  test("what is kept of them is bounded", () => {
    for (let port = 1; port < 5000; port++) locator.failed({ protocol: "tcp", address: "192.0.2.1", port });
    expect(locator.status().penalized).toBe(1024);
  });
});
