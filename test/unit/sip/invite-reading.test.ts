import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kindOf, parseSip } from "../../../src/sip/invite-reading.ts";
import { leastCpuTimeMs } from "../../support/cpu-time.ts";
import { sip } from "../telephony/sip-capture/packets.ts";

const parse = (text: string) => parseSip(Buffer.from(text, "latin1"));
const reasons = (...headers: string[]) => {
  const message = parse(sip("480 Temporarily Unavailable", { headers }));
  return message?.kind === "response" ? message.q850Cause : "not read";
};

describe("a SIP message", () => {
  it.each(["INVITE", "CANCEL", "BYE"])("%s is read", (method) => {
    expect(parse(sip(method, { cseq: 7 }))).toEqual({ kind: "request", method, cseq: 7, fromTag: "ours", toTag: null });
  });

  it("in compact form and folded is read", () => {
    const lines = ["SIP/2.0 183 Session Progress", "f: <sip:a@b>;tag=ours", "t: <sip:c@d>", " ;tag=theirs"];
    const message = parse([...lines, "i: x", "CSeq:\t9 INVITE", "", "v=0"].join("\r\n"));
    const expected = { kind: "response", status: 183, cseq: 9, fromTag: "ours", toTag: "theirs" };
    expect(message).toEqual({ ...expected, q850Cause: null, networkBlocked: false, redressUrl: null });
  });

  it("has the tag that follows the address, whatever display name or address hold", () => {
    const from = 'From: "a;tag=no" <sip:x@y;tag=no>;x=1 ; TAG = yes;y=2';
    expect(parse(sip("INVITE").replace(/From:.*/, from))).toMatchObject({ fromTag: "yes" });
    expect(parse(sip("INVITE").replace(/From:.*/, "From: sip:x@y;tag=bare"))).toMatchObject({ fromTag: "bare" });
  });

  it("may have a header of several KB", () => {
    const reason = `Reason: Q.850;cause=17;text="${"a".repeat(9000)}"`;
    expect(parse(sip("486 Busy", { headers: [reason] }))).toMatchObject({ status: 486, q850Cause: 17 });
  });

  it.each([
    ["a response to another method", sip("200 OK").replace("1 INVITE", "1 BYE")],
    ["another method", sip("OPTIONS")],
    ["a CSeq of another method", sip("INVITE").replace("1 INVITE", "1 BYE")],
    ["no CSeq", sip("INVITE").replace(/CSeq:.*\r\n/, "")],
    ["two CSeqs", sip("INVITE", { headers: ["CSeq: 2 INVITE"] })],
    ["no tag in From", sip("INVITE").replace(";tag=ours", "")],
    ["no end of its head", sip("INVITE").slice(0, -2)],
    ["a line that is no header", sip("INVITE", { headers: ["from nonsense"] })],
    ["too many headers", sip("INVITE", { headers: Array(300).fill("X: 1") })],
    ["more than 64 KB", sip("INVITE", { headers: Array(66).fill(`X: ${"a".repeat(1000)}`) })],
    ["a status that is none", sip("799 Odd")],
  ])("with %s is not read", (_, text) => {
    expect(parse(text)).toBeNull();
  });

  it.each([
    [20, ["Reason: Q.850;cause=20"]],
    [20, ['Reason: Q.850 ;text="absent" ; cause = 20']],
    [20, ["reason: q.850;cause=20;text=absent"]],
    [20, ["Reason: SIP;cause=480", "Reason: Q.850;cause=20"]],
    [20, ['Reason: SIP;cause=580;text="a, Q.850;cause=3", Q.850;cause=20']],
    [20, ['Reason: Q.850;text="cause=3;cause=4\\"";cause=20']],
    [17, ["Reason: Q.850;cause=17", "Reason: Q.850;cause=18"]],
    [null, ["Reason: SIP;cause=480"]],
    [null, ["Reason: X.850;cause=20", "Reason: preemption;cause=1"]],
    [null, ["Reason: Q.850;cause=0"]],
    [null, ["Reason: Q.850;cause=200"]],
    [null, ["Reason: Q.850;causes=20", "Reason: Q.850"]],
    [null, []],
  ] as const)("has the Q.850 cause %s in %j", (cause, headers) => {
    expect(reasons(...headers)).toBe(cause);
  });

  it("that we do not need is known by its first bytes", () => {
    for (const method of ["OPTIONS", "REGISTER", "ACK", "NOTIFY", "BYEBYE", "CANCE", ""]) {
      expect(kindOf(Buffer.from(method === "" ? "" : `${method} sip:x SIP/2.0\r\n`))).toBeNull();
    }
    expect(kindOf(Buffer.from("SIP/2.0 200 OK"))).toBe("response");
    expect(kindOf(Buffer.from("CANCEL sip:x SIP/2.0"))).toBe("CANCEL");
  });

  it("that is anything at all neither throws nor takes long", () => {
    const nasty = fc.constantFrom(
      '"',
      "\\",
      ";",
      ",",
      "=",
      "tag",
      "cause",
      "Q.850",
      " ",
      "\r\n",
      "\r\n ",
      ":",
      "<",
      ">",
      "1",
    );
    const text = fc.array(fc.oneof(nasty, fc.string({ unit: "binary", maxLength: 5 })), { maxLength: 400 });
    const header = fc.constantFrom("From: ", "To: ", "Reason: Q.850;", "CSeq: ", "c: ", "X: ", "");
    fc.assert(
      fc.property(fc.constantFrom("INVITE", "480 Odd", "BYE"), header, text, (start, name, parts) => {
        const value = parts.join("");
        const tookMs = leastCpuTimeMs(200, () => {
          parse(sip(start, { headers: [name + value] }));
          parse(`SIP/2.0 ${name}${value}\r\n\r\n`);
        });
        expect(tookMs).toBeLessThan(200);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("Retry-After", () => {
  const retryAfter = (status: string, ...headers: string[]) => {
    const message = parse(sip(status, { headers }));
    return message?.kind === "response" ? (message.retryAfterSeconds ?? null) : "not read";
  };

  it.each([
    ["Retry-After: 60", 60],
    ["Retry-After: 120 (in a meeting)", 120],
    ["Retry-After: 18000;duration=3600", 18_000],
    ["Retry-After: soon", null],
    ["Retry-After: -5", null],
    ["Retry-After: 9999999999", null],
    ["Reason: Q.850;cause=34", null],
  ])("of a 503 is read in seconds: %s", (header, seconds) => {
    expect(retryAfter("503 Service Unavailable", header)).toBe(seconds);
  });

  it("of another status, or twice, is not", () => {
    expect(retryAfter("486 Busy Here", "Retry-After: 60")).toBeNull();
    expect(retryAfter("503 Service Unavailable", "Retry-After: 60", "Retry-After: 61")).toBeNull();
  });
});
