import { describe, expect, it } from "vitest";
import { farRequest, TestFlow, wire } from "./wire.ts";

function rung(protocol: "udp" | "tcp" = "udp", options: Parameters<typeof wire>[0] = {}) {
  const w = wire({ protocol, ...options });
  w.receive(farRequest("INVITE"));
  const [transaction] = w.requests;
  if (transaction === undefined) throw new Error("no INVITE came");
  return { ...w, transaction };
}

const line = (text: string | undefined, name: string) =>
  text
    ?.split("\r\n")
    .filter((one) => one.startsWith(`${name}: `))
    .map((one) => one.slice(name.length + 2));

describe("an INVITE that comes", () => {
  it("gets 100 after 200 ms where the user has said nothing, and not where it has", () => {
    const silent = rung();
    silent.clock.pass(199);
    expect(silent.sent()).toEqual([]);
    silent.clock.pass(1);
    expect(silent.sent()).toEqual(["100 INVITE"]);
    expect(line(silent.flow.sent[0], "To")).toEqual(["<sip:+12025550147@our.example>"]);
    const quick = rung();
    quick.transaction.respond({ status: 180 });
    quick.clock.pass(5000);
    expect(quick.sent()).toEqual(["180 INVITE"]);
    expect(quick.clock.pending).toBe(0);
  });

  it("that is repeated is one INVITE, and gets the last response again", () => {
    const r = rung();
    r.receive(farRequest("INVITE"));
    expect([r.requests.length, r.sent()]).toEqual([1, []]);
    r.transaction.respond({ status: 180 });
    r.receive(farRequest("INVITE"));
    r.transaction.respond({ status: 486 });
    r.receive(farRequest("INVITE"));
    expect(r.sent()).toEqual(["180 INVITE", "180 INVITE", "486 INVITE", "486 INVITE"]);
    r.receive(farRequest("ACK"));
    r.receive(farRequest("INVITE"));
    expect([r.sent().length, r.requests.length]).toEqual([4, 1]);
  });

  it("its refusal is repeated after 0.5, 1.5, 3.5, 7.5 s and then each 4 s until the ACK, or 32 s", () => {
    const r = rung();
    r.transaction.respond({ status: 486 });
    const atMs: number[] = [];
    for (let ms = 0; ms < 40_000; ms += 100) {
      const before = r.flow.sent.length;
      r.clock.pass(100);
      if (r.flow.sent.length > before) atMs.push(r.clock.nowMs());
    }
    expect(atMs).toEqual([500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect([r.layer.size, r.clock.pending]).toEqual([0, 0]);
  });

  it("after the ACK it absorbs what is under way for 5 s over UDP, and is forgotten at once over TCP", () => {
    const udp = rung();
    udp.transaction.respond({ status: 486 });
    udp.receive(farRequest("ACK"));
    udp.clock.pass(4999);
    udp.receive(farRequest("ACK"));
    expect([udp.sent(), udp.layer.size, udp.requests.length]).toEqual([["486 INVITE"], 1, 1]);
    udp.clock.pass(1);
    const tcp = rung("tcp");
    tcp.transaction.respond({ status: 486 });
    tcp.clock.pass(20_000);
    expect(tcp.sent()).toEqual(["486 INVITE"]);
    tcp.receive(farRequest("ACK"));
    for (const { layer, clock } of [udp, tcp]) expect([layer.size, clock.pending]).toEqual([0, 0]);
  });

  it("its 2xx is repeated by the user alone, until 32 s have passed; the ACK comes to the user", () => {
    const r = rung();
    r.transaction.respond({ status: 200 });
    r.clock.pass(10_000);
    expect(r.transaction.repeatAnswer()).toBe(true);
    r.receive(farRequest("INVITE"));
    r.receive(farRequest("ACK", { branch: "z9hG4bKack" }));
    // Some clients put the INVITE's branch into the ACK of a 2xx.
    r.receive(farRequest("ACK"));
    expect(r.requests.map(({ request }) => request.method)).toEqual(["INVITE", "ACK", "ACK"]);
    expect(r.requests[1]?.respond({ status: 200 })).toBe(false);
    r.clock.pass(22_000);
    expect(r.transaction.repeatAnswer()).toBe(false);
    expect(r.sent()).toEqual(["200 INVITE", "200 INVITE"]);
    expect([r.layer.size, r.clock.pending]).toEqual([0, 0]);
  });

  it("a response after the final one is refused", () => {
    const r = rung();
    expect(r.transaction.repeatAnswer()).toBe(false);
    r.transaction.respond({ status: 486 });
    expect([r.transaction.respond({ status: 180 }), r.transaction.respond({ status: 200 })]).toEqual([false, false]);
    expect(r.sent()).toEqual(["486 INVITE"]);
  });

  it("that another proxy's branch brings again gets 482 while the first is here", () => {
    const r = rung();
    r.receive(farRequest("INVITE", { branch: "z9hG4bKother" }));
    expect([r.sent(), r.requests.length]).toEqual([["482 INVITE"], 1]);
    r.transaction.respond({ status: 486 });
    r.receive(farRequest("ACK"));
    r.clock.pass(5000);
    r.receive(farRequest("INVITE", { branch: "z9hG4bKother" }));
    expect(r.requests).toHaveLength(2);
  });

  it("inside a dialog is never merged: its To has a tag", () => {
    const w = wire();
    for (const branch of ["z9hG4bKa", "z9hG4bKb"]) w.receive(farRequest("INVITE", { branch, to: "<sip:a@b>;tag=1" }));
    expect(w.requests).toHaveLength(2);
    w.requests[0]?.respond({ status: 481, toTag: "x" });
    expect(line(w.flow.sent[0], "To")).toEqual(["<sip:a@b>;tag=1"]);
  });

  it("beyond the limit gets 503 with Retry-After, and nothing is kept of it", () => {
    const w = wire({ limit: 1 });
    w.receive(farRequest("INVITE"));
    w.receive(farRequest("INVITE", { branch: "z9hG4bKother", callId: "far-2" }));
    w.receive(farRequest("OPTIONS", { branch: "z9hG4bKthird", callId: "far-3" }));
    expect(w.sent()).toEqual(["503 INVITE", "503 OPTIONS"]);
    expect(line(w.flow.sent[0], "Retry-After")).toEqual(["5"]);
    expect([w.layer.size, w.requests.length]).toEqual([1, 1]);
  });

  it("that is ignored gets nothing, nor do its repetitions and its CANCEL", () => {
    const r = rung();
    r.transaction.ignore();
    r.receive(farRequest("INVITE"));
    r.receive(farRequest("CANCEL"));
    expect(r.transaction.respond({ status: 486 })).toBe(false);
    r.clock.pass(32_000);
    expect([r.flow.sent, r.layer.size, r.clock.pending]).toEqual([[], 0, 0]);
  });

  it("of whom is not to be answered never reaches the user", () => {
    const w = wire({ answers: (flow) => flow.remote.address === "192.0.2.99" });
    for (const method of ["INVITE", "OPTIONS", "CANCEL", "ACK"]) w.receive(farRequest(method));
    w.clock.pass(1000);
    expect([w.flow.sent, w.requests, w.layer.size]).toEqual([[], [], 0]);
    w.receive(farRequest("OPTIONS"), new TestFlow("udp", { address: "192.0.2.99", port: 5060 }));
    expect(w.requests).toHaveLength(1);
  });
});

describe("a CANCEL that comes", () => {
  it("gets 200, and the INVITE's user may end it with 487; both have one tag", () => {
    const r = rung();
    r.transaction.respond({ status: 180, toTag: "ours" });
    let canceled = 0;
    r.transaction.onCanceled(() => {
      canceled += 1;
      r.transaction.respond({ status: 487 });
    });
    r.receive(farRequest("CANCEL"));
    r.receive(farRequest("CANCEL"));
    expect([canceled, r.sent()]).toEqual([1, ["180 INVITE", "487 INVITE", "200 CANCEL", "200 CANCEL"]]);
    expect(new Set(r.flow.sent.map((text) => line(text, "To")?.[0]))).toEqual(
      new Set(["<sip:+12025550147@our.example>;tag=ours"]),
    );
    expect(r.requests).toHaveLength(1);
    r.receive(farRequest("ACK"));
    r.clock.pass(32_000);
    expect([r.layer.size, r.clock.pending]).toEqual([0, 0]);
  });

  it("after the final response gets 200 and changes nothing", () => {
    const r = rung();
    r.transaction.onCanceled(() => expect.unreachable());
    r.transaction.respond({ status: 200 });
    r.receive(farRequest("CANCEL"));
    expect(r.sent()).toEqual(["200 INVITE", "200 CANCEL"]);
  });

  it.each([
    ["another branch", { branch: "z9hG4bKother" }],
    ["another sent-by", { sentBy: "198.51.100.8:5060" }],
    ["another port in sent-by", { sentBy: "198.51.100.7:5061" }],
  ])("of %s gets 481, and the INVITE goes on", (_, options) => {
    const r = rung();
    r.transaction.onCanceled(() => expect.unreachable());
    r.receive(farRequest("CANCEL", options));
    expect([r.sent(), r.layer.size]).toEqual([["481 CANCEL"], 1]);
    expect(r.transaction.respond({ status: 180 })).toBe(true);
  });

  it("may come on another connection: the one before was lost while the phone rang", () => {
    const r = rung("tcp");
    r.transaction.respond({ status: 180 });
    r.transaction.onCanceled(() => r.transaction.respond({ status: 487 }));
    r.lose();
    const fresh = new TestFlow("tcp", { address: "198.51.100.7", port: 40_001 });
    r.receive(farRequest("CANCEL"), fresh);
    r.receive(farRequest("ACK"), fresh);
    expect([r.sent(), r.sent(fresh)]).toEqual([["180 INVITE"], ["487 INVITE", "200 CANCEL"]]);
    expect([r.layer.size, r.clock.pending]).toEqual([0, 0]);
  });
});

describe("another request that comes", () => {
  it.each(["udp", "tcp"] as const)("over %s is acted on once; a repetition gets the response again", (protocol) => {
    const w = wire({ protocol });
    w.receive(farRequest("OPTIONS"));
    w.receive(farRequest("OPTIONS"));
    expect(w.sent()).toEqual([]);
    w.requests[0]?.respond({ status: 200, headers: [["Allow", "INVITE"]] });
    expect([w.requests.length, w.requests[0]?.respond({ status: 404 })]).toEqual([1, false]);
    if (protocol === "udp") {
      w.receive(farRequest("OPTIONS"));
      expect(w.sent()).toEqual(["200 OPTIONS", "200 OPTIONS"]);
      w.clock.pass(32_000);
    }
    expect([w.layer.size, w.clock.pending]).toEqual([0, 0]);
  });

  it("is forgotten after 32 s where the user never responds", () => {
    const w = wire();
    w.receive(farRequest("OPTIONS"));
    w.requests[0]?.respond({ status: 100 });
    w.receive(farRequest("INFO", { branch: "z9hG4bKinfo" }));
    w.requests[1]?.ignore();
    w.receive(farRequest("INFO", { branch: "z9hG4bKinfo" }));
    w.clock.pass(32_000);
    expect([w.sent(), w.layer.size, w.clock.pending]).toEqual([["100 OPTIONS"], 0, 0]);
    expect(w.requests[0]?.respond({ status: 200 })).toBe(false);
  });

  it.each([
    ["no magic cookie (RFC 2543)", { branch: "1" }],
    ["no Via", { via: "" }],
    ["a CSeq of another method", { cseq: "1 BYE" }],
    ["a CSeq beyond 31 bits", { cseq: `${2 ** 31} OPTIONS` }],
    ["no From", { from: "" }],
    ["a To that does not close", { to: "<sip:a@b" }],
    ["two Call-IDs", { extra: ["Call-ID: other"] }],
    ["a body shorter than its Content-Length", { extra: ["Content-Length: 9"] }],
  ])("with %s gets no answer", (_, options) => {
    const w = wire();
    w.receive(farRequest("OPTIONS", options));
    expect([w.flow.sent, w.requests, w.layer.size]).toEqual([[], [], 0]);
  });
});

describe("a response of ours", () => {
  it("goes to the source port where rport asks for it, and says what was seen", () => {
    const w = wire();
    const nat = new TestFlow("udp", { address: "203.0.113.9", port: 40_000 });
    w.receive(farRequest("OPTIONS", { sentBy: "10.0.0.1:5060" }), nat);
    w.requests[0]?.respond({ status: 200 });
    expect(line(nat.sent[0], "Via")).toEqual([
      "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKfar;rport=40000;received=203.0.113.9",
    ]);
  });

  it.each([
    ["10.0.0.1:5080", 5080],
    ["10.0.0.1", 5060],
  ])("without rport goes to the port of Via %s at the source's address", (sentBy, port) => {
    const w = wire();
    const nat = new TestFlow("udp", { address: "203.0.113.9", port: 40_000 });
    w.receive(farRequest("OPTIONS", { via: `SIP/2.0/UDP ${sentBy};branch=z9hG4bKfar;received=1.2.3.4` }), nat);
    w.requests[0]?.respond({ status: 200 });
    const reply = w.flows.find(({ remote }) => remote.address === "203.0.113.9" && remote.port === port);
    expect(nat.sent).toEqual([]);
    expect(line(reply?.sent[0], "Via")).toEqual([`SIP/2.0/UDP ${sentBy};branch=z9hG4bKfar;received=203.0.113.9`]);
  });

  it("copies every Via and, where it makes a dialog, every Record-Route", () => {
    const w = wire();
    w.receive(
      farRequest("INVITE", {
        via: "SIP/2.0/UDP a;branch=z9hG4bKa;rport, SIP/2.0/UDP b;branch=z9hG4bKb",
        extra: ["Via: SIP/2.0/UDP c;branch=z9hG4bKc", "Record-Route: <sip:p1;lr>", "Record-Route: <sip:p2;lr>"],
      }),
    );
    w.requests[0]?.respond({ status: 180 });
    w.requests[0]?.respond({ status: 486 });
    expect(line(w.flow.sent[0], "Via")).toEqual([
      "SIP/2.0/UDP a;branch=z9hG4bKa;rport=5060;received=198.51.100.7",
      "SIP/2.0/UDP b;branch=z9hG4bKb",
      "SIP/2.0/UDP c;branch=z9hG4bKc",
    ]);
    expect(line(w.flow.sent[0], "Record-Route")).toEqual(["<sip:p1;lr>", "<sip:p2;lr>"]);
    expect(line(w.flow.sent[1], "Record-Route")).toEqual([]);
  });
});

describe("an exception of who receives requests", () => {
  it("is reported, and disturbs no other message", () => {
    const errors: unknown[] = [];
    const w = wire({ onError: (error) => errors.push(error) });
    w.layer.onRequest(() => {
      throw new Error("a bug");
    });
    w.receive(farRequest("INVITE"));
    expect(errors).toHaveLength(1);
    w.layer.onRequest((transaction) => transaction.respond({ status: 200 }));
    w.receive(farRequest("OPTIONS", { branch: "z9hG4bKnext", callId: "next" }));
    expect(w.sent()).toEqual(["200 OPTIONS"]);
  });
});
