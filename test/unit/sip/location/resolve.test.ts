import type { NaptrRecord, SrvRecord } from "node:dns";
import { describe, expect, test } from "vitest";
import type { Answer, Questions } from "../../../../src/sip/location/questions.ts";
import { literalOf, resolve } from "../../../../src/sip/location/resolve.ts";
import type { TransportProtocol } from "../../../../src/sip/transport/port.ts";

const ours: readonly TransportProtocol[] = ["udp", "tcp", "tls"];

const naptr = (order: number, service: string, replacement: string, flags = "s"): NaptrRecord => ({
  ...{ flags, service, regexp: "", replacement, order, preference: 10 },
});
const srv = (priority: number, weight: number, name: string, port: number): SrvRecord => ({
  priority,
  weight,
  name,
  port,
});

/** By question: records, a failure's code, or nothing. */
type Zone = Readonly<Record<string, readonly unknown[] | string>>;

function questionsOf(zone: Zone): Questions & { readonly asked: string[] } {
  const asked: string[] = [];
  const answer = async (kind: string, name: string): Promise<Answer<never>> => {
    asked.push(`${kind} ${name}`);
    const found = zone[`${kind} ${name}`];
    if (found === undefined) return { kind: "absent" };
    if (typeof found === "string") return { kind: "failed", code: found };
    return { kind: "answered", records: found as never[], ttlMs: 60_000 };
  };
  return {
    asked,
    naptr: (name) => answer("naptr", name),
    srv: (name) => answer("srv", name),
    addresses: (name) => answer("a", name),
    counts: { asked: 0, failed: 0, dropped: 0 },
    stop: () => undefined,
  };
}

async function found(hop: Parameters<typeof resolve>[0], zone: Zone, protocols = ours) {
  const questions = questionsOf(zone);
  const resolution = await resolve(hop, questions, protocols);
  const { asked } = questions;
  if ("failed" in resolution) return { asked, targets: resolution.failed };
  const targets = resolution.groups.map((group) =>
    group.flatMap(({ weight, targets }) =>
      targets.flat().map(({ protocol, address, port }) => `${protocol} ${address}:${port} ${weight}`),
    ),
  );
  return { asked, targets };
}

describe("addresses in place of names", () => {
  test.each([
    [{ host: "192.0.2.1" }, { protocol: "udp", address: "192.0.2.1", port: 5060 }],
    [
      { host: "192.0.2.1", port: 5080, protocol: "tcp" },
      { protocol: "tcp", address: "192.0.2.1", port: 5080 },
    ],
    [
      { host: "2001:db8::1", protocol: "tls" },
      { protocol: "tls", address: "2001:db8::1", port: 5061 },
    ],
    [{ host: "carrier.example" }, null],
  ] as const)("%o", (hop, endpoint) => expect(literalOf(hop)).toEqual(endpoint));
});

describe("which questions are asked (RFC 3263 sections 4.1 and 4.2)", () => {
  const address = { "a carrier.example": ["192.0.2.1"] };

  test("with a port: addresses alone, by UDP where no transport is given", async () => {
    expect(await found({ host: "carrier.example.", port: 5080 }, address)).toEqual({
      asked: ["a carrier.example"],
      targets: [["udp 192.0.2.1:5080 0"]],
    });
  });

  test.each([
    ["udp", "_sip._udp", 5060],
    ["tcp", "_sip._tcp", 5060],
    ["tls", "_sips._tcp", 5061],
  ] as const)("with transport %s: its SRV records, then addresses with its port", async (protocol, prefix, port) => {
    expect(await found({ host: "carrier.example", protocol }, address)).toEqual({
      asked: [`srv ${prefix}.carrier.example`, "a carrier.example"],
      targets: [[`${protocol} 192.0.2.1:${port} 0`]],
    });
  });

  test("with neither: NAPTR, then SRV of each transport that we have, then addresses by UDP", async () => {
    expect(await found({ host: "carrier.example" }, address)).toEqual({
      asked: [
        "naptr carrier.example",
        "srv _sip._udp.carrier.example",
        "srv _sip._tcp.carrier.example",
        "srv _sips._tcp.carrier.example",
        "a carrier.example",
      ],
      targets: [["udp 192.0.2.1:5060 0"]],
    });
    const { asked } = await found({ host: "carrier.example" }, address, ["tcp"]);
    expect(asked).toEqual(["naptr carrier.example", "srv _sip._tcp.carrier.example", "a carrier.example"]);
  });
});

describe("NAPTR", () => {
  const zone = {
    "naptr carrier.example": [
      naptr(20, "SIP+D2U", "_sip._udp.carrier.example"),
      naptr(10, "SIPS+D2T", "secure.carrier.example"),
      naptr(10, "SIP+D2S", "_sip._sctp.carrier.example"),
      naptr(5, "E2U+sip", "", "u"),
    ],
    "srv secure.carrier.example": [srv(1, 0, "s.carrier.example", 5071)],
    "srv _sip._udp.carrier.example": [srv(1, 0, "u.carrier.example", 5060)],
    "a s.carrier.example": ["192.0.2.5"],
    "a u.carrier.example": ["192.0.2.6"],
  };

  test("the lowest order that we have a transport for, at the names that the records say", async () => {
    expect((await found({ host: "carrier.example" }, zone)).targets).toEqual([["tls 192.0.2.5:5071 0"]]);
    expect((await found({ host: "carrier.example" }, zone, ["udp"])).targets).toEqual([["udp 192.0.2.6:5060 0"]]);
  });

  test("a NAPTR question that fails leaves all unknown: a trunk does not fall from TLS to UDP with its name server", async () => {
    const failing = { ...zone, "naptr carrier.example": "ESERVFAIL", "a carrier.example": ["192.0.2.1"] };
    expect(await found({ host: "carrier.example" }, failing)).toEqual({
      asked: ["naptr carrier.example"],
      targets: "ESERVFAIL",
    });
  });
});

