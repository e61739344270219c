import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carrier, request } from "./sip-client.ts";

const finalsAcked = (c: ReturnType<typeof carrier>) => c.send(request({ method: "ACK", toTag: c.toTag() }));

describe("a simulated callee", () => {
  it.each([
    ["901", 1000, [100, 486], "busy"],
    ["902", 1000, [100, 404], "unreachable"],
    ["903", 1000, [100, 480], "unreachable"],
    ["904", 2400, [100, 180, 603], "declined"],
    ["905", 0, [100, 200], "answered"],
    ["906", 1000, [100, 183], "dialing"],
    ["907", 1000, [100, 503], "unreachable"],
    ["908", 20_000, [], "dialing"],
    ["909", 2999, [100], "dialing"],
    ["909", 3000, [100, 180], "ringing"],
    ["910", 1900, [100, 183, 404], "unreachable"],
    ["456", 1000, [100, 180], "ringing"],
  ])("that ends in %s answers within %i ms with %j and shows %s", (digits, ms, statuses, state) => {
    const c = carrier();
    c.send(request({ callee: `+447400123${digits}` }));
    for (let passedMs = 0; passedMs <= ms; passedMs += 100) {
      c.clock.pass(passedMs === 0 ? 0 : Math.min(100, ms));
      if (c.statuses().at(-1) === statuses.at(-1) && (statuses.at(-1) ?? 0) >= 300) finalsAcked(c);
    }
    expect(c.statuses()).toEqual(statuses);
    expect(c.phone.calls()).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        to: `+447400123${digits}`,
        caller_id: "+33639981234",
        state,
        at: "2027-01-15T08:00:00.000Z",
        ended_at: ["dialing", "ringing", "answered"].includes(state) ? null : expect.any(String),
      },
    ]);
  });

  it("that is switched off says so with Q.850 cause 20", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123903" }));
    c.clock.pass(400);
    expect(c.sent.at(-1)).toMatch(/^Reason: Q\.850;cause=20\r$/m);
  });

  it("sends a session description with 183 and 200", () => {
    for (const digits of ["905", "906"]) {
      const c = carrier();
      c.send(request({ callee: `+447400123${digits}` }));
      c.clock.pass(400);
      expect(c.sent[1]).toMatch(/^Content-Type: application\/sdp\r\n[\s\S]*m=audio 4002 RTP\/AVP 8\r$/m);
    }
  });

  it("stops ringing after a minute and shows a missed call", () => {
    const c = carrier();
    c.send(request());
    c.clock.pass(60_400);
    expect(c.statuses()).toEqual([100, 180, 480]);
    expect(c.state()).toBe("missed");
  });
});

describe("a call that the gateway gives up", () => {
  it("is a missed call once it rang: CANCEL gets 200, the INVITE 487", () => {
    const c = carrier();
    c.send(request());
    c.clock.pass(1000);
    c.send(request({ method: "CANCEL" }));
    expect(c.statuses()).toEqual([100, 180, 487, 200]);
    expect(c.sent[2]).toContain("CSeq: 1 INVITE\r\n");
    expect(c.sent[3]).toContain("CSeq: 1 CANCEL\r\n");
    const tags = c.sent.slice(1).map((response) => /^To: .*;tag=(\w+)/m.exec(response)?.[1]);
    expect(new Set(tags).size).toBe(1);
    expect(c.state()).toBe("missed");
  });

  it("was never there where the phone did not ring", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123906" }));
    c.clock.pass(1000);
    c.send(request({ method: "CANCEL" }));
    expect(c.state()).toBe("unreachable");
  });

  it("gets no answer to CANCEL from a callee that never responds, and is forgotten after 32 s", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123908" }));
    c.send(request({ callee: "+447400123908" }));
    c.send(request({ callee: "+447400123908", method: "CANCEL" }));
    c.clock.pass(32_000);
    expect(c.sent).toEqual([]);
    expect(c.state()).toBe("unreachable");
    expect(c.clock.pending).toBe(0);
  });

  it("is left alone by a CANCEL that crosses the answer", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123905" }));
    c.clock.pass(0);
    c.send(request({ method: "CANCEL" }));
    expect(c.statuses()).toEqual([100, 200, 200]);
    expect(c.state()).toBe("answered");
  });

  it("ends with 487 too when the caller says BYE before an answer", () => {
    const c = carrier();
    c.send(request());
    c.clock.pass(1000);
    c.send(request({ method: "BYE", branch: "z9hG4bKbye", toTag: c.toTag(), cseq: 2 }));
    expect(c.statuses()).toEqual([100, 180, 487, 200]);
    expect(c.state()).toBe("missed");
  });

  it("gets 481 for a CANCEL of nothing", () => {
    const c = carrier();
    c.send(request({ method: "CANCEL" }));
    expect(c.statuses()).toEqual([481]);
  });
});

