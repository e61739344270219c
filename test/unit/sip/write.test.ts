import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyOf, headersOf, parseMessage, type SipRequestMessage } from "../../../src/sip/message.ts";
import {
  checkSentInvite,
  type HeaderLine,
  sentInvite,
  UnwritableError,
  writeAck,
  writeCancel,
  writeRequest,
  writeResponse,
} from "../../../src/sip/write.ts";

const via = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;rport";
const uri = "sip:a@b";
const base: HeaderLine[] = [
  ["From", "<sip:a@b>;tag=1"],
  ["To", "<sip:c@d>"],
  ["Call-ID", "x@y"],
  ["CSeq", "1 INVITE"],
];
const parse = (text: string) => {
  const message = parseMessage(Buffer.from(text, "latin1"));
  if (message === null) throw new Error(`not readable: ${text}`);
  return message;
};
const source = { address: "198.51.100.7", port: 5060 };
const invite = (extra: readonly string[] = []) =>
  parse(
    [
      "INVITE sip:a@b SIP/2.0",
      `Via: ${via}`,
      "f: <sip:a@b>;tag=1",
      "t: <sip:c@d>",
      "i: x@y",
      "CSeq: 1 INVITE",
      ...extra,
      "",
      "",
    ].join("\r\n"),
  ) as SipRequestMessage;

describe("a request", () => {
  it("that is read again has every header as it was given, and its body", () => {
    const value = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    const body = fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), body, (values, text) => {
        const lines = values.map((one): HeaderLine => ["X-Any", one]);
        const message = parse(writeRequest({ method: "INVITE", uri, headers: [...base, ...lines], body: text }, via));
        expect(headersOf(message, "x-any")).toEqual(values.map((one) => one.trim()));
        expect([bodyOf(message), headersOf(message, "content-length")]).toEqual([text, [String(text.length)]]);
      }),
    );
  });

  it("keeps the Max-Forwards that it is given", () => {
    const message = parse(writeRequest({ method: "INVITE", uri, headers: [...base, ["max-forwards", "9"]] }, via));
    expect(headersOf(message, "max-forwards")).toEqual(["9"]);
  });

  it.each<[string, string, string, HeaderLine[], string?]>([
    ["a line break in a value", "INVITE", uri, [["Subject", "secret\r\nX: b"]]],
    ["a single LF", "INVITE", uri, [["Subject", "secret\nb"]]],
    ["a single CR", "INVITE", uri, [["Subject", "secret\rb"]]],
    ["a NUL", "INVITE", uri, [["Subject", "secret\0b"]]],
    ["a character beyond latin1", "INVITE", uri, [["Subject", "→"]]],
    ["a line break in a name", "INVITE", uri, [["X\r\nY", "1"]]],
    ["a colon in a name", "INVITE", uri, [["X: 1, Y", "1"]]],
    ["an empty name", "INVITE", uri, [["", "1"]]],
    ["a Via of the user", "INVITE", uri, [["Via", via]]],
    ["a Via in short", "INVITE", uri, [["v", via]]],
    ["a second Content-Length", "INVITE", uri, [["content-length", "5"]]],
    ["white space in the URI", "INVITE", "sip:a@b c", []],
    ["a line break in the URI", "INVITE", "sip:a@b\r\nX:1", []],
    ["no URI", "INVITE", "", []],
    ["white space in the method", "INVITE x", uri, []],
    ["a body beyond latin1", "INVITE", uri, [], "→"],
  ])("with %s is refused, and the error does not hold the value", (_, method, to, headers, body = "") => {
    const write = () => writeRequest({ method, uri: to, headers: [...base, ...headers], body }, via);
    expect(write).toThrow(UnwritableError);
    expect(write).not.toThrow(/secret|→/);
  });

  it("without From, To, Call-ID or CSeq is no INVITE", () => {
    for (const missing of ["From", "To", "Call-ID", "CSeq"]) {
      const headers = base.filter(([name]) => name !== missing);
      expect(() => sentInvite({ method: "INVITE", uri, headers }, via, "z9hG4bKa")).toThrow(UnwritableError);
    }
  });
});