describe("SRV", () => {
  const name = "srv _sip._tcp.carrier.example";
  const hop = { host: "carrier.example", protocol: "tcp" } as const;

  test("groups by priority, each address once asked for", async () => {
    const zone = {
      [name]: [
        srv(20, 0, "b.carrier.example", 5060),
        srv(10, 60, "a.carrier.example", 5060),
        srv(10, 40, "A.carrier.example", 5062),
      ],
      "a a.carrier.example": ["192.0.2.1", "2001:db8::1"],
      "a b.carrier.example": ["192.0.2.2"],
    };
    expect(await found(hop, zone)).toEqual({
      asked: [name, "a a.carrier.example", "a b.carrier.example"],
      targets: [
        ["tcp 192.0.2.1:5060 60", "tcp 2001:db8::1:5060 60", "tcp 192.0.2.1:5062 40", "tcp 2001:db8::1:5062 40"],
        ["tcp 192.0.2.2:5060 0"],
      ],
    });
  });

  test("a target of `.` means that the service is not there; addresses are not asked for", async () => {
    const zone = { [name]: [srv(0, 0, "", 0)], "a carrier.example": ["192.0.2.1"] };
    expect(await found(hop, zone)).toEqual({ asked: [name], targets: [] });
  });

  test("one name without address, or whose question fails, does not stop the others", async () => {
    const zone = {
      [name]: [srv(1, 0, "gone.example", 5060), srv(2, 0, "away.example", 5060), srv(3, 0, "b.carrier.example", 5060)],
      "a away.example": "ETIMEOUT",
      "a b.carrier.example": ["192.0.2.2"],
    };
    expect((await found(hop, zone)).targets).toEqual([["tcp 192.0.2.2:5060 0"]]);
    expect((await found(hop, { ...zone, "a b.carrier.example": "ETIMEOUT" })).targets).toBe("ETIMEOUT");
  });

  test("an SRV question that fails is not taken for none", async () => {
    const zone = { [name]: "ETIMEOUT", "a carrier.example": ["192.0.2.1"] };
    expect(await found(hop, zone)).toEqual({ asked: [name], targets: "ETIMEOUT" });
  });

  test("of 10,000 records 32 are used, of the lowest priorities", async () => {
    const records = Array.from({ length: 10_000 }, (_, at) => srv(10_000 - at, 0, `t${at}.carrier.example`, 5060));
    const zone = Object.fromEntries(records.map((record) => [`a ${record.name}`, ["192.0.2.1"]]));
    const { asked, targets } = await found(hop, { ...zone, [name]: records });
    expect(asked).toHaveLength(33);
    expect(asked[1]).toBe("a t9999.carrier.example");
    expect(targets).toHaveLength(32);
  });
});

test("a carrier's records, however many, have few questions waiting at a time: others are asked for too", async () => {
  const services = Array.from({ length: 1000 }, (_, at) => naptr(10, "SIP+D2T", `_s${at}.carrier.example`));
  const records = Array.from({ length: 1000 }, (_, at) => srv(at, 0, `t${at}.carrier.example`, 5060));
  const zone = {
    "naptr carrier.example": services,
    ...Object.fromEntries(services.map((s) => [`srv ${s.replacement}`, records])),
  };
  const questions = questionsOf({ ...zone });
  let open = 0;
  let most = 0;
  const counted =
    <T>(ask: (name: string) => Promise<T>) =>
    async (name: string) => {
      open += 1;
      most = Math.max(most, open);
      const answer = await ask(name);
      await new Promise(setImmediate);
      open -= 1;
      return answer;
    };
  await resolve(
    { host: "carrier.example" },
    { ...questions, srv: counted(questions.srv), addresses: counted(questions.addresses) },
    ours,
  );
  expect(most).toBeLessThanOrEqual(6);
  expect(questions.asked.length).toBeLessThanOrEqual(1 + 6 + 6 * 32);
});

test("a name that does not exist has no targets", async () => {
  expect((await found({ host: "nowhere.example" }, {})).targets).toEqual([]);
});

test("names that are slow hold up none behind them: three of 24 cost one wait, not one each four", async () => {
  const names = Array.from({ length: 24 }, (_, n) => `s${n}.carrier.example`);
  const slow = new Set([names[0], names[5], names[9]]);
  const zone = { "srv _sip._udp.carrier.example": names.map((name, n) => srv(n, 0, name, 5060)) };
  const questions = questionsOf(zone);
  const waiting: (() => void)[] = [];
  const asked: string[] = [];
  const addresses = async (name: string): Promise<Answer<string>> => {
    asked.push(name);
    if (slow.has(name)) await new Promise<void>((resolve) => waiting.push(resolve));
    return slow.has(name)
      ? { kind: "failed", code: "ETIMEOUT" }
      : { kind: "answered", records: ["192.0.2.1"], ttlMs: 1000 };
  };
  const resolved = resolve({ host: "carrier.example", protocol: "udp" }, { ...questions, addresses }, ours);
  await new Promise((resolve) => setImmediate(resolve));
  expect([asked.length, waiting.length]).toEqual([24, 3]);
  for (const end of waiting) end();
  expect(await resolved).toMatchObject({ groups: Array(21).fill(expect.anything()) });
});