describe("the person at the phone", () => {
  it("answers: 200 until the ACK came, then BYE ends it", () => {
    const c = carrier();
    c.send(request());
    c.clock.pass(1000);
    const id = c.phone.calls()[0]?.id ?? "";
    expect(c.phone.answer(id)).toBe("done");
    const toTag = c.toTag();
    c.clock.pass(1500);
    expect(c.statuses()).toEqual([100, 180, 200, 200, 200]);
    c.send(request({ method: "ACK", branch: "z9hG4bKack", toTag }));
    c.clock.pass(10_000);
    c.send(request({ method: "BYE", branch: "z9hG4bKbye", toTag, cseq: 2 }));
    c.send(request({ method: "BYE", branch: "z9hG4bKbye", toTag, cseq: 2 }));
    expect(c.statuses()).toEqual([100, 180, 200, 200, 200, 200, 200]);
    expect(c.phone.calls()[0]?.state).toBe("answered");
    expect(c.phone.answer(id)).toBe("not_ringing");
    expect(c.phone.decline(id)).toBe("not_ringing");
  });

  it("declines: 603", () => {
    const c = carrier();
    c.send(request());
    c.clock.pass(1000);
    expect(c.phone.decline(c.phone.calls()[0]?.id ?? "")).toBe("done");
    expect(c.statuses()).toEqual([100, 180, 603]);
    expect(c.state()).toBe("declined");
  });

  it("cannot act on a call that does not ring yet or does not exist", () => {
    const c = carrier();
    c.send(request());
    expect(c.phone.answer(c.phone.calls()[0]?.id ?? "")).toBe("not_ringing");
    expect(c.phone.decline("nonsense")).toBe("unknown");
  });
});

describe("what UDP does to messages", () => {
  it("an INVITE that is repeated is one call, and gets the last response again", () => {
    const c = carrier();
    for (let i = 0; i < 3; i++) c.send(request());
    c.clock.pass(400);
    c.send(request());
    expect(c.statuses()).toEqual([100, 100, 100, 180, 180]);
    expect(c.phone.calls()).toHaveLength(1);
  });

  it("a final response is repeated after 0.5, 1.5, 3.5, 7.5 s and so on until it is acknowledged", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123901" }));
    c.clock.pass(400);
    c.clock.pass(7499);
    expect(c.statuses()).toEqual([100, 486, 486, 486, 486]);
    c.clock.pass(1);
    expect(c.statuses()).toHaveLength(6);
    finalsAcked(c);
    c.clock.pass(60_000);
    expect(c.statuses()).toHaveLength(6);
    expect(c.clock.pending).toBe(0);
  });

  it("a final response that nobody acknowledges is given up after 32 s", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123901" }));
    c.clock.pass(400 + 32_000);
    const sent = c.sent.length;
    c.clock.pass(60_000);
    expect(c.sent).toHaveLength(sent);
    expect(c.clock.pending).toBe(0);
  });

  it("a 200 that nobody acknowledges is given up after 32 s", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123905" }));
    c.clock.pass(40_000);
    expect(c.statuses().length).toBeGreaterThan(8);
    expect(c.clock.pending).toBe(0);
  });

  it("a response goes back with every Via, the first with what the carrier saw", () => {
    const c = carrier();
    c.send(
      request({ method: "OPTIONS", extra: ["Via: SIP/2.0/UDP b;branch=z9hG4bKb, SIP/2.0/UDP c;branch=z9hG4bKc"] }),
    );
    const vias = [...(c.sent[0] ?? "").matchAll(/^Via: (.*)\r$/gm)].map((match) => match[1]);
    expect(vias).toEqual([
      "SIP/2.0/UDP 127.0.0.1:5999;rport=5999;branch=z9hG4bKone;received=127.0.0.1",
      "SIP/2.0/UDP b;branch=z9hG4bKb",
      "SIP/2.0/UDP c;branch=z9hG4bKc",
    ]);
  });
});

