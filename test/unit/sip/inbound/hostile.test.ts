/** What a far end, or who writes its address into a datagram, may send: it costs an answer at most, never the process. */
import { describe, expect, it } from "vitest";
import { createInbound } from "../../../../src/sip/inbound/index.ts";
import { keepingLogger } from "../../../support/keeping-logger.ts";
import { farRequest, wire } from "../transaction/wire.ts";

function start(perSecond = 1000) {
  const reported: string[] = [];
  const inbound = createInbound({
    trunks: [
      {
        ...{ name: "a", sources: ["198.51.100.7"], certificateNames: [], domains: [], contactUsers: [] },
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
