import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calleeOf, callerIdOf } from "../../../src/sandbox/carrier/addresses.ts";
import { headerOf } from "../../../src/sip/message.ts";
import { parseRequest } from "../sip/parse-request.ts";
import { request } from "./sip-client.ts";

const parse = (text: string) => parseRequest(Buffer.from(text, "latin1"));

describe("parseRequest", () => {
  it("reads an INVITE", () => {
    const invite = parse(request({ extra: ["P-Asserted-Identity: <sip:+33639980007@carrier.example>"] }));
    expect(invite).toMatchObject({ method: "INVITE", callId: "call-1", cseq: 1, fromTag: "caller", toTag: null });
    expect(invite?.via).toMatchObject({ sentBy: "127.0.0.1:5999", branch: "z9hG4bKone", rport: true });
    expect(invite && calleeOf(invite)).toBe("+447400123456");
    expect(invite && callerIdOf(invite)).toBe("+33639980007");
  });

  it("takes the caller ID from From where no identity is asserted", () => {
    const invite = parse(request());
    expect(invite && callerIdOf(invite)).toBe("+33639981234");
  });

  it("reads compact header names and folded lines", () => {
    const compact = request()
      .replace("Call-ID:", "i:")
      .replace("From:", "f :")
      .replace("To: ", "t:\r\n  ")
      .replace("Content-Length:", "l:");
    expect(parse(compact)).toMatchObject({ callId: "call-1", fromTag: "caller" });
  });

  it("skips the empty lines that some clients send first", () => {
    expect(parse(`\r\n\r\n${request()}`)?.method).toBe("INVITE");
  });

  it.each([
    ["a response", "SIP/2.0 200 OK\r\n\r\n"],
    ["a keep-alive", "\r\n\r\n"],
    ["nothing", ""],
    ["another protocol", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["no end of headers", request().split("\r\n\r\n")[0] ?? ""],
    ["no Via", request().replace(/^Via.*\r\n/m, "")],
    ["a Via without the magic cookie", request({ branch: "1" })],
    ["two Call-IDs", request({ extra: ["Call-ID: other"] })],
    ["a CSeq of another method", request().replace("CSeq: 1 INVITE", "CSeq: 1 BYE")],
    ["a CSeq beyond 31 bits", request({ cseq: 2 ** 31 })],
    ["a body that is shorter than it says", request().replace(/Content-Length: \d+/, "Content-Length: 9999")],
    ["a NUL in a header", request({ callId: "a\0b" })],
    ["more headers than anyone sends", request({ extra: Array.from({ length: 200 }, (_, i) => `X-${i}: 1`) })],
    ["a datagram beyond 64 KB", request({ body: "x".repeat(65_536) })],
  ])("does not read %s", (_, text) => {
    expect(parse(text)).toBeNull();
  });

  it("never throws and never reads a header with a line break, whatever comes", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "INVITE sip:a@b SIP/2.0",
        "Via: ",
        "SIP/2.0/UDP h;branch=z9hG4bK1",
        "\r\n",
        "\r\n\r\n",
        "From: ",
        ";tag=",
      ),
      fc.constantFrom("Call-ID: ", "CSeq: 1 INVITE", "To: <sip:x@y>", "<", ">", '"', ",", "\\", " ", "\t", "\r", "\n"),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const read = parse(pieces.join(""));
        for (const header of read?.headers ?? []) expect(header.value).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 3000 },
    );
  });

  it("reads every request that is cut out of a good one either wholly or not at all", () => {
    const good = request();
    const from = { text: good };
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(20), fc.string({ maxLength: 6 }), (at, length, insert) => {
        const read = parse(from.text.slice(0, at) + insert + from.text.slice(at + length));
        if (!read) return;
        expect(read.callId).toMatch(/^[!-~]+$/);
        expect(read.via.branch).toMatch(/^z9hG4bK/);
        expect(headerOf(read, "cseq")).toContain(read.method);
        expect(calleeOf(read).length).toBeGreaterThan(0);
        expect(callerIdOf(read)).toMatch(/^[!-~]+$/);
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ["brackets that never close", "Via: ", "<", 2000],
    ["quotes that never close", 'To: "', '\\"', 1000],
    ["blanks before the end", "To: ", " \t", 1000],
    ["commas", "Via: ", ",", 2000],
    ["line folds", "To: a", "\r\n ", 5000],
  ])("stays quick on %s", (_, name, piece, times) => {
    const hostile = Buffer.from(request().replace("Max-Forwards: 70", `${name}${piece.repeat(times)}x`));
    const durationsMs = Array.from({ length: 5 }, () => {
      const startMs = performance.now();
      parseRequest(hostile);
      return performance.now() - startMs;
    });
    // Measured: at most 0.2 ms. The best of five, because other programs run on this machine too.
    expect(Math.min(...durationsMs)).toBeLessThan(10);
  });
});