describe("other requests", () => {
  it.each([
    ["OPTIONS", 200],
    ["REGISTER", 405],
    ["SUBSCRIBE", 405],
    ["COFFEE", 501],
    ["BYE", 481],
  ])("%s gets %i", (method, status) => {
    const c = carrier();
    c.send(request({ method }));
    expect(c.statuses()).toEqual([status]);
  });

  it("an extension that is required gets 420", () => {
    const c = carrier();
    c.send(request({ extra: ["Require: 100rel"] }));
    expect(c.statuses()).toEqual([420]);
    expect(c.sent[0]).toContain("Unsupported: 100rel\r\n");
    expect(c.phone.calls()).toEqual([]);
  });

  it("an offer without a codec we know gets 488", () => {
    const c = carrier();
    c.send(request({ callee: "+447400123905", body: "v=0\r\nm=audio 4000 RTP/AVP 96\r\n" }));
    c.clock.pass(0);
    expect(c.statuses()).toEqual([100, 488]);
  });
});

describe("bounds", () => {
  it("the call log keeps the newest 100", () => {
    const c = carrier();
    for (let i = 0; i < 130; i++) c.send(request({ branch: `z9hG4bK${i}`, callId: `call-${i}` }));
    expect(c.phone.calls()).toHaveLength(100);
  });

  it("more calls than 500 at once get 503 and leave no trace", () => {
    const c = carrier();
    for (let i = 0; i < 501; i++) c.send(request({ branch: `z9hG4bK${i}`, callId: `call-${i}` }));
    expect(c.statuses().at(-1)).toBe(503);
    c.core.stop();
    expect(c.clock.pending).toBe(0);
  });

  it("whatever sequence of messages and times comes, all is forgotten in the end", () => {
    const event = fc.oneof(
      fc.record({
        method: fc.constantFrom("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO"),
        callee: fc.constantFrom(..."0123456789".split("").map((n) => `+44740012390${n}`), "+447400123910"),
        branch: fc.constantFrom("z9hG4bKa", "z9hG4bKb"),
        callId: fc.constantFrom("one", "two"),
      }),
      fc.integer({ min: 0, max: 5000 }),
      fc.constantFrom("answer", "decline"),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const c = carrier();
        for (const happens of events) {
          const id = c.phone.calls()[0]?.id ?? "";
          if (typeof happens === "number") c.clock.pass(happens);
          else if (happens === "answer") c.phone.answer(id);
          else if (happens === "decline") c.phone.decline(id);
          else c.send(request({ ...happens, toTag: happens.method === "BYE" ? c.toTag() : "" }));
        }
        c.clock.pass(180_000);
        expect(c.clock.pending).toBe(0);
        for (const { state } of c.phone.calls()) expect(["dialing", "ringing"]).not.toContain(state);
      }),
      { numRuns: 1000 },
    );
  });
});
