/** The bytes of requests that came, which are kept in the place of who sent them, and what becomes of them (ADR 91). */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../../src/sip/message.ts";
import { farRequest, TestFlow, wire } from "./wire.ts";

const byAddress = { farEndOf: ({ remote }: { readonly remote: { readonly address: string } }) => remote.address };
const flowAt = (address: string, protocol: "udp" | "tcp" = "udp") => new TestFlow(protocol, { address, port: 5060 });
/** A request with so many bytes more than it needs. */
const padded = (method: string, n: number, bytes: number, extra: readonly string[] = []) =>
  farRequest(method, { branch: `z9hG4bK${n}`, callId: `${n}`, extra: [`X-Pad: ${"p".repeat(bytes)}`, ...extra] });
const bytesOf = (text: string) => parseMessage(Buffer.from(text, "latin1"))?.bytes ?? 0;

describe("a flood of INVITEs of 16 KB that nobody acknowledges, as forged UDP can be", () => {
  const limitBytes = 1_000_000;

  function flooded() {
    const w = wire({ ...byAddress, limitBytes });
    const acknowledged: string[] = [];
    w.layer.onRequest((transaction) => {
      const callId = transaction.request.headers.find(({ name }) => name === "call-id")?.value ?? "";
      transaction.onAcknowledged(() => acknowledged.push(callId));
      transaction.respond({ status: 486 });
    });
    const flow = flowAt("198.51.100.1");
    for (let n = 0; n < 500; n++) w.receive(padded("INVITE", n, 16_000), flow);
    return { ...w, flow, acknowledged };
  }

  it("keeps half of the budget, and each gets its response", () => {
    const { layer, flow } = flooded();
    // The last one is kept while half of all are free.
    expect(layer.keptBytes).toBeLessThanOrEqual(limitBytes / 2 + 8300);
    expect([layer.size, new Set(flow.sent).size]).toEqual([500, 500]);
    expect(flow.sent.every((text) => text.startsWith("SIP/2.0 486"))).toBe(true);
  });

  it("does not keep a call of the same carrier from being acknowledged and reported", () => {
    const { receive, flow, sent, acknowledged } = flooded();
    receive(padded("INVITE", 900, 600), flow);
    for (let n = 1000; n < 1010; n++) receive(padded("INVITE", n, 16_000), flow);
    const to = /To: (.*)\r\n/.exec(flow.sent.find((text) => text.includes("Call-ID: 900\r\n")) ?? "")?.[1] ?? "";
    receive(farRequest("ACK", { branch: "z9hG4bK900", callId: "900", to }), flow);
    expect([acknowledged, sent(flow).at(-1)]).toEqual([["900"], "486 INVITE"]);
  });

  it("leaves other carriers their bytes: their refusals are sent again until the ACK", () => {
    const { receive, clock, sent } = flooded();
    const other = flowAt("198.51.100.2");
    receive(padded("INVITE", 900, 16_000), other);
    clock.pass(2000);
    expect(sent(other)).toEqual(["486 INVITE", "486 INVITE", "486 INVITE"]);
  });

  it("one whose request gave way is answered again where it is repeated, and not by a timer", () => {
    const { receive, clock, flow, layer } = flooded();
    const first = (text: string) => text.includes("Call-ID: 0\r\n");
    clock.pass(2000);
    expect(flow.sent.filter(first)).toHaveLength(1);
    receive(padded("INVITE", 0, 16_000), flow);
    const answers = flow.sent.filter(first);
    expect([answers.length, new Set(answers).size]).toEqual([2, 1]);
    expect(layer.refused).toBeGreaterThan(400);
    clock.pass(32_000);
    expect([layer.keptBytes, layer.size, clock.pending]).toEqual([0, 0, 0]);
  });
});

it("requests that wait for a response do not give way: beyond the budget others get 503, and other carriers none", () => {
  const w = wire({ ...byAddress, limitBytes: 40_000 });
  const [greedy, other] = [flowAt("198.51.100.1"), flowAt("198.51.100.2")];
  for (let n = 0; n < 5; n++) w.receive(padded("OPTIONS", n, 9000), greedy);
  expect([w.requests.length, w.sent(greedy)]).toEqual([2, Array(3).fill("503 OPTIONS")]);
  w.receive(padded("OPTIONS", 10, 9000), other);
  expect([w.requests.length, w.sent(other)]).toEqual([3, []]);
  // What was answered is counted no longer: a repetition brings it again.
  w.requests[0]?.respond({ status: 200 });
  w.receive(padded("OPTIONS", 11, 9000), greedy);
  w.receive(padded("OPTIONS", 0, 9000), greedy);
  expect([w.requests.length, w.sent(greedy).slice(3)]).toEqual([4, ["200 OPTIONS", "200 OPTIONS"]]);
});