describe("ACK and CANCEL", () => {
  const sent = sentInvite({ method: "INVITE", uri, headers: [...base, ["Route", "<sip:p;lr>"]] }, via, "z9hG4bKa");

  it("have no body, and end as a message must", () => {
    for (const text of [writeAck(sent, "<sip:c@d>;tag=2"), writeCancel(sent, [["Reason", "SIP;cause=200"]])]) {
      expect(text.endsWith("\r\nContent-Length: 0\r\n\r\n")).toBe(true);
      expect(parse(text).kind).toBe("request");
    }
  });

  it("of an INVITE that was damaged where it was kept are refused", () => {
    expect(() => checkSentInvite(sent)).not.toThrow();
    for (const damage of [{ uri: "a b" }, { from: "a\r\nb" }, { routes: ["a\nb"] }, { cseq: Number.NaN }]) {
      expect(() => checkSentInvite({ ...sent, ...damage })).toThrow(UnwritableError);
    }
  });

  it("a CANCEL takes no header that is written here, and no line break", () => {
    expect(() => writeCancel(sent, [["Via", via]])).toThrow(UnwritableError);
    expect(() => writeCancel(sent, [["Reason", "a\r\nb"]])).toThrow(UnwritableError);
  });
});

describe("a response", () => {
  it("copies what section 8.2.6.2 asks for, and Timestamp in a 100 alone", () => {
    const request = invite(["Timestamp: 54", "Subject: s"]);
    expect(writeResponse(request, source, { status: 100 }).split("\r\n")).toEqual([
      "SIP/2.0 100 Trying",
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;rport=5060;received=198.51.100.7",
      "From: <sip:a@b>;tag=1",
      "To: <sip:c@d>",
      "Call-ID: x@y",
      "CSeq: 1 INVITE",
      "Timestamp: 54",
      "Content-Length: 0",
      "",
      "",
    ]);
    const busy = parse(
      writeResponse(request, source, { status: 486, toTag: "t", headers: [["Reason", "Q.850;cause=17"]] }),
    );
    expect(headersOf(busy, "to")).toEqual(["<sip:c@d>;tag=t"]);
    expect(headersOf(busy, "reason")).toEqual(["Q.850;cause=17"]);
    expect(headersOf(busy, "timestamp")).toEqual([]);
  });

  it.each([
    ["SIP/2.0/UDP a;rport;branch=b", "SIP/2.0/UDP a;rport=5060;branch=b;received=198.51.100.7"],
    ["SIP/2.0/UDP a;rport=1;branch=b", "SIP/2.0/UDP a;rport=5060;branch=b;received=198.51.100.7"],
    ["SIP/2.0/UDP a;branch=b;rport", "SIP/2.0/UDP a;branch=b;rport=5060;received=198.51.100.7"],
    ["SIP/2.0/UDP a;branch=b;received=1.1.1.1", "SIP/2.0/UDP a;branch=b;received=198.51.100.7"],
    ["SIP/2.0/UDP a;branch=b;rportal=2", "SIP/2.0/UDP a;branch=b;rportal=2;received=198.51.100.7"],
  ])("top Via %s becomes %s", (given, expected) => {
    const request = invite();
    const headers = request.headers.map((one) => (one.name === "via" ? { ...one, value: given } : one));
    const [written] = headersOf(parse(writeResponse({ ...request, headers }, source, { status: 200 })), "via");
    expect(written).toBe(expected);
  });

  it("may copy a quoted NUL, which the parser lets through, but never a line break", () => {
    const request = invite();
    const headers = request.headers.map((one) => (one.name === "from" ? { ...one, value: '"\\\0" <sip:a@b>' } : one));
    expect(parse(writeResponse({ ...request, headers }, source, { status: 200 })).kind).toBe("response");
  });

  it.each([
    { status: 99 },
    { status: 700 },
    { status: Number.NaN },
    { status: 200, phrase: "a\r\nb" },
    { status: 200, toTag: "a b" },
    { status: 200, headers: [["X", "a\r\nb"]] as const },
    { status: 200, headers: [["Content-Length", "1"]] as const },
  ])("%j is refused", (response) => {
    expect(() => writeResponse(invite(), source, response)).toThrow(UnwritableError);
  });
});
