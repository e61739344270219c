/** What a far end, or who writes its address into a datagram, may send: it costs an answer at most, never the process. */
import { describe, expect, it } from "vitest";
import { createInbound } from "../../../../src/sip/inbound/index.ts";
import { createSourceTrunks } from "../../../../src/sip/inbound/trunks.ts";
import { shortKey } from "../../../../src/sip/short-key.ts";
import { leastCpuTimeMs } from "../../../support/cpu-time.ts";
import { keepingLogger } from "../../../support/keeping-logger.ts";
import { farRequest, TestFlow, wire } from "../transaction/wire.ts";

function start(perSecond = 1000, sources = ["198.51.100.7"]) {
  const reported: string[] = [];
  const inbound = createInbound({
    trunks: [
      {
        ...{ name: "a", sources, certificateNames: [], domains: [], contactUsers: [] },
        located: () => [],
      },
    ],
    ...{ status: 486, perSecond, nowMs: () => 0, logger: keepingLogger().logger },
    report: (trunk) => reported.push(trunk),
  });
  const w = wire({ answers: inbound.answers });
  w.layer.onRequest(inbound.receive);
  return { ...w, inbound, reported };
}

describe("a request with a quoted NUL, which is a character to the parser and cannot be written", () => {
  it.each(["INVITE", "OPTIONS"])("in Require: %s gets 400, and the next request its answer", (method) => {
    const { receive, sent, reported } = start();
    receive(farRequest(method, { extra: ["Require: x\\\0"] }));
    receive(farRequest("OPTIONS", { branch: "z9hG4bKnext", callId: "next" }));
    expect(sent()).toEqual([`400 ${method}`, "200 OPTIONS"]);
    expect(reported).toEqual([]);
  });
});

describe("a flood from many addresses of a carrier's block, as forged UDP can have them", () => {
  it("keeps no more requests than one trunk may send, however many the addresses", () => {
    const { receive, layer, inbound } = start(10, ["203.0.113.0/24"]);
    for (let n = 0; n < 2000; n++) {
      const flow = new TestFlow("udp", { address: `203.0.113.${n % 256}`, port: 5060 });
      receive(farRequest("OPTIONS", { branch: `z9hG4bK${n}`, callId: `${n}` }), flow);
    }
    expect(layer.size).toBeLessThanOrEqual(40);
    expect(inbound.counts.limited).toBeGreaterThan(1900);
  });

  it("costs a stranger's address two look-ups, however many trunks there are", () => {
    let located = 0;
    const trunk = (n: number) => ({
      ...{ name: `t${n}`, sources: [`198.51.${n % 256}.0/28`], certificateNames: [], domains: [], contactUsers: [] },
      located() {
        located += 1;
        return [];
      },
    });
    const sources = createSourceTrunks(
      Array.from({ length: 500 }, (_, n) => trunk(n)),
      () => 0,
    );
    let known = 0;
    const work = () => {
      for (let n = 0; n < 20_000; n++) known += Number(sources.knows(`192.0.${n % 200}.${n >> 8}`, "udp"));
    };
    // By trunk they took 100 times as long.
    expect([leastCpuTimeMs(1500, work) < 1500, known]).toEqual([true, 0]);
    expect(located).toBe(500);
  });
});

describe("a flood from a carrier's address, which over UDP anyone can write", () => {
  it("keeps no more requests than the limit lets through, whatever they are", () => {
    const { receive, layer, flow, inbound } = start(10);
    for (let n = 0; n < 1000; n++) {
      receive(farRequest("INVITE", { branch: `z9hG4bK${n}`, callId: `${n}` }));
      receive(farRequest("CANCEL", { branch: `z9hG4bKnone${n}`, callId: `none-${n}` }));
    }
    expect(layer.size).toBeLessThanOrEqual(20);
    expect(flow.sent.length).toBeLessThanOrEqual(50);
    expect(inbound.counts.limited).toBeGreaterThan(1000);
  });
});

describe("a Call-ID as long as its message", () => {
  it("is remembered for its call as a short text", () => {
    const long = "a".repeat(16_000);
    expect(shortKey(long).length).toBeLessThan(100);
    expect(shortKey(long)).toBe(shortKey("a".repeat(16_000)));
    expect(shortKey(`${long}b`)).not.toBe(shortKey(long));
    expect(shortKey("a84b4c76e66710@pc33.example")).toBe("a84b4c76e66710@pc33.example");
  });
});