it("a response that repeats kilobytes of its request is sent, and not kept", () => {
  const w = wire();
  const long = padded("OPTIONS", 1, 0, ["Require: x"]);
  w.receive(long);
  w.requests[0]?.respond({ status: 420, headers: [["Unsupported", "x".repeat(2000)]] });
  w.receive(long);
  expect([w.sent(), w.layer.size]).toEqual([["420 OPTIONS"], 1]);
});

it("an INVITE that is ignored, or came over TCP, is not kept once it is answered", () => {
  for (const protocol of ["udp", "tcp"] as const) {
    const w = wire({ protocol });
    w.receive(padded("INVITE", 1, 9000));
    expect(w.layer.keptBytes).toBeGreaterThan(9000);
    if (protocol === "tcp") w.requests[0]?.respond({ status: 486 });
    else w.requests[0]?.ignore();
    expect([w.layer.keptBytes, w.layer.size]).toEqual([0, 1]);
  }
});

it("what is kept of a request that was answered is none of its bytes", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const w = wire();
  w.layer.onRequest((transaction) => transaction.respond({ status: 200 }));
  const used = () => {
    w.flow.sent.length = 0;
    gc();
    return process.memoryUsage().heapUsed;
  };
  const before = used();
  for (let n = 0; n < 500; n++) w.receive(padded("OPTIONS", n, 16_000));
  expect(w.layer.size).toBe(500);
  // A key that V8 puts together out of a header's parts kept 16 KB.
  expect((used() - before) / 500).toBeLessThan(3000);
});

describe("whatever far ends send, and users respond", () => {
  const limitBytes = 6000;
  const far = fc.record({
    method: fc.constantFrom("INVITE", "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"),
    from: fc.nat(4),
    n: fc.nat(6),
    bytes: fc.constantFrom(0, 300, 1500, 3500),
    does: fc.constantFrom(100, 180, 200, 486, 486, "ignore", "nothing", "throw"),
  });
  const step = fc.oneof(
    { weight: 6, arbitrary: far },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 20_000 }) },
    { weight: 1, arbitrary: fc.constantFrom("lose" as const, "answer" as const) },
  );

  it("the bytes that are kept never exceed the budget, and are none in the end", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, stops) => {
        const w = wire({ ...byAddress, limitBytes, onError: () => undefined });
        const flows = [0, 1, 2, 3, 4].map((n) => flowAt(`198.51.100.${n % 3}`, n < 3 ? "udp" : "tcp"));
        let does: number | string = "nothing";
        w.layer.onRequest((transaction) => {
          w.requests.push(transaction);
          transaction.onCanceled(() => transaction.respond({ status: 487 }));
          if (typeof does === "number") transaction.respond({ status: does });
          else if (does === "ignore") transaction.ignore();
          else if (does === "throw") throw new Error("a bug");
        });
        for (const happens of steps) {
          if (typeof happens === "number") w.clock.pass(happens);
          else if (happens === "lose") w.lose(flows[3]);
          else if (happens === "answer") for (const one of w.requests) one.respond({ status: 404 });
          else {
            ({ does } = happens);
            w.receive(padded(happens.method, happens.n, happens.bytes), flows[happens.from]);
          }
          expect(w.layer.keptBytes).toBeLessThanOrEqual(limitBytes);
          if (w.layer.size === 0) expect(w.layer.keptBytes).toBe(0);
        }
        if (stops) w.layer.stop();
        else {
          for (const transaction of w.requests) transaction.respond({ status: 408 });
          w.clock.pass(70_000);
        }
        expect([w.layer.keptBytes, w.layer.size, w.clock.pending]).toEqual([0, 0, 0]);
      }),
      { numRuns: 500 },
    );
  });
});

it("a message is as long as its texts, however it is folded", () => {
  const plain = farRequest("OPTIONS");
  expect(bytesOf(plain)).toBe(plain.length - 2);
  expect(bytesOf(plain.replace("Max-Forwards: 70", `Max-Forwards:\r\n${" ".repeat(5000)}70`))).toBe(
    plain.length + 4999,
  );
});
