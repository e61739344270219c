import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeGsm7, decodeUcs2, splitSms } from "../../../../src/channels/messages/gsm.ts";
import { type Concatenation, concatenations, encodeText } from "../../../../src/channels/sms/smpp/text.ts";

const settings = (concatenation: Concatenation = "udh_8bit", alphabet: "gsm7" | "latin1" = "gsm7") => ({
  ...{ alphabet, concatenation },
  defaultDataCoding: 0,
});
const gsmText = fc.string({
  unit: fc.constantFrom(..."abcXYZ 0123456789@£$¥èéÄÖñ€^{}[]~|\\\n"),
  minLength: 1,
  maxLength: 500,
});
const anyText = fc.string({ unit: fc.constantFrom(..."aé€абв👍🇬🇧汉ا"), minLength: 1, maxLength: 300 });

describe("the alphabet", () => {
  it("is GSM 7-bit, one septet in an octet, with the extension table", () => {
    const { dataCoding, parts } = encodeText("@£€{", settings());
    expect(dataCoding).toBe(0);
    expect(parts).toEqual([Buffer.from([0x00, 0x01, 0x1b, 0x65, 0x1b, 0x28])]);
  });

  it("is UCS-2 big-endian where one character is not in GSM 7-bit", () => {
    expect(encodeText("Ж1", settings())).toMatchObject({
      dataCoding: 8,
      parts: [Buffer.from([0x04, 0x16, 0x00, 0x31])],
    });
  });

  it("is Latin-1 where the SMSC reads that, and UCS-2 for what Latin-1 lacks", () => {
    expect(encodeText("@£é{", settings("udh_8bit", "latin1"))).toMatchObject({
      dataCoding: 0,
      parts: [Buffer.from("@£é{", "latin1")],
    });
    // GSM 7-bit has these, Latin-1 has not.
    for (const text of ["€", "Ω"]) expect(encodeText(text, settings("udh_8bit", "latin1")).dataCoding).toBe(8);
    // Latin-1 has these, the network's GSM 7-bit has not.
    for (const text of ["ç", "À"]) expect(encodeText(text, settings("udh_8bit", "latin1")).dataCoding).toBe(8);
  });

  it("says the configured data_coding with the default alphabet only", () => {
    const own = { ...settings("udh_8bit", "latin1"), defaultDataCoding: 3 };
    expect([encodeText("a", own).dataCoding, encodeText("Ж", own).dataCoding]).toEqual([3, 8]);
  });
});

describe("parts", () => {
  it.each(concatenations)("joined by %s give the whole text, each within a segment", (concatenation) => {
    const header = { udh_8bit: 6, udh_16bit: 7, sar: 6, message_payload: 6 }[concatenation];
    fc.assert(
      fc.property(fc.oneof(gsmText, anyText), (text) => {
        const { parts, dataCoding, segments } = encodeText(text, settings(concatenation));
        const decode = dataCoding === 8 ? decodeUcs2 : decodeGsm7;
        expect(parts.map(decode).join("")).toBe(text);
        if (concatenation === "message_payload") {
          expect(parts).toHaveLength(1);
          return;
        }
        expect(parts).toHaveLength(segments);
        const units = dataCoding === 8 ? 140 : 160;
        const room = segments === 1 ? units : dataCoding === 8 ? units - header : Math.floor(((140 - header) * 8) / 7);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(room);
      }),
    );
  });

  it("are those that the texts are counted by", () => {
    fc.assert(
      fc.property(fc.oneof(gsmText, anyText), (text) => {
        expect(encodeText(text, settings()).segments).toBe(splitSms(text).parts.length);
      }),
    );
  });

  it("never end within an escape sequence or a surrogate pair", () => {
    const gsm = encodeText(`${"a".repeat(152)}€${"b".repeat(20)}`, settings());
    expect(gsm.parts.map((part) => part.length)).toEqual([152, 22]);
    const ucs = encodeText(`${"ж".repeat(66)}👍${"ж".repeat(10)}`, settings());
    expect(ucs.parts.map((part) => part.length / 2)).toEqual([66, 12]);
  });

  it.each([
    ["a".repeat(160), 1],
    ["a".repeat(161), 2],
    ["a".repeat(306), 2],
    ["a".repeat(307), 3],
    ["ж".repeat(70), 1],
    ["ж".repeat(71), 2],
    ["ж".repeat(134), 2],
    ["ж".repeat(135), 3],
  ])("%#: are as many as carriers charge", (text, segments) => {
    expect(encodeText(text, settings()).segments).toBe(segments);
    expect(encodeText(text, settings("message_payload")).segments).toBe(segments);
  });
});
