import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sdpAnswer, sdpOffer } from "../../../src/sip/sdp.ts";

const media = { host: "192.0.2.1", port: 10_002 };
const offer = (...lines: readonly string[]) =>
  `${["v=0", "o=x 1 1 IN IP4 192.0.2.2", "s=-", "c=IN IP4 192.0.2.2", "t=0 0", ...lines].join("\r\n")}\r\n`;
const answered = (...lines: readonly string[]) =>
  sdpAnswer(offer(...lines), media, 7)
    ?.split("\r\n")
    .slice(5, -1) ?? null;

describe("a session description", () => {
  it("of ours is answered by our own answer", () => {
    expect(sdpAnswer(sdpOffer(media, 1), media, 1)?.split("\r\n")).toEqual([
      "v=0",
      "o=- 1 2 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 10002 RTP/AVP 8 101",
      "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:101 telephone-event/8000",
      "a=fmtp:101 0-16",
      "a=ptime:20",
      "a=sendrecv",
      "",
    ]);
  });

  it("refuses what is not a telephone's audio, and keeps the order of media (RFC 3264 section 6)", () => {
    expect(answered("m=video 4000 RTP/AVP 99", "m=audio 4002 RTP/AVP 18 0", "m=audio 4004 RTP/AVP 8")).toEqual([
      "m=video 0 RTP/AVP 99",
      "m=audio 10002 RTP/AVP 0",
      "a=rtpmap:0 PCMU/8000",
      "a=ptime:20",
      "a=sendrecv",
      "m=audio 0 RTP/AVP 8",
    ]);
  });

  it.each([
    ["sendonly", "recvonly"],
    ["recvonly", "sendonly"],
    ["inactive", "inactive"],
    ["sendrecv", "sendrecv"],
  ])("answers %s by %s, given for the media or the session", (theirs, ours) => {
    expect(answered("m=audio 4002 RTP/AVP 8", `a=${theirs}`)?.at(-1)).toBe(`a=${ours}`);
    expect(answered(`a=${theirs}`, "m=audio 4002 RTP/AVP 8")?.at(-1)).toBe(`a=${ours}`);
    expect(answered("a=inactive", "m=audio 4002 RTP/AVP 8", `a=${theirs}`)?.at(-1)).toBe(`a=${ours}`);
  });

  it.each([
    ["no media", []],
    ["other codecs", ["m=audio 4002 RTP/AVP 18 3"]],
    ["encrypted media", ["m=audio 4002 RTP/SAVP 8"]],
    ["refused media", ["m=audio 0 RTP/AVP 8"]],
    ["a broken line", ["m=audio x RTP/AVP 8"]],
    ["no formats", ["m=audio 4002 RTP/AVP"]],
    ["too many media", Array.from({ length: 9 }, () => "m=audio 4002 RTP/AVP 8")],
  ])("with %s is not accepted", (_what, lines) => {
    expect(answered(...lines)).toBeNull();
  });

  it("never throws, and writes no line of its input's making", () => {
    const line = fc.oneof(
      fc.array(fc.nat(255), { maxLength: 40 }).map((codes) => String.fromCharCode(...codes)),
      fc.constantFrom(
        "v=0",
        "m=audio 1 RTP/AVP 8",
        "m=audio 1 RTP/AVP 8 101",
        "a=rtpmap:101 telephone-event/8000",
        "a=inactive",
      ),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom("\r\n", "\n", "\r"), (lines, end) => {
        const answer = sdpAnswer(["v=0", ...lines].join(end), media, 1);
        if (answer === null) return;
        for (const one of answer.slice(0, -2).split("\r\n")) expect(one).toMatch(/^[vosctma]=[ -~]+$/);
      }),
    );
  });
});
